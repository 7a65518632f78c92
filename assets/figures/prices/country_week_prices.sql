-- The makers' list prices: the longest record that one source gives.
SELECT
    week_start,
    any_value(usd_per_million_tokens) FILTER (WHERE country_code = 'CN') AS china_output_usd_per_million_tokens,
    any_value(usd_per_million_tokens) FILTER (WHERE country_code = 'US') AS us_output_usd_per_million_tokens
FROM prices.country_week_prices
WHERE population = 'ranked' AND source = 'models-dev-makers' AND price_kind = 'output'
GROUP BY week_start
ORDER BY week_start
