-- How much of a country's week runs on open weights, with the bounds that the unknown leave.
WITH weighed AS (
    SELECT
        tokens.week_start,
        populations.population,
        tokens.country_code,
        tokens.tokens,
        openness.weights,
        tokens.is_complete_week
    FROM weekly.model_tokens AS tokens
    INNER JOIN attribution.openness AS openness ON openness.base_permaslug = split_part(tokens.model_permaslug, ':', 1)
    CROSS JOIN (VALUES ('top_9'), ('ranked')) AS populations (population)
    WHERE tokens.row_kind = 'model' AND (populations.population = 'ranked' OR tokens.is_top_9)
)
SELECT
    week_start,
    population,
    country_code,
    CAST(sum(tokens) AS BIGINT) AS tokens,
    CAST(coalesce(sum(tokens) FILTER (WHERE weights = 'open'), 0) AS BIGINT) AS open_tokens,
    CAST(coalesce(sum(tokens) FILTER (WHERE weights = 'closed'), 0) AS BIGINT) AS closed_tokens,
    CAST(coalesce(sum(tokens) FILTER (WHERE weights = 'unknown'), 0) AS BIGINT) AS unknown_tokens,
    coalesce(sum(tokens) FILTER (WHERE weights = 'open'), 0) / sum(tokens) AS open_share_low,
    coalesce(sum(tokens) FILTER (WHERE weights <> 'closed'), 0) / sum(tokens) AS open_share_high,
    bool_and(is_complete_week) AS is_complete_week
FROM weighed
GROUP BY week_start, population, country_code
