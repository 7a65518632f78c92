-- Over what the parsers read, so that not even the accounting can lose a row.
SELECT
    (SELECT count(*) FROM temp.parsed_endpoints) + (SELECT count(*) FROM temp.parsed_providers) - coalesce(sum(raw_rows), 0) AS unaccounted_rows,
    count(*) FILTER (WHERE subject = 'endpoint' AND row_number > 0 AND staged_prices + other_rows <> raw_rows) AS miscounted_rows,
    count(*) FILTER (WHERE status = 'quarantined') AS quarantined_statements
FROM temp.candidate
