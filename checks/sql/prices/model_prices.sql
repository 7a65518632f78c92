WITH neighbours AS (
    SELECT *, lead(valid_from_utc) OVER (PARTITION BY source, model_id, price_kind, over_prompt_tokens ORDER BY valid_from_utc) AS next_from_utc
    FROM temp.candidate
),
accepted AS (
    SELECT DISTINCT source, model_id FROM prices.corrections WHERE action = 'accept' AND rule IN ('per_token', 'above_ceiling')
)
SELECT
    count(*) FILTER (WHERE next_from_utc IS NOT NULL AND (valid_to_utc IS NULL OR valid_to_utc > next_from_utc)) AS overlapping_spans,
    count(*) FILTER (WHERE last_seen_utc < valid_from_utc OR last_seen_utc >= valid_to_utc) AS spans_out_of_order,
    count(*) FILTER (WHERE (valid_to_utc IS NULL) <> (ended_by IS NULL)) AS ends_without_reason,
    count(*) FILTER (
        WHERE accepted.model_id IS NULL
        AND (usd_per_million_tokens < 0 OR usd_per_million_tokens > 1000 OR (usd_per_million_tokens > 0 AND usd_per_million_tokens < 0.001))
    ) AS implausible_prices,
    count(*) FILTER (WHERE (price_state = 'priced') <> (usd_per_million_tokens IS NOT NULL)) AS states_without_price
FROM neighbours
LEFT JOIN accepted ON accepted.source = neighbours.source AND accepted.model_id = neighbours.model_id
