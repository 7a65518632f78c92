WITH staged AS (
    SELECT coalesce(sum(staged_prices), 0) AS prices, count(*) FILTER (WHERE row_number > 0) AS endpoints
    FROM staging.serving_statements
    WHERE subject = 'endpoint' AND status = 'staged'
)
SELECT
    max(staged.prices) - count(candidate.price_kind) AS lost_prices,
    max(staged.endpoints) - count(DISTINCT (candidate.snapshot_id, candidate.endpoint_number)) FILTER (WHERE candidate.endpoint_number IS NOT NULL) AS lost_endpoints,
    count(*) FILTER (WHERE (candidate.price_state = 'priced') <> (candidate.usd_per_million_tokens IS NOT NULL)) AS states_without_price,
    count(*) FILTER (
        WHERE candidate.price_kind = 'input' AND candidate.usd_per_million_tokens = 0 AND NOT contains(candidate.model_id, ':free')
    ) AS zeros_on_paid
FROM staged
LEFT JOIN temp.candidate ON TRUE
