SELECT
    week_start,
    population,
    CAST(sum(tokens) AS BIGINT) AS tokens,
    CAST(sum(open_tokens) AS BIGINT) AS open_tokens,
    sum(open_tokens) / sum(tokens) AS open_share_low,
    (sum(open_tokens) + sum(unknown_tokens)) / sum(tokens) AS open_share_high,
    bool_and(is_complete_week) AS is_complete_week
FROM weekly.open_weight_tokens
GROUP BY week_start, population
ORDER BY week_start, population
