SELECT
    week_start,
    100 * sum(share) FILTER (WHERE rank = 1) AS largest_lab_percent_of_ranked,
    100 * sum(share) FILTER (WHERE rank <= 5) AS five_largest_percent_of_ranked
FROM weekly.lab_tokens
WHERE population = 'ranked' AND policy = 'lab_home' AND knowledge = 'as_known_now'
GROUP BY week_start
ORDER BY week_start
