WITH newest_snapshots AS (
    SELECT max_by(snapshot_id, (as_of_utc, fetched_at_utc)) AS snapshot_id
    FROM raw.snapshots
    GROUP BY source
)
SELECT
    (
        SELECT count(*)
        FROM staging.serving_statements
        WHERE row_number IS NULL AND snapshot_id IN (SELECT snapshot_id FROM newest_snapshots)
    ) AS unreadable_newest_snapshots,
    (SELECT count(*) FROM staging.serving_statements WHERE subject = 'provider' AND status = 'staged') - count(*) AS lost_providers
FROM temp.candidate
