-- Every row of every day that was staged: each snapshot's statement of a day is a vintage of its own.
SELECT
    days.date,
    rows.model_permaslug,
    days.as_of_utc,
    days.week_start,
    CASE WHEN rows.model_permaslug = 'other' THEN 'other' ELSE 'model' END AS row_kind,
    CAST(rows.tokens_text AS BIGINT) AS tokens,
    days.snapshot_id
FROM temp.parsed_rows AS rows
INNER JOIN staging.snapshot_days AS days
    ON days.snapshot_id = rows.snapshot_id AND days.date = try_cast(rows.date_text AS DATE)
WHERE days.status = 'staged'
