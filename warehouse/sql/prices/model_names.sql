-- Which ids name which model: reviewed pairs first, then what the catalogue states, then equal names.
-- A variant (`:free`) pairs with the same variant of the id, if any source lists that.
WITH slugs AS (
    SELECT model_permaslug, split_part(model_permaslug, ':', 1) AS base_slug, split_part(model_permaslug, ':', 2) AS variant
    FROM attribution.models
),
ids AS (
    SELECT DISTINCT model_id, split_part(model_id, ':', 1) AS base_id, split_part(model_id, ':', 2) AS variant
    FROM staging.catalogue_models
    WHERE NOT is_alias
),
reviewed AS (
    SELECT model_permaslug, model_id, coalesce(valid_from, DATE '2025-01-01') AS valid_from, valid_to, 'reference' AS method, reason
    FROM temp.reference_model_names
),
-- what the catalogue states for an id, variants apart; for a base that it does not list, what it states for its variants
stated AS (
    SELECT model_id, observed_at_utc, concat_ws(':', canonical_slug, nullif(split_part(model_id, ':', 2), '')) AS model_permaslug
    FROM staging.catalogue_models
    WHERE NOT is_alias AND canonical_slug IS NOT NULL
    UNION ALL
    SELECT split_part(variants.model_id, ':', 1) AS model_id, variants.observed_at_utc, max(variants.canonical_slug) AS model_permaslug
    FROM staging.catalogue_models AS variants
    LEFT JOIN staging.catalogue_models AS bases
        ON bases.model_id = split_part(variants.model_id, ':', 1) AND bases.canonical_slug IS NOT NULL
    WHERE NOT variants.is_alias AND variants.canonical_slug IS NOT NULL AND contains(variants.model_id, ':') AND bases.model_id IS NULL
    GROUP BY split_part(variants.model_id, ':', 1), variants.observed_at_utc
),
-- an id that goes to another permaslug on some day named the earlier one until then
catalogue AS (
    SELECT
        model_permaslug,
        model_id,
        CASE WHEN observed_at_utc = min(observed_at_utc) OVER (PARTITION BY model_id) THEN DATE '2025-01-01' ELSE CAST(observed_at_utc AS DATE) END AS valid_from,
        CAST(lead(observed_at_utc) OVER (PARTITION BY model_id ORDER BY observed_at_utc) AS DATE) AS valid_to,
        'catalogue' AS method,
        'OpenRouter''s catalogue states this permaslug for this id.' AS reason
    FROM (
        SELECT *
        FROM stated
        QUALIFY model_permaslug IS DISTINCT FROM lag(model_permaslug) OVER (PARTITION BY model_id ORDER BY observed_at_utc)
    ) AS changes
    QUALIFY valid_to IS NULL OR valid_to > valid_from
),
same AS (
    SELECT
        ids.base_id AS model_permaslug, ids.base_id AS model_id, DATE '2025-01-01' AS valid_from, CAST(NULL AS DATE) AS valid_to, 'same' AS method,
        'Both have this name.' AS reason
    FROM ids
    LEFT JOIN catalogue ON catalogue.model_id = ids.base_id
    WHERE catalogue.model_id IS NULL
    GROUP BY ids.base_id
),
-- what a rule says of an id holds before and after the reviewed pairs of that id
reviewed_spans AS (
    SELECT
        model_id,
        min(valid_from) AS valid_from,
        CASE WHEN bool_and(valid_to IS NOT NULL) THEN max(valid_to) END AS valid_to
    FROM reviewed
    GROUP BY model_id
),
rules AS (
    SELECT * FROM catalogue
    UNION ALL
    SELECT * FROM same
),
ruled AS (
    SELECT rules.model_permaslug, rules.model_id, rules.valid_from, least(rules.valid_to, spans.valid_from) AS valid_to, rules.method, rules.reason
    FROM rules
    LEFT JOIN reviewed_spans AS spans ON spans.model_id = rules.model_id
    WHERE spans.model_id IS NULL OR spans.valid_from > rules.valid_from
    UNION ALL
    SELECT rules.model_permaslug, rules.model_id, greatest(rules.valid_from, spans.valid_to) AS valid_from, rules.valid_to, rules.method, rules.reason
    FROM rules
    INNER JOIN reviewed_spans AS spans ON spans.model_id = rules.model_id
    WHERE spans.valid_to IS NOT NULL AND (rules.valid_to IS NULL OR rules.valid_to > spans.valid_to)
),
pairs AS (
    SELECT * FROM reviewed
    UNION ALL
    SELECT * FROM ruled
),
named AS (
    SELECT slugs.model_permaslug, ids.model_id, pairs.valid_from, pairs.valid_to, pairs.method, pairs.reason
    FROM pairs
    INNER JOIN slugs ON slugs.model_permaslug = pairs.model_permaslug
    INNER JOIN ids ON ids.model_id = pairs.model_id
    UNION ALL
    -- a variant that has no pair of its own pairs as its base does
    SELECT slugs.model_permaslug, ids.model_id, pairs.valid_from, pairs.valid_to, pairs.method, pairs.reason
    FROM pairs
    INNER JOIN slugs ON slugs.base_slug = pairs.model_permaslug AND slugs.variant <> ''
    INNER JOIN ids ON ids.base_id = pairs.model_id AND ids.variant = slugs.variant
    LEFT JOIN pairs AS own ON own.model_id = ids.model_id
    WHERE own.model_id IS NULL
)
SELECT model_permaslug, model_id, valid_from, valid_to, method, reason
FROM named
