-- One decision a model: overrides before reveals before the home of the slug's author, else unknown.
WITH seen AS (
    SELECT model_permaslug, split_part(model_permaslug, '/', 1) AS author, min(date) AS first_date, max(date) AS last_date
    FROM staging.model_day_token_vintages
    WHERE row_kind = 'model'
    GROUP BY model_permaslug
),
latest_homes AS (
    SELECT author, lab, country_code, evidence_url
    FROM attribution.labs
    QUALIFY row_number() OVER (PARTITION BY author ORDER BY valid_from DESC) = 1
),
decided AS (
    SELECT
        seen.model_permaslug,
        seen.first_date,
        seen.last_date,
        CASE
            WHEN overrides.model_permaslug IS NOT NULL THEN overrides.method
            WHEN aliases.confidence IN ('official', 'reported') THEN 'alias'
            ELSE 'author'
        END AS method,
        CASE
            WHEN overrides.model_permaslug IS NOT NULL THEN overrides.author
            WHEN aliases.confidence IN ('official', 'reported') THEN aliases.author
            ELSE seen.author
        END AS attributed_author,
        CASE
            WHEN overrides.model_permaslug IS NULL AND aliases.confidence IN ('official', 'reported') THEN aliases.known_from_utc
        END AS known_from_utc,
        aliases.confidence AS alias_confidence,
        aliases.revealed_as,
        coalesce(overrides.evidence_url, aliases.evidence_url) AS own_evidence_url
    FROM seen
    LEFT JOIN temp.reference_overrides AS overrides ON overrides.model_permaslug = seen.model_permaslug
    LEFT JOIN attribution.aliases AS aliases ON aliases.cloaked_slug = seen.model_permaslug
)
SELECT
    decided.model_permaslug,
    CASE
        WHEN decided.method = 'router' THEN 'router'
        WHEN coalesce(homes.country_code, 'ZZ') = 'ZZ' THEN 'unknown'
        ELSE decided.method
    END AS method,
    decided.attributed_author,
    coalesce(homes.lab, 'unknown') AS lab,
    coalesce(homes.country_code, 'ZZ') AS country_code,
    lineage.base_model,
    lineage.base_author,
    lineage.derivation,
    lineage.evidence_url AS base_evidence_url,
    lineage.evidence_read_on AS base_evidence_read_on,
    lineage.evidence_says AS base_evidence_says,
    lineage.note AS base_note,
    coalesce(CASE WHEN lineage.base_author IS NULL THEN homes.lab ELSE base_homes.lab END, 'unknown') AS base_lab,
    coalesce(
        CASE WHEN lineage.base_author IS NULL THEN homes.country_code ELSE base_homes.country_code END, 'ZZ'
    ) AS base_country_code,
    decided.known_from_utc,
    CASE
        WHEN decided.method = 'router' THEN 'Picks among models of several labs, so it has no country of its own.'
        WHEN decided.alias_confidence IN ('none', 'rumoured')
            THEN 'Cloaked model; no page that was read says as a fact whose it is.'
        WHEN homes.lab IS NULL THEN 'The author is not in the reference files.'
        WHEN homes.country_code = 'ZZ' THEN 'No evidence of this author''s home was found.'
        WHEN decided.method = 'alias'
            THEN 'Cloaked model, revealed as ' || decided.revealed_as || '; counted for ' || homes.lab || '.'
        WHEN decided.method = 'override' THEN 'Decided for this model alone; counted for ' || homes.lab || '.'
        ELSE 'Made by ' || homes.lab || '.'
    END AS reason,
    coalesce(decided.own_evidence_url, homes.evidence_url) AS evidence_url,
    decided.first_date,
    decided.last_date
FROM decided
LEFT JOIN latest_homes AS homes ON homes.author = decided.attributed_author
LEFT JOIN temp.reference_lineage AS lineage ON lineage.model_permaslug = decided.model_permaslug
LEFT JOIN latest_homes AS base_homes ON base_homes.author = lineage.base_author
