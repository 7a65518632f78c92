-- Which days of each week are there, and which are known to be missing.
WITH observed AS (
    SELECT week_start, date, max(as_of_utc) AS as_of_utc
    FROM staging.model_day_tokens
    GROUP BY week_start, date
),
calendar AS (
    SELECT weeks.week_start, CAST(weeks.week_start + days.day AS DATE) AS date
    FROM (SELECT DISTINCT week_start FROM observed) AS weeks
    CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6)) AS days (day)
)
SELECT
    calendar.week_start,
    CAST(calendar.week_start + 6 AS DATE) AS week_end,
    CAST(count(observed.date) AS INTEGER) AS days_observed,
    string_agg(CAST(calendar.date AS VARCHAR), ', ' ORDER BY calendar.date) FILTER (WHERE observed.date IS NULL) AS missing_days,
    count(observed.date) = 7 AS is_complete_week,
    max(observed.as_of_utc) AS newest_as_of_utc
FROM calendar
LEFT JOIN observed ON observed.week_start = calendar.week_start AND observed.date = calendar.date
GROUP BY calendar.week_start
