-- An id's spans belong to the model that the id named when they were seen, and end where it names another.
SELECT
    names.model_permaslug,
    spans.model_id,
    spans.source,
    spans.price_kind,
    spans.over_prompt_tokens,
    spans.price_state,
    spans.usd_per_million_tokens,
    greatest(spans.valid_from_utc, CAST(names.valid_from AS TIMESTAMP)) AS valid_from_utc,
    least(spans.valid_to_utc, CAST(names.valid_to AS TIMESTAMP)) AS valid_to_utc,
    least(spans.last_seen_utc, coalesce(CAST(names.valid_to AS TIMESTAMP), spans.last_seen_utc)) AS last_seen_utc
FROM prices.model_names AS names
INNER JOIN prices.model_prices AS spans
    ON spans.model_id = names.model_id
    AND spans.last_seen_utc >= names.valid_from
    AND (names.valid_to IS NULL OR spans.valid_from_utc < names.valid_to)
