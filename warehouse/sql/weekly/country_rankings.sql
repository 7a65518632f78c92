-- Who leads, by how much, and whether it is certain, under every definition.
WITH placed AS (
    SELECT
        *,
        -- the unknown are numbered apart, and no place is read from theirs
        CASE WHEN country_code <> 'ZZ' THEN row_number() OVER (
            PARTITION BY week_start, population, policy, knowledge, country_code = 'ZZ' ORDER BY tokens DESC, country_code
        ) END AS place
    FROM weekly.compared_country_tokens
),
rankings AS (
    SELECT
        week_start,
        population,
        policy,
        knowledge,
        string_agg(country_code, ' > ' ORDER BY place) FILTER (WHERE place IS NOT NULL AND tokens / population_tokens >= 0.01) AS ranking,
        max(country_code) FILTER (WHERE place = 1) AS leader,
        coalesce(max(tokens) FILTER (WHERE place = 1), 0) AS leader_tokens,
        max(country_code) FILTER (WHERE place = 2) AS runner_up,
        coalesce(max(tokens) FILTER (WHERE place = 2), 0) AS runner_up_tokens,
        try_cast(max(population_tokens) - coalesce(sum(tokens) FILTER (WHERE place IS NOT NULL), 0) AS BIGINT) AS undecided_tokens,
        max(population_tokens) AS population_tokens,
        bool_and(is_complete_week) AS is_complete_week
    FROM placed
    GROUP BY week_start, population, policy, knowledge
)
SELECT
    week_start,
    population,
    policy,
    knowledge,
    ranking,
    leader,
    leader_tokens,
    runner_up,
    runner_up_tokens,
    leader_tokens - runner_up_tokens AS margin_tokens,
    undecided_tokens,
    population_tokens,
    -- whoever else had the undecided tokens would have fewer than the runner-up with them
    leader_tokens - runner_up_tokens > undecided_tokens AS is_certain,
    is_complete_week
FROM rankings
