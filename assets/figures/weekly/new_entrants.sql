SELECT week_start, count(*) AS new_models FROM weekly.new_entrants GROUP BY week_start ORDER BY week_start
