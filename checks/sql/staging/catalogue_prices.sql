WITH expected AS (
    SELECT coalesce(sum(statements.staged_prices), 0) AS prices
    FROM staging.catalogue_models AS models
    INNER JOIN staging.catalogue_statements AS statements
        ON statements.snapshot_id = models.snapshot_id
        AND statements.model_id = models.model_id
        AND statements.observed_at_utc = models.stated_at_utc
        AND statements.status = 'staged'
)
SELECT
    max(expected.prices) - count(candidate.model_id) AS lost_prices,
    count(*) FILTER (WHERE (candidate.price_state = 'priced') <> (candidate.usd_per_million_tokens IS NOT NULL)) AS states_without_price
FROM expected
LEFT JOIN temp.candidate ON TRUE
