SELECT
    statements.observed_at_utc,
    rows.provider_slug,
    rows.provider_name,
    coalesce(rows.headquarters_text, 'ZZ') AS headquarters_country_code,
    statements.snapshot_id
FROM staging.serving_statements AS statements
INNER JOIN temp.parsed_providers AS rows ON rows.snapshot_id = statements.snapshot_id AND rows.row_number = statements.row_number
WHERE statements.subject = 'provider' AND statements.status = 'staged'
