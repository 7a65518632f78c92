WITH staged AS (
    SELECT sum(raw_rows) AS raw_rows, sum(raw_tokens) AS raw_tokens
    FROM staging.snapshot_days
    WHERE status = 'staged'
)
SELECT
    coalesce(max(staged.raw_rows), 0) - count(candidate.date) AS lost_rows,
    coalesce(max(staged.raw_tokens), 0) - coalesce(sum(candidate.tokens), 0) AS lost_tokens
FROM staged
LEFT JOIN temp.candidate ON TRUE
