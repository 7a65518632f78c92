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
),
sizes AS (
    SELECT candidate.source, candidate.observed_at_utc, count(*) AS models, lag(count(*)) OVER (PARTITION BY candidate.source ORDER BY candidate.observed_at_utc) AS models_before
    FROM temp.candidate
    INNER JOIN prices.sources AS sources ON sources.source = candidate.source AND sources.completeness = 'complete'
    WHERE candidate.is_listed
    GROUP BY candidate.source, candidate.observed_at_utc
)
SELECT
    max(unreadable.snapshots) AS unreadable_newest_snapshots,
    max(staged.statements) - count(*) FILTER (WHERE candidate.stated_at_utc = candidate.observed_at_utc) AS lost_statements,
    count(*) FILTER (WHERE candidate.stated_at_utc > candidate.observed_at_utc) AS stated_after_observed,
    (SELECT count(*) FROM sizes WHERE models_before >= 50 AND models < 0.95 * models_before) AS shrunken_lists
FROM unreadable
CROSS JOIN staged
LEFT JOIN temp.candidate ON TRUE
