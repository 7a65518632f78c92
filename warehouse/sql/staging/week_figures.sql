-- One hash a week: it changes where another snapshot's statement of a day counts, and with nothing else. A repetition
-- of the same figures counts, too: rows name the snapshot they come from, and must not depend on when they were built.
SELECT week_start, md5(string_agg(date || ' ' || snapshot_id || ' ' || figures_hash, ',' ORDER BY date)) AS figures_hash
FROM staging.newest_vintages
GROUP BY week_start
