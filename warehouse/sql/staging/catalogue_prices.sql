-- The prices of every staged statement, typed and otherwise as stated: corrections come later, where they can be seen.
SELECT
    models.source,
    models.observed_at_utc,
    models.model_id,
    rows.price_kind,
    CAST(rows.over_prompt_tokens_text AS BIGINT) AS over_prompt_tokens,
    CASE WHEN rows.price_text = 'varies' THEN 'varies' ELSE 'priced' END AS price_state,
    CASE WHEN rows.price_text <> 'varies' THEN CAST(rows.price_text AS DECIMAL(18, 9)) END AS usd_per_million_tokens,
    models.snapshot_id
FROM staging.catalogue_models AS models
INNER JOIN temp.parsed_prices AS rows
    ON rows.snapshot_id = models.snapshot_id
    AND rows.model_id = models.model_id
    AND rows.observed_at_text = strftime(models.stated_at_utc, '%Y-%m-%dT%H:%M:%SZ')
WHERE rows.price_kind IN ('input', 'output', 'cache_read', 'cache_write', 'cache_write_1h', 'reasoning')
