WITH by_source AS (
    SELECT
        *,
        max(CASE WHEN source = 'any' THEN priced_tokens END) OVER this_week AS any_priced_tokens,
        max(CASE WHEN source <> 'any' THEN priced_tokens END) OVER this_week AS most_priced_tokens
    FROM temp.candidate
    WINDOW this_week AS (PARTITION BY week_start, population, price_kind)
),
countries AS (
    SELECT week_start, population, source, price_kind, sum(priced_tokens) AS priced_tokens, sum(usd_per_million_tokens * priced_tokens) AS usd
    FROM prices.country_week_prices
    GROUP BY week_start, population, source, price_kind
)
SELECT
    count(*) FILTER (WHERE by_source.priced_share < 0 OR by_source.priced_share > 1 OR by_source.ever_priced_share < 0 OR by_source.ever_priced_share > 1)
        AS shares_out_of_range,
    count(*) FILTER (WHERE by_source.ever_priced_tokens < by_source.priced_tokens) AS weeks_never_priced,
    count(*) FILTER (WHERE by_source.any_priced_tokens < by_source.most_priced_tokens) AS weeks_where_any_is_less,
    count(*) FILTER (
        WHERE by_source.source <> 'any'
        AND (
            by_source.priced_tokens IS DISTINCT FROM countries.priced_tokens
            -- either average is rounded to nine decimals
            OR abs(by_source.usd_per_million_tokens * by_source.priced_tokens - countries.usd) > 0.000000001 * by_source.priced_tokens
        )
    ) AS differing_from_countries
FROM by_source
LEFT JOIN countries
    ON countries.week_start = by_source.week_start AND countries.population = by_source.population
    AND countries.source = by_source.source AND countries.price_kind = by_source.price_kind
