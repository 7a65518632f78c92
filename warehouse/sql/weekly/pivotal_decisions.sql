-- Single decisions that would swap two neighbours in a ranking: where a lab is at home, whose a model is, what is counted.
WITH countries AS (
    SELECT week_start, population, policy, knowledge, country_code, tokens, population_tokens, is_complete_week
    FROM weekly.compared_country_tokens
    WHERE country_code <> 'ZZ'
),
placed AS (
    SELECT
        *,
        row_number() OVER (PARTITION BY week_start, population ORDER BY tokens DESC, country_code) AS place
    FROM countries
    WHERE policy = 'lab_home' AND knowledge = 'as_known_now' AND tokens / population_tokens >= 0.01
),
pairs AS (
    SELECT
        ahead.week_start,
        ahead.population,
        CAST(ahead.place AS INTEGER) AS place,
        ahead.country_code AS ahead,
        behind.country_code AS behind,
        ahead.tokens - behind.tokens AS margin_tokens,
        ahead.is_complete_week
    FROM placed AS ahead
    INNER JOIN placed AS behind
        ON behind.week_start = ahead.week_start AND behind.population = ahead.population AND behind.place = ahead.place + 1
),
models AS (
    SELECT
        days.week_start,
        split_part(days.model_permaslug, ':', 1) AS base_permaslug,
        days.country_code,
        -- a cloaked model that nobody has revealed, or a router, bears the marketplace's name: no lab's home decides it
        CASE WHEN days.method = 'router' OR aliases.confidence IN ('none', 'rumoured') THEN NULL ELSE decided.attributed_author END AS author,
        days.method = 'alias' AND aliases.confidence = 'reported' AS is_reported,
        CASE WHEN days.base_country_code <> days.country_code THEN days.base_country_code END AS derived_from,
        tokens.is_top_9,
        sum(days.tokens) AS tokens
    FROM attribution.model_day_tokens AS days
    INNER JOIN weekly.model_tokens AS tokens
        ON tokens.week_start = days.week_start AND tokens.model_permaslug = days.model_permaslug
    INNER JOIN attribution.models AS decided ON decided.model_permaslug = days.model_permaslug
    LEFT JOIN attribution.aliases AS aliases ON aliases.cloaked_slug = days.model_permaslug
    WHERE days.row_kind = 'model'
    GROUP BY ALL
),
merged_ranks AS (
    SELECT
        week_start,
        base_permaslug,
        row_number() OVER (PARTITION BY week_start ORDER BY sum(tokens) DESC, base_permaslug) AS rank
    FROM models
    GROUP BY week_start, base_permaslug
),
in_population AS (
    SELECT models.*, populations.population
    FROM models
    INNER JOIN merged_ranks ON merged_ranks.week_start = models.week_start AND merged_ranks.base_permaslug = models.base_permaslug
    CROSS JOIN (VALUES ('top_9'), ('top_9_variants_merged'), ('ranked'), ('platform')) AS populations (population)
    WHERE
        populations.population IN ('ranked', 'platform')
        OR (populations.population = 'top_9' AND models.is_top_9)
        OR (populations.population = 'top_9_variants_merged' AND merged_ranks.rank <= 9)
),
homes AS (
    SELECT author, country_code, bool_or(coalesce(note LIKE '%Disputed%', FALSE)) AS is_disputed
    FROM attribution.labs
    GROUP BY author, country_code
),
units AS (
    SELECT
        by_lab.week_start,
        by_lab.population,
        'lab' AS unit_kind,
        by_lab.author AS unit,
        by_lab.country_code,
        by_lab.tokens,
        CAST(NULL AS VARCHAR) AS derived_from,
        CASE WHEN by_lab.country_code = 'ZZ' THEN 'unknown' WHEN homes.is_disputed THEN 'disputed' ELSE 'evidenced' END AS grounds
    FROM (
        SELECT week_start, population, author, country_code, try_cast(sum(tokens) AS BIGINT) AS tokens
        FROM in_population
        WHERE author IS NOT NULL
        GROUP BY week_start, population, author, country_code
    ) AS by_lab
    LEFT JOIN homes ON homes.author = by_lab.author AND homes.country_code = by_lab.country_code
    UNION ALL
    SELECT
        week_start,
        population,
        'model' AS unit_kind,
        base_permaslug AS unit,
        country_code,
        try_cast(sum(tokens) AS BIGINT) AS tokens,
        max(derived_from) AS derived_from,
        CASE
            WHEN country_code = 'ZZ' THEN 'unknown'
            WHEN bool_or(is_reported) THEN 'reported'
            WHEN max(derived_from) IS NOT NULL THEN 'derived'
            ELSE 'evidenced'
        END AS grounds
    FROM in_population
    GROUP BY week_start, population, base_permaslug, country_code
),
attributions AS (
    SELECT
        pairs.*,
        units.unit_kind,
        units.unit,
        units.tokens,
        units.country_code AS counted_as,
        -- differences, for sums could pass 64 bits; what flips by being left out flips all the more if it changes sides
        CASE
            WHEN units.country_code = pairs.ahead AND units.tokens > pairs.margin_tokens THEN 'left_out'
            WHEN units.country_code = pairs.ahead AND units.tokens > pairs.margin_tokens - units.tokens THEN 'counted_for_behind'
            WHEN units.country_code NOT IN (pairs.ahead, pairs.behind) AND units.tokens > pairs.margin_tokens THEN 'counted_for_behind'
        END AS flips_when,
        units.grounds,
        units.derived_from
    FROM pairs
    INNER JOIN units ON units.week_start = pairs.week_start AND units.population = pairs.population
),
margins_otherwise AS (
    SELECT
        pairs.*,
        otherwise.unit,
        coalesce(sum(CASE countries.country_code WHEN pairs.ahead THEN countries.tokens ELSE -countries.tokens END), 0) AS margin_otherwise
    FROM pairs
    INNER JOIN (
        VALUES
            ('base_model_home', NULL, NULL, 'base_model_home', 'as_known_now'),
            ('as_known_then', NULL, NULL, 'lab_home', 'as_known_then'),
            ('variants_merged', 'top_9', 'top_9_variants_merged', 'lab_home', 'as_known_now'),
            ('variants_apart', 'top_9_variants_merged', 'top_9', 'lab_home', 'as_known_now')
    ) AS otherwise (unit, of_population, population, policy, knowledge)
        ON coalesce(otherwise.of_population, pairs.population) = pairs.population
    LEFT JOIN countries
        ON countries.week_start = pairs.week_start AND countries.population = coalesce(otherwise.population, pairs.population)
        AND countries.policy = otherwise.policy AND countries.knowledge = otherwise.knowledge
        AND countries.country_code IN (pairs.ahead, pairs.behind)
    GROUP BY ALL
),
definitions AS (
    SELECT
        * EXCLUDE (unit, margin_otherwise),
        'definition' AS unit_kind,
        unit,
        try_cast(margin_tokens - margin_otherwise AS BIGINT) AS tokens,
        CAST(NULL AS VARCHAR) AS counted_as,
        CASE WHEN margin_otherwise < 0 THEN 'defined_otherwise' END AS flips_when,
        'definition' AS grounds,
        CAST(NULL AS VARCHAR) AS derived_from
    FROM margins_otherwise
),
decisions AS (
    SELECT * FROM attributions
    UNION ALL
    SELECT * FROM definitions
)
SELECT
    week_start,
    population,
    place,
    ahead,
    behind,
    margin_tokens,
    unit_kind,
    unit,
    tokens,
    counted_as,
    flips_when,
    -- a base of a third country is no reason to count a model for the one behind
    CASE WHEN grounds = 'derived' AND flips_when = 'counted_for_behind' AND derived_from <> behind THEN 'evidenced' ELSE grounds END AS grounds,
    is_complete_week
FROM decisions
WHERE flips_when IS NOT NULL
