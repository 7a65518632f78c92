-- How much of each week has a price: by source, and from any of them. `other` has none, and counts on platform.
WITH first_prices AS (
    SELECT split_part(model_permaslug, ':', 1) AS base_slug, source, price_kind, min(valid_from_utc) AS first_seen_utc
    FROM prices.named_prices
    WHERE price_state = 'priced' AND over_prompt_tokens = 0
    GROUP BY split_part(model_permaslug, ':', 1), source, price_kind
),
model_prices AS (
    SELECT
        week_prices.week_start,
        week_prices.model_permaslug,
        week_prices.source,
        week_prices.price_kind,
        week_prices.usd_per_million_tokens,
        week_prices.usd_per_million_tokens IS NOT NULL AS is_priced,
        week_prices.status = 'free' AS is_free,
        week_prices.usd_per_million_tokens IS NOT NULL
        OR coalesce(first_prices.first_seen_utc < CAST(week_prices.week_start AS TIMESTAMP) + INTERVAL 7 DAY, FALSE) AS is_ever_priced
    FROM prices.model_week_prices AS week_prices
    LEFT JOIN first_prices
        ON first_prices.base_slug = split_part(week_prices.model_permaslug, ':', 1)
        AND first_prices.source = week_prices.source
        AND first_prices.price_kind = week_prices.price_kind
    WHERE week_prices.over_prompt_tokens = 0 AND week_prices.price_kind IN ('input', 'output')
),
by_source AS (
    SELECT * FROM model_prices
    UNION ALL
    SELECT
        week_start,
        model_permaslug,
        'any' AS source,
        price_kind,
        CAST(NULL AS DECIMAL(18, 9)) AS usd_per_million_tokens,
        bool_or(is_priced) AS is_priced,
        bool_or(is_free) AS is_free,
        bool_or(is_ever_priced) AS is_ever_priced
    FROM model_prices
    GROUP BY week_start, model_permaslug, price_kind
),
members AS (
    SELECT tokens.week_start, populations.population, tokens.model_permaslug, tokens.tokens
    FROM weekly.model_tokens AS tokens
    CROSS JOIN (VALUES ('top_9'), ('ranked'), ('platform')) AS populations (population)
    WHERE
        populations.population = 'platform'
        OR (populations.population = 'ranked' AND tokens.row_kind = 'model')
        OR (populations.population = 'top_9' AND tokens.is_top_9)
),
sizes AS (
    SELECT week_start, population, sum(tokens) AS tokens FROM members GROUP BY week_start, population
)
SELECT
    sizes.week_start,
    sizes.population,
    by_source.source,
    by_source.price_kind,
    CAST(max(sizes.tokens) AS BIGINT) AS tokens,
    CAST(coalesce(sum(members.tokens) FILTER (WHERE by_source.is_priced), 0) AS BIGINT) AS priced_tokens,
    coalesce(sum(members.tokens) FILTER (WHERE by_source.is_priced), 0) / max(sizes.tokens) AS priced_share,
    CAST(coalesce(sum(members.tokens) FILTER (WHERE by_source.is_free), 0) AS BIGINT) AS free_tokens,
    CAST(
        sum(by_source.usd_per_million_tokens * members.tokens)
        / nullif(sum(members.tokens) FILTER (WHERE by_source.usd_per_million_tokens IS NOT NULL), 0) AS DECIMAL(18, 9)
    ) AS usd_per_million_tokens,
    CAST(
        sum(by_source.usd_per_million_tokens * members.tokens) FILTER (WHERE NOT by_source.is_free)
        / nullif(sum(members.tokens) FILTER (WHERE by_source.usd_per_million_tokens IS NOT NULL AND NOT by_source.is_free), 0) AS DECIMAL(18, 9)
    ) AS usd_per_million_tokens_without_free,
    CAST(coalesce(sum(members.tokens) FILTER (WHERE by_source.is_ever_priced), 0) AS BIGINT) AS ever_priced_tokens,
    coalesce(sum(members.tokens) FILTER (WHERE by_source.is_ever_priced), 0) / max(sizes.tokens) AS ever_priced_share
FROM sizes
INNER JOIN members ON members.week_start = sizes.week_start AND members.population = sizes.population
INNER JOIN by_source ON by_source.week_start = members.week_start AND by_source.model_permaslug = members.model_permaslug
GROUP BY sizes.week_start, sizes.population, by_source.source, by_source.price_kind
