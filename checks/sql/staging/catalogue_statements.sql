-- Over parsed_prices, what the parsers read, so that not even the accounting can lose a row.
SELECT
    (SELECT count(*) FROM temp.parsed_prices) - coalesce(sum(raw_rows), 0) AS unaccounted_rows,
    count(*) FILTER (WHERE status = 'quarantined') AS quarantined_statements,
    count(*) FILTER (WHERE starts_with(reason, 'no line of price_sources.csv')) AS statements_without_meaning
FROM temp.candidate
