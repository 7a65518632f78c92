-- One hash a week: it changes with any figure of any day that counts, and with nothing else.
SELECT week_start, md5(string_agg(date || ' ' || figures_hash, ',' ORDER BY date)) AS figures_hash
FROM staging.newest_vintages
GROUP BY week_start
