-- country_tokens, and beside it the nine largest models with their variants merged: what rankings are compared over.
SELECT week_start, population, policy, knowledge, country_code, tokens, population_tokens, is_complete_week
FROM weekly.country_tokens
UNION ALL
SELECT
    week_start,
    population,
    policy,
    knowledge,
    country_code,
    try_cast(sum(tokens) AS BIGINT) AS tokens,
    try_cast(sum(sum(tokens)) OVER (PARTITION BY week_start, population, policy, knowledge) AS BIGINT) AS population_tokens,
    max(days_observed) = 7 AS is_complete_week
FROM weekly.attributed_tokens
WHERE population = 'top_9_variants_merged'
GROUP BY week_start, population, policy, knowledge, country_code
