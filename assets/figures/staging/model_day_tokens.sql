SELECT
    week_start,
    sum(tokens) / 1e12 AS platform_trillion_tokens,
    sum(tokens) FILTER (WHERE row_kind = 'model') / 1e12 AS ranked_trillion_tokens
FROM staging.model_day_tokens
GROUP BY week_start
ORDER BY week_start
