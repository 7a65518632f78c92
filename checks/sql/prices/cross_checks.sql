SELECT
    count(*) FILTER (
        WHERE abs(
            difference_share * greatest(usd_per_million_tokens, other_usd_per_million_tokens)
            - abs(usd_per_million_tokens - other_usd_per_million_tokens)
        ) > 0.000000001
    ) AS crooked_differences,
    coalesce(max(difference_share), 0) AS largest_difference
FROM temp.candidate
