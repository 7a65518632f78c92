SELECT
    model_id,
    model_permaslug,
    home_country_code,
    price_kind,
    provider_country_code,
    cheapest_usd_per_million_tokens,
    cheapest_provider_slug,
    median_usd_per_million_tokens,
    endpoints,
    providers,
    observed_at_utc
FROM prices.provider_prices
QUALIFY week_start = max(week_start) OVER (PARTITION BY model_id)
ORDER BY model_id, price_kind, provider_country_code
