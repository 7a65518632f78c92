-- A vintage that repeats the figures of the one before it restates nothing.
SELECT
    date,
    week_start,
    lag(as_of_utc) OVER vintages_of_day AS earlier_as_of_utc,
    as_of_utc AS later_as_of_utc,
    lag(snapshot_id) OVER vintages_of_day AS earlier_snapshot_id,
    snapshot_id AS later_snapshot_id,
    lag(raw_rows) OVER vintages_of_day AS rows_before,
    raw_rows AS rows_after,
    lag(raw_tokens) OVER vintages_of_day AS tokens_before,
    raw_tokens AS tokens_after
FROM staging.snapshot_days
WHERE status = 'staged'
WINDOW vintages_of_day AS (PARTITION BY date ORDER BY as_of_utc, snapshot_id)
QUALIFY lag(figures_hash) OVER vintages_of_day <> figures_hash
