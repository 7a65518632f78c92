SELECT
    week_start,
    100 * any_value(margin_tokens / population_tokens) AS lead_percent_of_ranked,
    100 * any_value(undecided_tokens / population_tokens) AS undecided_percent_of_ranked
FROM weekly.country_rankings
WHERE population = 'ranked' AND policy = 'lab_home' AND knowledge = 'as_known_now'
GROUP BY week_start
ORDER BY week_start
