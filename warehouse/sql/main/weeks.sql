SELECT
    coalesce(weeks.week_start, held_back.week_start) AS week_start,
    coalesce(weeks.days_observed, 0) AS days_observed,
    weeks.missing_days,
    coalesce(weeks.is_complete_week, FALSE) AS is_complete_week,
    1 - coalesce(unknown.share, 0) AS attributed_share,
    held_back.week_start IS NOT NULL AS is_held_back,
    held_back.reason AS hold_back_reason
FROM weekly.weeks AS weeks
FULL JOIN main.held_back_weeks AS held_back ON held_back.week_start = weeks.week_start
LEFT JOIN weekly.country_tokens AS unknown
    ON unknown.week_start = weeks.week_start AND unknown.population = 'ranked' AND unknown.policy = 'lab_home'
    AND unknown.knowledge = 'as_known_now' AND unknown.country_code = 'ZZ'
ORDER BY 1
