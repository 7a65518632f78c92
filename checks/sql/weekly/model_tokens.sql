WITH daily AS (
    SELECT week_start, sum(tokens) AS tokens
    FROM attribution.model_day_tokens
    WHERE week_start IN (SELECT week_start FROM temp.weeks_at_hand)
    GROUP BY week_start
)
SELECT
    daily.week_start,
    max(daily.tokens) - coalesce(sum(candidate.tokens), 0) AS lost_tokens,
    count(*) FILTER (WHERE candidate.is_top_9) AS top_9_rows,
    abs(count(*) FILTER (WHERE candidate.row_kind = 'model') - coalesce(max(candidate.rank), 0)) AS gaps_in_ranks,
    sum(candidate.platform_share) AS sum_of_shares,
    max(CASE WHEN candidate.row_kind = 'model' THEN candidate.platform_share END) AS largest_share
FROM daily
LEFT JOIN temp.candidate ON candidate.week_start = daily.week_start
GROUP BY daily.week_start
