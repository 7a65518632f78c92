WITH ranked AS (
    SELECT coalesce(sum(tokens), 0) AS tokens FROM weekly.model_tokens WHERE row_kind = 'model'
)
SELECT
    max(ranked.tokens) - coalesce(sum(candidate.tokens) FILTER (WHERE candidate.population = 'ranked'), 0) AS lost_tokens,
    count(*) FILTER (
        WHERE candidate.open_tokens + candidate.closed_tokens + candidate.unknown_tokens <> candidate.tokens
        OR NOT (0 <= candidate.open_share_low AND candidate.open_share_low <= candidate.open_share_high AND candidate.open_share_high <= 1)
    ) AS shares_out_of_order
FROM ranked
LEFT JOIN temp.candidate ON TRUE
