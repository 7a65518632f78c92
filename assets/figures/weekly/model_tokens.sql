SELECT
    week_start,
    100 * sum(platform_share) FILTER (WHERE is_top_9) AS nine_largest_percent,
    100 * sum(platform_share) FILTER (WHERE row_kind = 'other') AS other_percent
FROM weekly.model_tokens
GROUP BY week_start
ORDER BY week_start
