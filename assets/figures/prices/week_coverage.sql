SELECT
    week_start,
    100 * any_value(priced_share) FILTER (WHERE source = 'any') AS any_source_percent_of_ranked,
    100 * any_value(priced_share) FILTER (WHERE source = 'openrouter-catalogue') AS openrouter_percent_of_ranked
FROM prices.week_coverage
WHERE population = 'ranked' AND price_kind = 'output'
GROUP BY week_start
ORDER BY week_start
