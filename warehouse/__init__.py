"""Where data lives: contracts, SQL, curated reference data, the snapshot store, the write path, the publisher.

Not here: Dagster, HTTP, great-expectations, thresholds.
"""
