-- Over parsed_rows, what the parsers read, so that not even the accounting can lose a row.
SELECT
    (SELECT count(*) FROM temp.parsed_rows) - coalesce(sum(raw_rows), 0) AS unaccounted_rows,
    count(*) FILTER (WHERE status = 'quarantined') AS quarantined_days
FROM temp.candidate
