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
raw_weeks AS (
    SELECT week_start, sum(raw_tokens) AS raw_tokens
    FROM staging.newest_vintages
    WHERE week_start IN (SELECT week_start FROM temp.weeks_at_hand)
    GROUP BY week_start
)
SELECT
    statements.week_start,
    max(statements.days_with_bad_newest_vintage) AS days_with_bad_newest_vintage,
    coalesce(min(days.named_rows), 0) AS fewest_named_rows,
    coalesce(max(days.named_rows), 0) AS most_named_rows,
    count(days.date) FILTER (WHERE days.other_rows = 0) AS days_without_other,
    coalesce(sum(days.negative_rows), 0) AS negative_rows,
    coalesce(max(raw_weeks.raw_tokens), 0) - coalesce(sum(days.tokens), 0) AS lost_tokens,
    coalesce(sum(days.is_outside), 0) AS days_outside_week,
    count(days.date) AS days_observed
FROM statements
LEFT JOIN days ON days.week_start = statements.week_start
LEFT JOIN raw_weeks ON raw_weeks.week_start = statements.week_start
GROUP BY statements.week_start
