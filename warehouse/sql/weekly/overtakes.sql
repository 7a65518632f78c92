-- The weeks in which the leader of a pair changes, over all weeks there are.
WITH entity_weeks AS (
    SELECT
        'country' AS entity_kind, week_start, population, policy, knowledge, country_code AS entity, tokens, population_tokens, is_complete_week,
        country_code <> 'ZZ' AS is_known
    FROM weekly.country_tokens
    UNION ALL
    SELECT
        'lab' AS entity_kind, week_start, population, policy, knowledge, lab AS entity, tokens, population_tokens, is_complete_week,
        lab <> 'unknown' AS is_known
    FROM weekly.lab_tokens
),
known_weeks AS (
    SELECT * FROM entity_weeks WHERE is_known
),
definition_weeks AS (
    SELECT
        entity_kind,
        population,
        policy,
        knowledge,
        week_start,
        bool_and(is_complete_week) AS is_complete_week,
        CAST(max(population_tokens) - sum(CASE WHEN is_known THEN tokens ELSE 0 END) AS BIGINT) AS undecided_tokens
    FROM entity_weeks
    GROUP BY entity_kind, population, policy, knowledge, week_start
),
entities AS (
    SELECT DISTINCT entity_kind, population, policy, knowledge, entity FROM known_weeks
),
pairs AS (
    SELECT a.entity_kind, a.population, a.policy, a.knowledge, a.entity AS one, b.entity AS two
    FROM entities AS a
    INNER JOIN entities AS b
        ON a.entity_kind = b.entity_kind AND a.population = b.population AND a.policy = b.policy
        AND a.knowledge = b.knowledge AND a.entity < b.entity
),
pair_weeks AS (
    SELECT
        pairs.*,
        weeks.week_start,
        weeks.is_complete_week,
        weeks.undecided_tokens,
        coalesce(ones.tokens, 0) AS one_tokens,
        coalesce(twos.tokens, 0) AS two_tokens
    FROM pairs
    INNER JOIN definition_weeks AS weeks
        ON weeks.entity_kind = pairs.entity_kind AND weeks.population = pairs.population
        AND weeks.policy = pairs.policy AND weeks.knowledge = pairs.knowledge
    LEFT JOIN known_weeks AS ones
        ON ones.entity_kind = pairs.entity_kind AND ones.population = pairs.population AND ones.policy = pairs.policy
        AND ones.knowledge = pairs.knowledge AND ones.week_start = weeks.week_start AND ones.entity = pairs.one
    LEFT JOIN known_weeks AS twos
        ON twos.entity_kind = pairs.entity_kind AND twos.population = pairs.population AND twos.policy = pairs.policy
        AND twos.knowledge = pairs.knowledge AND twos.week_start = weeks.week_start AND twos.entity = pairs.two
),
led AS (
    SELECT
        *,
        last_value(CASE WHEN one_tokens > two_tokens THEN one WHEN two_tokens > one_tokens THEN two END IGNORE NULLS) OVER (
            PARTITION BY entity_kind, population, policy, knowledge, one, two
            ORDER BY week_start
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS leader
    FROM pair_weeks
),
compared AS (
    SELECT
        *,
        lag(leader) OVER (PARTITION BY entity_kind, population, policy, knowledge, one, two ORDER BY week_start) AS leader_before,
        min(week_start) OVER (PARTITION BY entity_kind, population, policy, knowledge, one, two, leader) AS first_week_ahead
    FROM led
)
SELECT
    week_start,
    entity_kind,
    leader,
    leader_before AS overtaken,
    population,
    policy,
    knowledge,
    CASE WHEN leader = one THEN one_tokens ELSE two_tokens END AS leader_tokens,
    CASE WHEN leader = one THEN two_tokens ELSE one_tokens END AS overtaken_tokens,
    abs(one_tokens - two_tokens) > undecided_tokens AS is_certain,
    week_start = first_week_ahead AS is_first,
    is_complete_week
FROM compared
WHERE leader <> leader_before
