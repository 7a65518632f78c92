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
),
kept AS (
    -- against whatever counted in the last seven days: what shrinks at once stays out, though the source repeat it,
    -- until it has stood by it for a week
    SELECT newest.week_start, min(newest.raw_tokens / nullif(restatements.tokens_before, 0)) AS least_tokens_kept
    FROM staging.newest_vintages AS newest
    INNER JOIN staging.day_restatements AS restatements
        ON restatements.date = newest.date
        AND restatements.later_as_of_utc > newest.as_of_utc - INTERVAL 7 DAYS
    GROUP BY newest.week_start
),
last_restatements AS (
    SELECT week_start, abs(tokens_after / nullif(tokens_before, 0) - 1) AS relative_change
    FROM staging.day_restatements
    QUALIFY row_number() OVER (PARTITION BY date ORDER BY later_as_of_utc DESC) = 1
),
moved AS (
    SELECT week_start, max(relative_change) AS largest_restatement FROM last_restatements GROUP BY week_start
)
SELECT
    statements.week_start,
    max(statements.days_with_bad_newest_vintage) AS days_with_bad_newest_vintage,
    coalesce(min(days.named_rows), 0) AS fewest_named_rows,
    coalesce(max(days.named_rows), 0) AS most_named_rows,
    count(days.date) FILTER (WHERE days.other_rows = 0) AS days_without_other,
    coalesce(sum(days.negative_rows), 0) AS negative_rows,
    coalesce(max(raw_weeks.raw_tokens), 0) - coalesce(sum(days.tokens), 0) AS lost_tokens,
    coalesce(max(kept.least_tokens_kept), 1) AS least_tokens_kept,
    coalesce(max(moved.largest_restatement), 0) AS largest_restatement,
    coalesce(sum(days.is_outside), 0) AS days_outside_week,
    count(days.date) AS days_observed
FROM statements
LEFT JOIN days ON days.week_start = statements.week_start
LEFT JOIN raw_weeks ON raw_weeks.week_start = statements.week_start
LEFT JOIN kept ON kept.week_start = statements.week_start
LEFT JOIN moved ON moved.week_start = statements.week_start
GROUP BY statements.week_start
