-- What a country's tokens cost: its models' prices, weighted by all tokens of each.
SELECT
    tokens.week_start,
    populations.population,
    week_prices.source,
    week_prices.price_kind,
    tokens.country_code,
    CAST(sum(tokens.tokens) AS BIGINT) AS tokens,
    CAST(coalesce(sum(tokens.tokens) FILTER (WHERE week_prices.usd_per_million_tokens IS NOT NULL), 0) AS BIGINT) AS priced_tokens,
    coalesce(sum(tokens.tokens) FILTER (WHERE week_prices.usd_per_million_tokens IS NOT NULL), 0) / sum(tokens.tokens) AS priced_share,
    CAST(coalesce(sum(tokens.tokens) FILTER (WHERE week_prices.status = 'free'), 0) AS BIGINT) AS free_tokens,
    CAST(
        sum(week_prices.usd_per_million_tokens * tokens.tokens)
        / nullif(sum(tokens.tokens) FILTER (WHERE week_prices.usd_per_million_tokens IS NOT NULL), 0) AS DECIMAL(18, 9)
    ) AS usd_per_million_tokens,
    CAST(
        sum(week_prices.usd_per_million_tokens * tokens.tokens) FILTER (WHERE week_prices.status = 'in_force')
        / nullif(sum(tokens.tokens) FILTER (WHERE week_prices.status = 'in_force'), 0) AS DECIMAL(18, 9)
    ) AS usd_per_million_tokens_without_free
FROM weekly.model_tokens AS tokens
INNER JOIN prices.model_week_prices AS week_prices
    ON week_prices.week_start = tokens.week_start AND week_prices.model_permaslug = tokens.model_permaslug
CROSS JOIN (VALUES ('top_9'), ('ranked'), ('platform')) AS populations (population)
WHERE
    week_prices.over_prompt_tokens = 0
    AND week_prices.price_kind IN ('input', 'output')
    AND (populations.population <> 'top_9' OR tokens.is_top_9)
GROUP BY tokens.week_start, populations.population, week_prices.source, week_prices.price_kind, tokens.country_code
