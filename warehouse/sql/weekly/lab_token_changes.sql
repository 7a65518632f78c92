-- Change on 1, 2 and 4 weeks before; the frames reach exactly that week, so a week that is not there leaves NULL.
SELECT
    week_start,
    population,
    policy,
    knowledge,
    lab,
    tokens,
    CASE WHEN is_complete_week THEN tokens / nullif(max(CASE WHEN is_complete_week THEN tokens END) OVER one_week_before, 0) - 1 END AS tokens_change_1w,
    CASE WHEN is_complete_week THEN tokens / nullif(max(CASE WHEN is_complete_week THEN tokens END) OVER two_weeks_before, 0) - 1 END AS tokens_change_2w,
    CASE WHEN is_complete_week THEN tokens / nullif(max(CASE WHEN is_complete_week THEN tokens END) OVER four_weeks_before, 0) - 1 END AS tokens_change_4w
FROM weekly.lab_tokens
WINDOW
    one_week_before AS (PARTITION BY population, policy, knowledge, lab ORDER BY week_start RANGE BETWEEN INTERVAL 7 DAYS PRECEDING AND INTERVAL 7 DAYS PRECEDING),
    two_weeks_before AS (PARTITION BY population, policy, knowledge, lab ORDER BY week_start RANGE BETWEEN INTERVAL 14 DAYS PRECEDING AND INTERVAL 14 DAYS PRECEDING),
    four_weeks_before AS (PARTITION BY population, policy, knowledge, lab ORDER BY week_start RANGE BETWEEN INTERVAL 28 DAYS PRECEDING AND INTERVAL 28 DAYS PRECEDING)
