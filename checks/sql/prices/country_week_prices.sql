WITH asked AS (
    SELECT count(DISTINCT (source, price_kind)) AS series FROM prices.model_prices WHERE price_kind IN ('input', 'output')
),
ranked AS (
    SELECT coalesce(sum(tokens), 0) AS tokens FROM weekly.model_tokens WHERE row_kind = 'model'
)
SELECT
    max(ranked.tokens * asked.series) - coalesce(sum(candidate.tokens) FILTER (WHERE candidate.population = 'ranked'), 0) AS lost_tokens,
    count(*) FILTER (WHERE NOT (0 <= candidate.priced_share AND candidate.priced_share <= 1 AND candidate.free_tokens <= candidate.priced_tokens)) AS shares_out_of_range,
    count(*) FILTER (WHERE (candidate.priced_tokens > 0) <> (candidate.usd_per_million_tokens IS NOT NULL)) AS shares_without_price,
    count(*) FILTER (WHERE candidate.usd_per_million_tokens > candidate.usd_per_million_tokens_without_free) AS dearer_with_free
FROM asked
CROSS JOIN ranked
LEFT JOIN temp.candidate ON TRUE
