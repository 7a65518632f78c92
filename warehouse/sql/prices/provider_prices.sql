-- What a model's endpoints ask, by the country of their providers and over all, at the newest look before each week's end.
WITH weeks AS (
    SELECT week_start, CAST(week_start AS TIMESTAMP) + INTERVAL 7 DAY AS ends_before_utc
    FROM weekly.weeks
),
looked AS (
    SELECT weeks.week_start, statements.name AS model_id, max(statements.observed_at_utc) AS observed_at_utc
    FROM weeks
    INNER JOIN staging.serving_statements AS statements
        ON statements.subject = 'endpoint' AND statements.status = 'staged'
        AND statements.observed_at_utc < weeks.ends_before_utc
        AND statements.observed_at_utc >= weeks.ends_before_utc - INTERVAL 28 DAY
    GROUP BY weeks.week_start, statements.name
),
asked AS (
    SELECT
        looked.week_start,
        looked.observed_at_utc,
        endpoints.model_id,
        endpoints.model_permaslug,
        endpoints.home_country_code,
        endpoints.provider_slug,
        endpoints.provider_country_code,
        prices.price_kind,
        prices.usd_per_million_tokens
    FROM looked
    INNER JOIN prices.serving_endpoints AS endpoints
        ON endpoints.model_id = looked.model_id AND endpoints.observed_at_utc = looked.observed_at_utc
    INNER JOIN staging.endpoint_prices AS prices
        ON prices.model_id = endpoints.model_id AND prices.observed_at_utc = endpoints.observed_at_utc
        AND prices.endpoint_number = endpoints.endpoint_number
    WHERE prices.price_state = 'priced' AND prices.over_prompt_tokens = 0
)
SELECT
    asked.week_start,
    asked.model_id,
    asked.price_kind,
    scopes.provider_country_code,
    max(asked.model_permaslug) AS model_permaslug,
    max(asked.home_country_code) AS home_country_code,
    count(*) AS endpoints,
    count(DISTINCT asked.provider_slug) AS providers,
    min(asked.usd_per_million_tokens) AS cheapest_usd_per_million_tokens,
    min_by(asked.provider_slug, (asked.usd_per_million_tokens, asked.provider_slug)) AS cheapest_provider_slug,
    CAST(median(asked.usd_per_million_tokens) AS DECIMAL(18, 9)) AS median_usd_per_million_tokens,
    max(asked.observed_at_utc) AS observed_at_utc
FROM asked
INNER JOIN (
    SELECT 'any' AS provider_country_code
    UNION ALL
    SELECT DISTINCT provider_country_code FROM asked
) AS scopes
    ON scopes.provider_country_code = 'any' OR scopes.provider_country_code = asked.provider_country_code
GROUP BY asked.week_start, asked.model_id, asked.price_kind, scopes.provider_country_code
