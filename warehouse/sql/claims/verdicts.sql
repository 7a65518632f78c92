-- Every claim recomputed under every definition, in one pass: populations are formed over the claim's whole span.
WITH claims AS (
    SELECT
        *,
        CASE unit WHEN 'trillion tokens' THEN 1000000000000 WHEN '%' THEN 0.01 ELSE 1 END AS unit_size,
        try_cast(expected AS DOUBLE) AS expected_value,
        coalesce(
            tolerance,
            CASE WHEN comparison = 'about' THEN abs(try_cast(expected AS DOUBLE)) * 0.05 END,
            -- half of the last printed digit
            0.5 * pow(10, -length(split_part(expected, '.', 2)))
        ) AS allowed_difference
    FROM claims.claims
    WHERE not_recomputable IS NULL
),
definitions AS (
    SELECT policies.policy, knowledges.knowledge
    FROM (VALUES ('lab_home'), ('base_model_home')) AS policies (policy)
    CROSS JOIN (VALUES ('as_known_now'), ('as_known_then')) AS knowledges (knowledge)
),
-- a claim about the N largest rows has that population alone; ranks and prices of one model need none of them
claim_populations AS (
    SELECT claims.claim_id, populations.population
    FROM claims
    CROSS JOIN (VALUES ('top_9'), ('ranked'), ('platform')) AS populations (population)
    WHERE claims.top_n IS NULL
    UNION ALL
    SELECT claim_id, 'top_' || top_n AS population FROM claims WHERE top_n IS NOT NULL
),
-- what was built of the days that the sources have, and how many days the sources lack
span_days AS (
    SELECT
        spans.span_start,
        spans.span_end,
        date_diff('day', spans.span_start, spans.span_end) + 1 - count(DISTINCT known.date) AS missing_days,
        -- days after the last one known are not missing: they are still to come
        count(DISTINCT known.date) = count(DISTINCT built.date) AND count(DISTINCT built.date) > 0
        AND spans.span_end <= (SELECT max(date) FROM staging.newest_vintages) AS is_built
    FROM (SELECT DISTINCT span_start, span_end FROM claims.spans WHERE shift_days = 0) AS spans
    LEFT JOIN staging.newest_vintages AS known ON known.date BETWEEN spans.span_start AND spans.span_end
    LEFT JOIN (SELECT DISTINCT date FROM attribution.model_day_tokens) AS built ON built.date = known.date
    GROUP BY spans.span_start, spans.span_end
),
claim_days AS (
    SELECT spans.claim_id, sum(span_days.missing_days) AS missing_days, bool_and(span_days.is_built) AS is_built
    FROM claims.spans AS spans
    INNER JOIN span_days ON span_days.span_start = spans.span_start AND span_days.span_end = spans.span_end
    WHERE spans.shift_days = 0
    GROUP BY spans.claim_id
),
history AS (
    SELECT (SELECT count(DISTINCT week_start) FROM staging.newest_vintages) = (SELECT count(*) FROM weekly.weeks) AS is_built
),
members AS MATERIALIZED (
    SELECT * FROM claims.members WHERE shift_days = 0 AND NOT ends_with(population, '_variants_merged')
),
sums AS (
    SELECT
        claim_id,
        population,
        policy,
        knowledge,
        sum(tokens) FILTER (WHERE role = 'span') AS population_tokens,
        sum(tokens) FILTER (WHERE role = 'span' AND side = 'subject') AS subject_tokens,
        sum(tokens) FILTER (WHERE role = 'span' AND side = 'against') AS against_tokens,
        sum(tokens) FILTER (WHERE role = 'baseline' AND side = 'subject') AS baseline_tokens,
        count(DISTINCT model_permaslug) FILTER (WHERE role = 'span' AND side = 'subject') AS subject_models
    FROM members
    GROUP BY claim_id, population, policy, knowledge
),
ranks AS (
    SELECT
        claim_id,
        population,
        policy,
        knowledge,
        counted_as,
        row_number() OVER (PARTITION BY claim_id, population, policy, knowledge ORDER BY sum(tokens) DESC, counted_as) AS place
    FROM members
    WHERE role = 'span' AND row_kind = 'model' AND counted_as NOT IN ('ZZ', 'unknown')
    GROUP BY claim_id, population, policy, knowledge, counted_as
),
from_tokens AS (
    SELECT
        claims.claim_id,
        sums.population,
        sums.policy,
        sums.knowledge,
        CASE claims.metric
            WHEN 'tokens' THEN coalesce(sums.subject_tokens, 0) / claims.unit_size
            WHEN 'share' THEN coalesce(sums.subject_tokens, 0) / sums.population_tokens / claims.unit_size
            -- an absent one has no tokens; over none nothing can be divided
            WHEN 'ratio' THEN coalesce(sums.subject_tokens, 0) / nullif(sums.against_tokens, 0)
            WHEN 'change' THEN CASE WHEN claim_days.missing_days = 0 THEN (coalesce(sums.subject_tokens, 0) / nullif(sums.baseline_tokens, 0) - 1) / claims.unit_size END
            WHEN 'top_n_count' THEN sums.subject_models
            WHEN 'top_n_share' THEN coalesce(sums.subject_tokens, 0) / sums.population_tokens / claims.unit_size
            WHEN 'rank' THEN ranks.place
        END AS value,
        CAST(NULL AS DATE) AS value_week
    FROM claims
    INNER JOIN claim_days ON claim_days.claim_id = claims.claim_id AND claim_days.is_built
    INNER JOIN sums ON sums.claim_id = claims.claim_id
    LEFT JOIN claims.entities AS entities
        ON entities.claim_id = claims.claim_id AND entities.side = 'subject' AND claims.metric = 'rank'
    LEFT JOIN ranks
        ON ranks.claim_id = sums.claim_id AND ranks.population = sums.population AND ranks.policy = sums.policy
        AND ranks.knowledge = sums.knowledge AND ranks.counted_as = entities.entity
),
-- who is ahead, week by week; an absent one has no tokens
week_sides AS (
    SELECT
        claims.claim_id,
        claims.metric,
        claims.span_end,
        weeks.week_start,
        weeks.population,
        weeks.policy,
        weeks.knowledge,
        coalesce(sum(weeks.tokens) FILTER (WHERE entities.side = 'subject'), 0) > coalesce(sum(weeks.tokens) FILTER (WHERE entities.side = 'against'), 0) AS is_ahead
    FROM claims
    INNER JOIN (
        SELECT 'country' AS subject_kind, week_start, population, policy, knowledge, country_code AS entity, tokens FROM weekly.country_tokens
        UNION ALL
        SELECT 'lab' AS subject_kind, week_start, population, policy, knowledge, lab AS entity, tokens FROM weekly.lab_tokens
        UNION ALL
        SELECT 'model' AS subject_kind, models.week_start, populations.population, definitions.policy, definitions.knowledge, models.model_permaslug AS entity, models.tokens
        FROM weekly.model_tokens AS models
        CROSS JOIN (VALUES ('top_9', 9), ('ranked', 1000000), ('platform', 1000000)) AS populations (population, largest)
        CROSS JOIN definitions
        WHERE models.rank <= populations.largest
    ) AS weeks ON weeks.subject_kind = claims.subject_kind
    INNER JOIN history ON history.is_built
    LEFT JOIN claims.entities AS entities ON entities.claim_id = claims.claim_id AND entities.entity = weeks.entity
    WHERE claims.metric IN ('first_time_ahead', 'weeks_ahead')
    GROUP BY claims.claim_id, claims.metric, claims.span_end, weeks.week_start, weeks.population, weeks.policy, weeks.knowledge
),
from_weeks AS (
    SELECT
        claim_id,
        population,
        policy,
        knowledge,
        CASE WHEN any_value(metric) = 'weeks_ahead' THEN
            count(*) FILTER (WHERE week_start <= span_end AND is_ahead AND week_start > coalesce(last_not_ahead, DATE '1900-01-01'))
        END AS value,
        CASE WHEN any_value(metric) = 'first_time_ahead' THEN min(week_start) FILTER (WHERE is_ahead) END AS value_week
    FROM (
        SELECT *, max(CASE WHEN NOT is_ahead AND week_start <= span_end THEN week_start END) OVER (PARTITION BY claim_id, population, policy, knowledge) AS last_not_ahead
        FROM week_sides
    ) AS marked
    GROUP BY claim_id, population, policy, knowledge
),
-- the price in force at the end of the claim's day, seen in the 28 days before
day_prices AS (
    SELECT
        claims.claim_id,
        sides.side,
        spans.source,
        max_by(spans.usd_per_million_tokens, spans.valid_from_utc) AS usd_per_million_tokens
    FROM claims
    CROSS JOIN (VALUES ('subject'), ('against')) AS sides (side)
    INNER JOIN prices.model_prices AS spans
        ON spans.model_id = CASE sides.side WHEN 'subject' THEN claims.subject ELSE claims.against END
        AND spans.price_kind = claims.price_kind
        AND spans.over_prompt_tokens = 0
        AND spans.valid_from_utc < CAST(claims.span_end AS TIMESTAMP) + INTERVAL 1 DAY
        AND (spans.valid_to_utc IS NULL OR spans.valid_to_utc >= CAST(claims.span_end AS TIMESTAMP) + INTERVAL 1 DAY)
    INNER JOIN prices.sources AS sources ON sources.source = spans.source
    INNER JOIN staging.catalogue_models AS looks
        ON looks.source = spans.source
        AND (looks.model_id = spans.model_id OR sources.completeness = 'changes')
        AND looks.observed_at_utc >= spans.valid_from_utc
        AND looks.observed_at_utc >= CAST(claims.span_end AS TIMESTAMP) - INTERVAL 27 DAY
        AND looks.observed_at_utc < CAST(claims.span_end AS TIMESTAMP) + INTERVAL 1 DAY
    WHERE claims.metric IN ('price', 'price_ratio')
    GROUP BY claims.claim_id, sides.side, spans.source
),
from_prices AS (
    SELECT
        claims.claim_id,
        subjects.source,
        CASE claims.metric
            WHEN 'price' THEN CAST(subjects.usd_per_million_tokens AS DOUBLE)
            ELSE CAST(subjects.usd_per_million_tokens AS DOUBLE) / nullif(CAST(others.usd_per_million_tokens AS DOUBLE), 0)
        END AS value
    FROM claims
    INNER JOIN day_prices AS subjects ON subjects.claim_id = claims.claim_id AND subjects.side = 'subject'
    LEFT JOIN day_prices AS others ON others.claim_id = claims.claim_id AND others.side = 'against' AND others.source = subjects.source
),
from_anything AS (
    SELECT claim_id, population, policy, knowledge, value, value_week FROM from_tokens
    UNION ALL
    SELECT claim_id, population, policy, knowledge, value, value_week FROM from_weeks
),
-- every claim under every definition, whether anything was found or not
recomputed AS (
    SELECT
        claim_populations.claim_id,
        claim_populations.population,
        definitions.policy,
        definitions.knowledge,
        CAST(NULL AS VARCHAR) AS price_source,
        from_anything.value,
        from_anything.value_week
    FROM claim_populations
    INNER JOIN claims ON claims.claim_id = claim_populations.claim_id AND claims.metric NOT IN ('price', 'price_ratio')
    CROSS JOIN definitions
    LEFT JOIN from_anything
        ON from_anything.claim_id = claim_populations.claim_id AND from_anything.population = claim_populations.population
        AND from_anything.policy = definitions.policy AND from_anything.knowledge = definitions.knowledge
    UNION ALL
    SELECT
        claims.claim_id,
        CAST(NULL AS VARCHAR) AS population,
        CAST(NULL AS VARCHAR) AS policy,
        CAST(NULL AS VARCHAR) AS knowledge,
        sources.source AS price_source,
        from_prices.value,
        CAST(NULL AS DATE) AS value_week
    FROM claims
    CROSS JOIN prices.sources AS sources
    LEFT JOIN from_prices ON from_prices.claim_id = claims.claim_id AND from_prices.source = sources.source
    WHERE claims.metric IN ('price', 'price_ratio')
),
judged AS (
    SELECT
        claims.claim_id,
        recomputed.population,
        recomputed.policy,
        recomputed.knowledge,
        recomputed.price_source,
        recomputed.value,
        recomputed.value_week,
        CASE WHEN claims.metric = 'first_time_ahead'
            THEN CAST(date_diff('week', CAST(claims.expected AS DATE), recomputed.value_week) AS DOUBLE)
            ELSE recomputed.value - claims.expected_value
        END AS difference,
        claims.allowed_difference,
        claims.comparison,
        claims.expected_value,
        claims.metric,
        claim_days.missing_days
    FROM claims
    INNER JOIN recomputed ON recomputed.claim_id = claims.claim_id
    LEFT JOIN claim_days ON claim_days.claim_id = claims.claim_id
)
SELECT
    claim_id,
    population,
    policy,
    knowledge,
    price_source,
    value,
    value_week,
    difference,
    CASE WHEN metric <> 'first_time_ahead' THEN allowed_difference END AS allowed_difference,
    CAST(missing_days AS INTEGER) AS missing_days,
    CASE
        WHEN difference IS NULL THEN 'not_recomputable'
        WHEN metric = 'first_time_ahead' THEN CASE WHEN difference = 0 THEN 'reproduced' ELSE 'contradicted' END
        WHEN comparison = 'at_least' AND difference >= -allowed_difference THEN 'reproduced'
        WHEN comparison = 'at_most' AND difference <= allowed_difference THEN 'reproduced'
        WHEN comparison = 'more_than' THEN CASE WHEN difference > 0 THEN 'reproduced' ELSE 'contradicted' END
        WHEN abs(difference) <= allowed_difference * 1.000000001 THEN 'reproduced'
        -- what is counted is right or wrong; what is measured can be nearly right
        WHEN metric NOT IN ('rank', 'weeks_ahead', 'top_n_count') AND abs(difference) <= abs(expected_value) * 0.01 THEN 'near'
        ELSE 'contradicted'
    END AS verdict
FROM judged
