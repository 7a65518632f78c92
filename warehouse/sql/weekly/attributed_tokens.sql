-- Tokens by lab and country under every definition: the common ground of lab_tokens and country_tokens.
WITH daily AS (
    SELECT
        days.week_start,
        days.row_kind,
        models.is_top_9,
        models.days_observed,
        days.known_from_utc >= CAST(days.week_start AS TIMESTAMP) + INTERVAL 7 DAY AS is_known_only_later,
        days.lab,
        days.country_code,
        days.base_lab,
        days.base_country_code,
        try_cast(sum(days.tokens) AS BIGINT) AS tokens
    FROM attribution.model_day_tokens AS days
    INNER JOIN weekly.model_tokens AS models
        ON models.week_start = days.week_start AND models.model_permaslug = days.model_permaslug
    GROUP BY ALL
)
SELECT
    daily.week_start,
    populations.population,
    definitions.policy,
    definitions.knowledge,
    daily.row_kind,
    CASE
        WHEN daily.row_kind = 'other' THEN NULL
        WHEN definitions.knowledge = 'as_known_then' AND daily.is_known_only_later THEN 'unknown'
        WHEN definitions.policy = 'lab_home' THEN daily.lab
        ELSE daily.base_lab
    END AS lab,
    CASE
        WHEN daily.row_kind = 'other' THEN NULL
        WHEN definitions.knowledge = 'as_known_then' AND daily.is_known_only_later THEN 'ZZ'
        WHEN definitions.policy = 'lab_home' THEN daily.country_code
        ELSE daily.base_country_code
    END AS country_code,
    try_cast(sum(daily.tokens) AS BIGINT) AS tokens,
    daily.days_observed
FROM daily
CROSS JOIN (VALUES ('top_9'), ('ranked'), ('platform')) AS populations (population)
CROSS JOIN (
    VALUES
        ('lab_home', 'as_known_now'),
        ('lab_home', 'as_known_then'),
        ('base_model_home', 'as_known_now'),
        ('base_model_home', 'as_known_then')
) AS definitions (policy, knowledge)
WHERE
    populations.population = 'platform'
    OR (populations.population = 'ranked' AND daily.row_kind = 'model')
    OR (populations.population = 'top_9' AND daily.is_top_9)
GROUP BY ALL
