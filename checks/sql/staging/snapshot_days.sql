-- Over parsed_rows, what the parsers read, so that not even the accounting can lose a row.
WITH newest AS (
    SELECT max_by(snapshot_id, (as_of_utc, fetched_at_utc)) AS snapshot_id
    FROM raw.snapshots
    GROUP BY source
)
SELECT
    (SELECT count(*) FROM temp.parsed_rows) - coalesce(sum(raw_rows), 0) AS unaccounted_rows,
    count(*) FILTER (WHERE date IS NULL AND snapshot_id IN (SELECT snapshot_id FROM newest)) AS unreadable_newest_snapshots,
    count(*) FILTER (WHERE status = 'quarantined') AS quarantined_days
FROM temp.candidate
