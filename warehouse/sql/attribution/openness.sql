-- Are a model's weights open? Reviewed lines first, then the catalogue, which names the repository of open weights.
WITH bases AS (
    SELECT DISTINCT split_part(model_permaslug, ':', 1) AS base_permaslug FROM attribution.models
),
catalogue AS (
    SELECT split_part(canonical_slug, ':', 1) AS base_permaslug, max(hugging_face_id) AS weights_name
    FROM staging.catalogue_models
    WHERE canonical_slug IS NOT NULL AND hugging_face_id IS NOT NULL AND NOT is_alias
    GROUP BY split_part(canonical_slug, ':', 1)
)
SELECT
    bases.base_permaslug,
    CASE
        WHEN reviewed.model_permaslug IS NOT NULL THEN reviewed.weights
        WHEN catalogue.base_permaslug IS NOT NULL THEN 'open'
        ELSE 'unknown'
    END AS weights,
    CASE
        WHEN reviewed.model_permaslug IS NOT NULL THEN 'reference'
        WHEN catalogue.base_permaslug IS NOT NULL THEN 'catalogue'
    END AS method,
    CASE WHEN reviewed.model_permaslug IS NOT NULL THEN reviewed.weights_name ELSE catalogue.weights_name END AS weights_name,
    reviewed.evidence_url,
    reviewed.evidence_read_on,
    reviewed.evidence_says,
    reviewed.note
FROM bases
LEFT JOIN temp.reference_openness AS reviewed ON reviewed.model_permaslug = bases.base_permaslug
LEFT JOIN catalogue ON catalogue.base_permaslug = bases.base_permaslug
