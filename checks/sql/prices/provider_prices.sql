WITH sums AS (
    SELECT
        sum(endpoints) FILTER (WHERE provider_country_code = 'any') AS endpoints,
        sum(endpoints) FILTER (WHERE provider_country_code <> 'any') AS endpoints_of_countries,
        min(cheapest_usd_per_million_tokens) FILTER (WHERE provider_country_code = 'any') AS cheapest,
        min(cheapest_usd_per_million_tokens) FILTER (WHERE provider_country_code <> 'any') AS cheapest_of_countries
    FROM temp.candidate
    GROUP BY week_start, model_id, price_kind
)
SELECT
    count(*) FILTER (WHERE median_usd_per_million_tokens < cheapest_usd_per_million_tokens) AS medians_below_cheapest,
    (
        SELECT count(*)
        FROM sums
        WHERE endpoints IS DISTINCT FROM endpoints_of_countries OR cheapest IS DISTINCT FROM cheapest_of_countries
    ) AS uneven_countries,
    count(*) FILTER (
        WHERE observed_at_utc < CAST(week_start AS TIMESTAMP) - INTERVAL 21 DAY
        OR observed_at_utc >= CAST(week_start AS TIMESTAMP) + INTERVAL 7 DAY
    ) AS prices_out_of_time
FROM temp.candidate
