WITH newest_statements AS (
    SELECT date, week_start, status, raw_tokens
    FROM staging.snapshot_days
    WHERE status <> 'unfinished' AND week_start IN (SELECT week_start FROM temp.weeks_at_hand)
    QUALIFY row_number() OVER (PARTITION BY date ORDER BY as_of_utc DESC, status DESC, snapshot_id DESC) = 1
),
statements AS (
    SELECT
        week_start,
        count(*) FILTER (WHERE status = 'quarantined') AS days_with_bad_newest_vintage
    FROM newest_statements
    GROUP BY week_start
),
days AS (
    SELECT
        week_start,
        date,
        count(*) FILTER (WHERE row_kind = 'model') AS named_rows,
        count(*) FILTER (WHERE row_kind = 'other') AS other_rows,
        count(*) FILTER (WHERE tokens < 0) AS negative_rows,
        CASE WHEN date BETWEEN week_start AND week_start + 6 THEN 0 ELSE 1 END AS is_outside,
        sum(tokens) AS tokens
    FROM temp.candidate
    GROUP BY week_start, date
),
staged_tokens AS (
    SELECT days.date, max(raw.raw_tokens) AS raw_tokens
    FROM temp.candidate AS days
    INNER JOIN staging.snapshot_days AS raw ON raw.snapshot_id = days.snapshot_id AND raw.date = days.date
    GROUP BY days.date
)
SELECT
    statements.week_start,
    max(statements.days_with_bad_newest_vintage) AS days_with_bad_newest_vintage,
    min(days.named_rows) AS fewest_named_rows,
    max(days.named_rows) AS most_named_rows,
    count(days.date) FILTER (WHERE days.other_rows = 0) AS days_without_other,
    coalesce(sum(days.negative_rows), 0) AS negative_rows,
    coalesce(sum(staged_tokens.raw_tokens), 0) - coalesce(sum(days.tokens), 0) AS lost_tokens,
    coalesce(sum(days.is_outside), 0) AS days_outside_week,
    count(days.date) AS days_observed
FROM statements
LEFT JOIN days ON days.week_start = statements.week_start
LEFT JOIN staged_tokens ON staged_tokens.date = days.date
GROUP BY statements.week_start
