-- Tokens by lab and country under every definition: the common ground of lab_tokens, country_tokens and country_rankings.
WITH merged_ranks AS (
    SELECT
        week_start,
        split_part(model_permaslug, ':', 1) AS base_permaslug,
        row_number() OVER (PARTITION BY week_start ORDER BY sum(tokens) DESC, split_part(model_permaslug, ':', 1)) AS rank
    FROM weekly.model_tokens
    WHERE row_kind = 'model'
    GROUP BY week_start, split_part(model_permaslug, ':', 1)
),
daily AS (
    SELECT
        days.week_start,
        days.row_kind,
        models.is_top_9,
        coalesce(merged_ranks.rank <= 9, FALSE) AS is_top_9_variants_merged,
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
    LEFT JOIN merged_ranks
        ON merged_ranks.week_start = days.week_start AND merged_ranks.base_permaslug = split_part(days.model_permaslug, ':', 1)
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
CROSS JOIN (VALUES ('top_9'), ('top_9_variants_merged'), ('ranked'), ('platform')) AS populations (population)
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
    OR (populations.population = 'top_9_variants_merged' AND daily.is_top_9_variants_merged)
GROUP BY ALL
