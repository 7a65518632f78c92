SELECT
    spans.model_id,
    names.model_permaslug,
    spans.source,
    spans.price_kind,
    spans.over_prompt_tokens,
    spans.usd_per_million_tokens,
    spans.price_state,
    spans.last_seen_utc,
    NOT listings.is_listed AS is_delisted
FROM prices.model_prices AS spans
INNER JOIN (
    SELECT source, model_id, max_by(is_listed, observed_at_utc) AS is_listed FROM prices.listings GROUP BY source, model_id
) AS listings ON listings.source = spans.source AND listings.model_id = spans.model_id
LEFT JOIN prices.model_names AS names
    ON names.model_id = spans.model_id
    AND spans.last_seen_utc >= names.valid_from
    AND (names.valid_to IS NULL OR spans.last_seen_utc < names.valid_to)
QUALIFY row_number() OVER (
    PARTITION BY spans.model_id, spans.source, spans.price_kind, spans.over_prompt_tokens ORDER BY spans.valid_from_utc DESC
) = 1
ORDER BY spans.model_id, spans.source, spans.price_kind, spans.over_prompt_tokens
