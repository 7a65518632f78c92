SELECT
    week_start,
    100 * sum(open_tokens) / sum(tokens) AS open_percent_of_ranked,
    100 * (sum(open_tokens) + sum(unknown_tokens)) / sum(tokens) AS open_or_unknown_percent_of_ranked
FROM weekly.open_weight_tokens
WHERE population = 'ranked'
GROUP BY week_start
ORDER BY week_start
