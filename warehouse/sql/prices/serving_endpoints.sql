-- Every endpoint of every observation, with the country of its provider and of the lab whose model it serves. Aliases
-- (`~`) list endpoints of other models a second time: they are left out.
WITH endpoints AS (
    SELECT DISTINCT observed_at_utc, model_id, endpoint_number, provider_slug, provider_name
    FROM staging.endpoint_prices
    WHERE NOT is_alias
),
-- the directory as it was last seen before, or first seen after; a slug that it lacks may still have a name that it has
listed AS (
    SELECT
        endpoints.observed_at_utc,
        endpoints.model_id,
        endpoints.endpoint_number,
        providers.headquarters_country_code
    FROM endpoints
    INNER JOIN staging.providers AS providers
        ON providers.provider_slug = endpoints.provider_slug OR providers.provider_name = endpoints.provider_name
    QUALIFY row_number() OVER (
        PARTITION BY endpoints.observed_at_utc, endpoints.model_id, endpoints.endpoint_number
        ORDER BY
            providers.provider_slug = endpoints.provider_slug DESC,
            providers.observed_at_utc <= endpoints.observed_at_utc DESC,
            abs(epoch(providers.observed_at_utc) - epoch(endpoints.observed_at_utc)),
            providers.provider_slug
    ) = 1
)
SELECT
    endpoints.observed_at_utc,
    endpoints.model_id,
    endpoints.endpoint_number,
    endpoints.provider_slug,
    coalesce(listed.headquarters_country_code, 'ZZ') AS provider_country_code,
    names.model_permaslug,
    coalesce(models.country_code, labs.country_code, 'ZZ') AS home_country_code
FROM endpoints
LEFT JOIN listed
    ON listed.observed_at_utc = endpoints.observed_at_utc AND listed.model_id = endpoints.model_id AND listed.endpoint_number = endpoints.endpoint_number
LEFT JOIN prices.model_names AS names
    ON names.model_id = endpoints.model_id
    AND endpoints.observed_at_utc >= names.valid_from
    AND (names.valid_to IS NULL OR endpoints.observed_at_utc < names.valid_to)
LEFT JOIN attribution.models AS models ON models.model_permaslug = names.model_permaslug
-- a model that was never in a day's top 50 counts for its author, as others do
LEFT JOIN attribution.labs AS labs
    ON labs.author = split_part(endpoints.model_id, '/', 1)
    AND endpoints.observed_at_utc >= labs.valid_from
    AND (labs.valid_to IS NULL OR endpoints.observed_at_utc < labs.valid_to)
