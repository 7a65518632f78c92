WITH staged AS (
    SELECT
        coalesce(sum(raw_rows), 0) AS raw_rows,
        coalesce(sum(raw_tokens), 0) AS raw_tokens
    FROM staging.snapshot_days
    WHERE status = 'staged'
),
newest_snapshots AS (
    SELECT max_by(snapshot_id, (as_of_utc, fetched_at_utc)) AS snapshot_id
    FROM raw.snapshots
    GROUP BY source
),
unreadable AS (
    SELECT count(*) AS snapshots
    FROM staging.snapshot_days
    WHERE date IS NULL AND snapshot_id IN (SELECT snapshot_id FROM newest_snapshots)
),
found AS (
    SELECT count(*) AS row_count, coalesce(sum(tokens), 0) AS tokens FROM temp.candidate
)
SELECT
    unreadable.snapshots AS unreadable_newest_snapshots,
    staged.raw_rows - found.row_count AS lost_rows,
    staged.raw_tokens - found.tokens AS lost_tokens
FROM staged
CROSS JOIN unreadable
CROSS JOIN found
