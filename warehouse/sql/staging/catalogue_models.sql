-- One row a staged statement. Where a recording changes its meaning, what it still holds is stated anew at that instant:
-- its new meaning begins with a full list, though only the changes were written down.
WITH stated AS (
    SELECT
        statements.source,
        statements.observed_at_utc,
        statements.model_id,
        bool_and(rows.status = 'listed') AS is_listed,
        max(rows.canonical_slug) AS canonical_slug,
        max(rows.hugging_face_id) AS hugging_face_id,
        max(try_cast(rows.created_at_text AS BIGINT)) AS created_s,
        statements.snapshot_id
    FROM staging.catalogue_statements AS statements
    INNER JOIN temp.parsed_prices AS rows
        ON rows.snapshot_id = statements.snapshot_id
        AND rows.model_id = statements.model_id
        AND rows.observed_at_text = strftime(statements.observed_at_utc, '%Y-%m-%dT%H:%M:%SZ')
    WHERE statements.status = 'staged'
    GROUP BY statements.source, statements.observed_at_utc, statements.model_id, statements.snapshot_id
),
switches AS (
    -- at the first look after the change: before it nobody saw what the recording held
    SELECT sources.source, sources.snapshot_source, min(stated.observed_at_utc) AS switched_at_utc
    FROM prices.sources AS sources
    INNER JOIN stated ON stated.source = sources.source
    WHERE sources.completeness = 'changes' AND sources.valid_from_utc IS NOT NULL
    GROUP BY sources.source, sources.snapshot_source
),
last_before AS (
    SELECT stated.*, switches.source AS later_source, switches.switched_at_utc
    FROM switches
    INNER JOIN prices.sources AS earlier ON earlier.snapshot_source = switches.snapshot_source
    INNER JOIN stated ON stated.source = earlier.source AND stated.observed_at_utc < switches.switched_at_utc
    QUALIFY row_number() OVER (PARTITION BY switches.source, stated.model_id ORDER BY stated.observed_at_utc DESC) = 1
),
still_held AS (
    SELECT last_before.*
    FROM last_before
    LEFT JOIN stated AS later
        ON later.source = last_before.later_source
        AND later.model_id = last_before.model_id
        AND later.observed_at_utc = last_before.switched_at_utc
    WHERE last_before.is_listed AND later.model_id IS NULL
),
all_statements AS (
    SELECT
        source, observed_at_utc, model_id, is_listed, canonical_slug, hugging_face_id, created_s,
        observed_at_utc AS stated_at_utc, snapshot_id
    FROM stated
    UNION ALL
    SELECT
        later_source AS source, switched_at_utc AS observed_at_utc, model_id, is_listed, canonical_slug, hugging_face_id, created_s,
        observed_at_utc AS stated_at_utc, snapshot_id
    FROM still_held
)
SELECT
    source,
    observed_at_utc,
    model_id,
    is_listed,
    starts_with(model_id, '~') AS is_alias,
    canonical_slug,
    hugging_face_id,
    CASE WHEN created_s BETWEEN 0 AND 253402300799 THEN make_timestamp(created_s * 1000000) END AS created_utc,
    stated_at_utc,
    snapshot_id
FROM all_statements
