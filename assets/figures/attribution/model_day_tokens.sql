SELECT
    week_start,
    100 * coalesce(sum(tokens) FILTER (WHERE country_code = 'ZZ'), 0) / sum(tokens) AS unknown_country_percent_of_ranked
FROM attribution.model_day_tokens
WHERE row_kind = 'model'
GROUP BY week_start
ORDER BY week_start
