WITH pairs AS (
    SELECT
        week_start,
        population,
        CAST(coalesce(max(CASE WHEN country_code = 'CN' THEN tokens END), 0) AS BIGINT) AS cn_tokens,
        CAST(coalesce(max(CASE WHEN country_code = 'US' THEN tokens END), 0) AS BIGINT) AS us_tokens,
        CAST(coalesce(max(CASE WHEN country_code = 'ZZ' THEN tokens END), 0) AS BIGINT) AS unknown_tokens,
        max(population_tokens) AS population_tokens,
        CAST(sum(tokens) AS BIGINT) AS country_tokens,
        bool_and(is_complete_week) AS is_complete_week
    FROM weekly.country_tokens
    WHERE policy = 'lab_home' AND knowledge = 'as_known_now'
    GROUP BY week_start, population
)
SELECT
    week_start,
    population,
    cn_tokens,
    us_tokens,
    unknown_tokens,
    population_tokens,
    CASE WHEN cn_tokens > us_tokens THEN 'CN' WHEN us_tokens > cn_tokens THEN 'US' END AS leader,
    abs(cn_tokens - us_tokens) > unknown_tokens + population_tokens - country_tokens AS is_certain,
    is_complete_week
FROM pairs
ORDER BY week_start, population
