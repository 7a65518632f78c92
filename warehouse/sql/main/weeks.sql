SELECT
    weeks.week_start,
    weeks.days_observed,
    weeks.missing_days,
    weeks.is_complete_week,
    held_back.week_start IS NOT NULL AS is_held_back,
    held_back.reason AS hold_back_reason
FROM weekly.weeks AS weeks
LEFT JOIN main.held_back_weeks AS held_back ON held_back.week_start = weeks.week_start
ORDER BY weeks.week_start
