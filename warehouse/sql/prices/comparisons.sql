-- The week's nine largest rows, two by two: how many times the one price is the other.
WITH priced AS (
    SELECT week_prices.week_start, week_prices.model_permaslug, week_prices.price_kind, week_prices.source, week_prices.usd_per_million_tokens
    FROM prices.model_week_prices AS week_prices
    INNER JOIN weekly.model_tokens AS tokens
        ON tokens.week_start = week_prices.week_start AND tokens.model_permaslug = week_prices.model_permaslug
    WHERE
        tokens.is_top_9
        AND week_prices.over_prompt_tokens = 0
        AND week_prices.price_kind IN ('input', 'output')
        AND week_prices.usd_per_million_tokens IS NOT NULL
)
SELECT
    a.week_start,
    a.model_permaslug AS model_a,
    b.model_permaslug AS model_b,
    a.price_kind,
    a.source,
    a.usd_per_million_tokens AS usd_per_million_tokens_a,
    b.usd_per_million_tokens AS usd_per_million_tokens_b,
    CAST(a.usd_per_million_tokens AS DOUBLE) / nullif(CAST(b.usd_per_million_tokens AS DOUBLE), 0) AS ratio
FROM priced AS a
INNER JOIN priced AS b
    ON b.week_start = a.week_start AND b.price_kind = a.price_kind AND b.source = a.source AND b.model_permaslug <> a.model_permaslug
