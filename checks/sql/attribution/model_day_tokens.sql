WITH staged AS (
    SELECT week_start, sum(tokens) AS tokens, count(*) AS row_count
    FROM staging.model_day_tokens
    WHERE week_start IN (SELECT week_start FROM temp.weeks_at_hand)
    GROUP BY week_start
)
SELECT
    staged.week_start,
    max(staged.tokens) - coalesce(sum(candidate.tokens), 0) AS lost_tokens,
    max(staged.row_count) - count(candidate.date) AS lost_rows,
    count(*) FILTER (WHERE candidate.row_kind = 'other' AND candidate.country_code IS NOT NULL) AS other_with_country,
    count(*) FILTER (
        WHERE candidate.row_kind = 'model' AND (candidate.country_code IS NULL OR candidate.base_country_code IS NULL)
    ) AS models_without_country,
    coalesce(sum(CASE WHEN candidate.country_code = 'ZZ' THEN candidate.tokens END), 0) / sum(candidate.tokens) AS unknown_share
FROM staged
LEFT JOIN temp.candidate ON candidate.week_start = staged.week_start
GROUP BY staged.week_start
