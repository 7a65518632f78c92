WITH asked AS (
    SELECT (SELECT count(*) FROM weekly.model_tokens WHERE row_kind = 'model') * count(DISTINCT (source, price_kind)) AS prices
    FROM prices.model_prices
    WHERE price_kind IN ('input', 'output')
)
SELECT
    max(asked.prices) - count(candidate.status) FILTER (WHERE candidate.over_prompt_tokens = 0 AND candidate.price_kind IN ('input', 'output')) AS lost_prices,
    count(*) FILTER (WHERE (candidate.status IN ('in_force', 'free')) <> (candidate.usd_per_million_tokens IS NOT NULL)) AS statuses_without_price,
    count(*) FILTER (
        WHERE candidate.status IN ('in_force', 'varies')
        AND (
            looks.source IS NULL
            OR candidate.last_seen_utc < CAST(candidate.week_start AS TIMESTAMP) - INTERVAL 21 DAY
            OR candidate.last_seen_utc >= CAST(candidate.week_start AS TIMESTAMP) + INTERVAL 7 DAY
            OR candidate.valid_from_utc > candidate.last_seen_utc
        )
    ) AS prices_out_of_time
FROM asked
LEFT JOIN temp.candidate ON TRUE
LEFT JOIN (SELECT DISTINCT source, observed_at_utc FROM staging.catalogue_models) AS looks
    ON looks.source = candidate.source AND looks.observed_at_utc = candidate.last_seen_utc
