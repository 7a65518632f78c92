"""What must hold: suites per table, the adapter to great-expectations, the publication gate's suite.

Not here: writing data, and how a failure is shown in Dagster (assets).
"""
