SELECT
    observed_on,
    home_country_code,
    provider_country_code,
    models,
    providers,
    endpoints,
    endpoints / sum(endpoints) OVER (PARTITION BY observed_on, home_country_code) AS endpoint_share
FROM prices.who_serves
ORDER BY observed_on, home_country_code, endpoints DESC
