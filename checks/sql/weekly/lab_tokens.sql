WITH weeks AS (
    SELECT
        week_start,
        sum(tokens) AS platform_tokens,
        sum(CASE WHEN row_kind = 'model' THEN tokens ELSE 0 END) AS ranked_tokens,
        sum(CASE WHEN is_top_9 THEN tokens ELSE 0 END) AS top_9_tokens
    FROM weekly.model_tokens
    WHERE week_start IN (SELECT week_start FROM temp.weeks_at_hand)
    GROUP BY week_start
),
definitions AS (
    SELECT
        week_start,
        population,
        policy,
        knowledge,
        sum(tokens) AS tokens,
        max(population_tokens) AS population_tokens,
        abs(count(*) FILTER (WHERE lab <> 'unknown') - coalesce(max(rank), 0)) AS gaps_in_ranks,
        count(*) FILTER (WHERE NOT (0 <= share_low AND share_low <= share AND share <= share_high AND share_high <= 1)) AS bounds_out_of_order
    FROM temp.candidate
    GROUP BY week_start, population, policy, knowledge
),
by_lab AS (
    SELECT week_start, lab, sum(tokens) AS tokens
    FROM attribution.model_day_tokens
    WHERE row_kind = 'model' AND week_start IN (SELECT week_start FROM temp.weeks_at_hand)
    GROUP BY week_start, lab
),
misattributed AS (
    SELECT week_start, sum(abs(coalesce(by_lab.tokens, 0) - coalesce(headline.tokens, 0))) AS tokens
    FROM by_lab
    FULL JOIN (
        SELECT week_start, lab, tokens
        FROM temp.candidate
        WHERE population = 'ranked' AND policy = 'lab_home' AND knowledge = 'as_known_now'
    ) AS headline USING (week_start, lab)
    GROUP BY week_start
)
SELECT
    weeks.week_start,
    coalesce(max(misattributed.tokens), 0) AS misattributed_tokens,
    count(definitions.population) AS definitions,
    coalesce(sum(definitions.gaps_in_ranks), 0) AS gaps_in_ranks,
    coalesce(sum(definitions.bounds_out_of_order), 0) AS bounds_out_of_order,
    coalesce(sum(
        abs(
            definitions.tokens
            - CASE definitions.population WHEN 'top_9' THEN weeks.top_9_tokens ELSE weeks.ranked_tokens END
        )
        + abs(
            definitions.population_tokens
            - CASE definitions.population
                WHEN 'top_9' THEN weeks.top_9_tokens
                WHEN 'ranked' THEN weeks.ranked_tokens
                ELSE weeks.platform_tokens
            END
        )
    ), 0) AS lost_tokens
FROM weeks
LEFT JOIN definitions ON definitions.week_start = weeks.week_start
LEFT JOIN misattributed ON misattributed.week_start = weeks.week_start
GROUP BY weeks.week_start
