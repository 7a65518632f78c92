-- The prices of every staged endpoint, typed and otherwise as stated; an endpoint without a price per token is one row.
SELECT DISTINCT
    statements.observed_at_utc,
    rows.model_id,
    rows.row_number AS endpoint_number,
    starts_with(rows.model_id, '~') AS is_alias,
    split_part(rows.endpoint_tag, '/', 1) AS provider_slug,
    rows.provider_name,
    rows.endpoint_tag,
    rows.endpoint_name,
    rows.quantization,
    CAST(rows.context_length_text AS BIGINT) AS context_length_tokens,
    CAST(rows.status_text AS INTEGER) AS endpoint_status,
    CAST(rows.uptime_text AS DOUBLE) / 100 AS uptime_share,
    CAST(rows.discount_text AS DOUBLE) AS discount_share,
    CASE WHEN statements.staged_prices > 0 THEN rows.price_kind END AS price_kind,
    CASE WHEN statements.staged_prices > 0 THEN CAST(rows.over_prompt_tokens_text AS BIGINT) END AS over_prompt_tokens,
    CASE
        WHEN statements.staged_prices = 0 THEN CASE WHEN rows.price_kind IS NULL THEN 'unpriced' ELSE 'priced_otherwise' END
        WHEN rows.price_text = 'varies' THEN 'varies'
        ELSE 'priced'
    END AS price_state,
    CASE WHEN statements.staged_prices > 0 AND rows.price_text <> 'varies' THEN CAST(rows.price_text AS DECIMAL(18, 9)) END AS usd_per_million_tokens,
    statements.snapshot_id
FROM staging.serving_statements AS statements
INNER JOIN temp.parsed_endpoints AS rows ON rows.snapshot_id = statements.snapshot_id AND rows.row_number = statements.row_number
WHERE
    statements.subject = 'endpoint'
    AND statements.status = 'staged'
    AND rows.row_number > 0
    AND (statements.staged_prices = 0 OR rows.price_kind IN ('input', 'output', 'cache_read', 'cache_write', 'cache_write_1h', 'reasoning'))
