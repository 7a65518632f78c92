WITH neighbours AS (
    SELECT
        *,
        lead(valid_from_utc) OVER (PARTITION BY snapshot_source ORDER BY valid_from_utc NULLS FIRST) AS next_from_utc,
        lead(source) OVER (PARTITION BY snapshot_source ORDER BY valid_from_utc NULLS FIRST) AS next_source
    FROM temp.candidate
)
SELECT
    count(*) FILTER (WHERE next_source IS NOT NULL AND (valid_to_utc IS NULL OR valid_to_utc > next_from_utc)) AS overlapping_meanings,
    count(*) FILTER (WHERE completeness NOT IN ('complete', 'changes', 'sparse')) AS unknown_completeness
FROM neighbours
