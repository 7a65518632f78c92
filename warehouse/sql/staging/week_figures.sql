-- One hash a week: it changes where another snapshot's statement of a day counts, and with nothing else. A repetition
-- of the same figures counts, too: rows name the snapshot they come from, and must not depend on when they were built.
-- So does a newest statement that cannot be used: until it is mended, or held back, the week is out of date.
WITH newest_statements AS (
    SELECT date, week_start, snapshot_id, status
    FROM staging.snapshot_days
    WHERE status <> 'unfinished'
    QUALIFY row_number() OVER (PARTITION BY date ORDER BY as_of_utc DESC, status DESC, snapshot_id DESC) = 1
),
statements AS (
    SELECT week_start, date || ' ' || snapshot_id || ' ' || figures_hash AS said
    FROM staging.newest_vintages
    UNION ALL
    SELECT week_start, date || ' ' || snapshot_id || ' cannot be used' AS said
    FROM newest_statements
    WHERE status = 'quarantined'
)
SELECT week_start, md5(string_agg(said, ',' ORDER BY said)) AS figures_hash
FROM statements
WHERE week_start IN (SELECT week_start FROM staging.newest_vintages)
GROUP BY week_start
