SELECT
    count(*) FILTER (WHERE isodow(week_start) <> 1) AS weeks_off_monday,
    count(*) FILTER (
        WHERE days_observed + CASE WHEN missing_days IS NULL THEN 0 ELSE len(string_split(missing_days, ', ')) END <> 7
    ) AS miscounted_weeks
FROM temp.candidate
