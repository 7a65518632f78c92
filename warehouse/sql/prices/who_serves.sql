-- Endpoints and models, never tokens: who of a model's providers served how much is not published. Of each model the
-- newest look of the day counts.
SELECT
    CAST(observed_at_utc AS DATE) AS observed_on,
    home_country_code,
    provider_country_code,
    count(DISTINCT model_id) AS models,
    count(DISTINCT provider_slug) AS providers,
    count(*) AS endpoints
FROM (
    SELECT *
    FROM prices.serving_endpoints
    QUALIFY observed_at_utc = max(observed_at_utc) OVER (PARTITION BY model_id, CAST(observed_at_utc AS DATE))
) AS newest
GROUP BY CAST(observed_at_utc AS DATE), home_country_code, provider_country_code
