SELECT week_start, days_observed FROM weekly.weeks ORDER BY week_start
