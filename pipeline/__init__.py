"""How it runs: Dagster definitions, jobs, settings, the built-in archive, the `tokentide` command line.

Not here: table logic (warehouse), thresholds (checks).
"""
