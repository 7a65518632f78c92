WITH newest_snapshots AS (
    SELECT max_by(snapshot_id, (as_of_utc, fetched_at_utc)) AS snapshot_id
    FROM raw.snapshots
    GROUP BY source
),
unreadable AS (
    SELECT count(*) AS snapshots
    FROM staging.catalogue_statements
    WHERE raw_rows = 0 AND snapshot_id IN (SELECT snapshot_id FROM newest_snapshots)
),
staged AS (
    SELECT count(*) AS statements FROM staging.catalogue_statements WHERE status = 'staged'
)
SELECT
    max(unreadable.snapshots) AS unreadable_newest_snapshots,
    max(staged.statements) - count(*) FILTER (WHERE candidate.stated_at_utc = candidate.observed_at_utc) AS lost_statements,
    count(*) FILTER (WHERE candidate.stated_at_utc > candidate.observed_at_utc) AS stated_after_observed
FROM unreadable
CROSS JOIN staged
LEFT JOIN temp.candidate ON TRUE
