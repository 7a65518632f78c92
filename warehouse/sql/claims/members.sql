-- The rows that make up each population of a claim's span, with what they count as: a figure is a sum over them.
WITH definitions AS (
    SELECT policies.policy, knowledges.knowledge
    FROM (VALUES ('lab_home'), ('base_model_home')) AS policies (policy)
    CROSS JOIN (VALUES ('as_known_now'), ('as_known_then')) AS knowledges (knowledge)
),
-- a claim about the N largest rows has that population alone; merged ones are tried where no other makes a claim true
populations AS (
    SELECT claims.claim_id, populations.population, populations.largest, populations.has_other, populations.is_merged
    FROM claims.claims AS claims
    CROSS JOIN (
        VALUES ('top_9', 9, FALSE, FALSE), ('ranked', 1000000, FALSE, FALSE), ('platform', 1000000, TRUE, FALSE), ('top_9_variants_merged', 9, FALSE, TRUE)
    ) AS populations (population, largest, has_other, is_merged)
    WHERE claims.top_n IS NULL
    UNION ALL
    SELECT claims.claim_id, 'top_' || claims.top_n || forms.suffix AS population, claims.top_n AS largest, FALSE AS has_other, forms.is_merged
    FROM claims.claims AS claims
    CROSS JOIN (VALUES ('', FALSE), ('_variants_merged', TRUE)) AS forms (suffix, is_merged)
    WHERE claims.top_n IS NOT NULL
),
span_rows AS (
    SELECT
        spans.claim_id,
        spans.shift_days,
        spans.role,
        days.model_permaslug,
        days.row_kind,
        days.lab,
        days.country_code,
        days.base_lab,
        days.base_country_code,
        coalesce(days.known_from_utc >= CAST(spans.span_end AS TIMESTAMP) + INTERVAL 1 DAY, FALSE) AS is_known_only_later,
        sum(days.tokens) AS tokens
    FROM claims.spans AS spans
    INNER JOIN attribution.model_day_tokens AS days ON days.date BETWEEN spans.span_start AND spans.span_end
    GROUP BY ALL
),
base_models AS (
    SELECT
        claim_id,
        shift_days,
        role,
        row_kind,
        split_part(model_permaslug, ':', 1) AS base_permaslug,
        row_number() OVER (
            PARTITION BY claim_id, shift_days, role, row_kind ORDER BY sum(tokens) DESC, split_part(model_permaslug, ':', 1)
        ) AS merged_rank
    FROM span_rows
    GROUP BY claim_id, shift_days, role, row_kind, split_part(model_permaslug, ':', 1)
),
models AS (
    SELECT
        claim_id,
        shift_days,
        role,
        row_kind,
        model_permaslug,
        row_number() OVER (PARTITION BY claim_id, shift_days, role, row_kind ORDER BY sum(tokens) DESC, model_permaslug) AS rank
    FROM span_rows
    GROUP BY claim_id, shift_days, role, row_kind, model_permaslug
),
attributed AS (
    SELECT
        rows.claim_id,
        rows.shift_days,
        rows.role,
        populations.population,
        definitions.policy,
        definitions.knowledge,
        rows.model_permaslug,
        rows.row_kind,
        CASE
            WHEN rows.row_kind = 'other' THEN NULL
            WHEN definitions.knowledge = 'as_known_then' AND rows.is_known_only_later THEN 'unknown'
            WHEN definitions.policy = 'lab_home' THEN rows.lab
            ELSE rows.base_lab
        END AS lab,
        CASE
            WHEN rows.row_kind = 'other' THEN NULL
            WHEN definitions.knowledge = 'as_known_then' AND rows.is_known_only_later THEN 'ZZ'
            WHEN definitions.policy = 'lab_home' THEN rows.country_code
            ELSE rows.base_country_code
        END AS country_code,
        rows.tokens
    FROM span_rows AS rows
    INNER JOIN models
        ON models.claim_id = rows.claim_id AND models.shift_days = rows.shift_days AND models.role = rows.role
        AND models.row_kind = rows.row_kind AND models.model_permaslug = rows.model_permaslug
    INNER JOIN base_models
        ON base_models.claim_id = rows.claim_id AND base_models.shift_days = rows.shift_days AND base_models.role = rows.role
        AND base_models.row_kind = rows.row_kind AND base_models.base_permaslug = split_part(rows.model_permaslug, ':', 1)
    INNER JOIN populations
        ON populations.claim_id = rows.claim_id
        AND CASE
            WHEN rows.row_kind = 'other' THEN populations.has_other
            WHEN populations.is_merged THEN base_models.merged_rank <= populations.largest
            ELSE models.rank <= populations.largest
        END
    -- moved spans and merged variants are only tried under the headline's policy and knowledge
    INNER JOIN definitions
        ON rows.shift_days = 0 AND NOT populations.is_merged OR definitions.policy = 'lab_home' AND definitions.knowledge = 'as_known_now'
)
SELECT
    attributed.claim_id,
    attributed.shift_days,
    attributed.role,
    attributed.population,
    attributed.policy,
    attributed.knowledge,
    attributed.model_permaslug,
    attributed.row_kind,
    attributed.lab,
    attributed.country_code,
    attributed.counted_as,
    entities.side,
    CAST(sum(attributed.tokens) AS BIGINT) AS tokens
FROM (
    SELECT
        attributed.*,
        CASE claims.subject_kind
            WHEN 'country' THEN attributed.country_code
            WHEN 'lab' THEN attributed.lab
            WHEN 'model' THEN attributed.model_permaslug
            ELSE 'all'
        END AS counted_as
    FROM attributed
    INNER JOIN claims.claims AS claims ON claims.claim_id = attributed.claim_id
) AS attributed
LEFT JOIN claims.entities AS entities ON entities.claim_id = attributed.claim_id AND entities.entity = attributed.counted_as
GROUP BY ALL
