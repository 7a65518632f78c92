SELECT
    week_start,
    100 * sum(share) FILTER (WHERE country_code = 'CN') AS china_percent_of_ranked,
    100 * sum(share) FILTER (WHERE country_code = 'US') AS us_percent_of_ranked,
    100 * coalesce(sum(share) FILTER (WHERE country_code = 'ZZ'), 0) AS unknown_percent_of_ranked
FROM weekly.country_tokens
WHERE population = 'ranked' AND policy = 'lab_home' AND knowledge = 'as_known_now'
GROUP BY week_start
ORDER BY week_start
