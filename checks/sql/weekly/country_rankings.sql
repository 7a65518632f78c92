WITH weeks AS (
    SELECT DISTINCT week_start FROM weekly.country_tokens
),
first_two AS (
    SELECT
        week_start,
        population,
        policy,
        knowledge,
        max(country_code) FILTER (WHERE rank = 1) AS leader,
        max(tokens) FILTER (WHERE rank = 1) AS leader_tokens,
        max(country_code) FILTER (WHERE rank = 2) AS runner_up,
        max(tokens) FILTER (WHERE rank = 2) AS runner_up_tokens
    FROM weekly.country_tokens
    GROUP BY week_start, population, policy, knowledge
),
merged_models AS (
    SELECT week_start, split_part(model_permaslug, ':', 1) AS base_permaslug, sum(tokens) AS tokens
    FROM weekly.model_tokens
    WHERE row_kind = 'model'
    GROUP BY week_start, split_part(model_permaslug, ':', 1)
    QUALIFY row_number() OVER (PARTITION BY week_start ORDER BY sum(tokens) DESC, split_part(model_permaslug, ':', 1)) <= 9
),
merged AS (
    SELECT week_start, sum(tokens) AS tokens FROM merged_models GROUP BY week_start
)
SELECT
    16 * (SELECT count(*) FROM weeks) - count(candidate.week_start) AS missing_rankings,
    count(*) FILTER (
        WHERE candidate.population <> 'top_9_variants_merged'
        AND (
            candidate.leader IS DISTINCT FROM first_two.leader
            OR candidate.leader_tokens <> coalesce(first_two.leader_tokens, 0)
            OR candidate.runner_up IS DISTINCT FROM first_two.runner_up
            OR candidate.runner_up_tokens <> coalesce(first_two.runner_up_tokens, 0)
        )
    ) AS wrong_places,
    coalesce(sum(abs(candidate.population_tokens - merged.tokens)) FILTER (WHERE candidate.population = 'top_9_variants_merged'), 0) AS lost_tokens,
    count(*) FILTER (
        WHERE candidate.margin_tokens <> candidate.leader_tokens - candidate.runner_up_tokens
        OR candidate.is_certain <> (candidate.margin_tokens > candidate.undecided_tokens)
        OR candidate.leader_tokens + candidate.runner_up_tokens + candidate.undecided_tokens > candidate.population_tokens
    ) AS wrong_margins
FROM (SELECT 1 AS one) AS always
LEFT JOIN temp.candidate ON TRUE
LEFT JOIN first_two
    ON first_two.week_start = candidate.week_start AND first_two.population = candidate.population
    AND first_two.policy = candidate.policy AND first_two.knowledge = candidate.knowledge
LEFT JOIN merged ON merged.week_start = candidate.week_start
