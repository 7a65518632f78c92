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
-- who is ahead of whom; a tie keeps the leader, so a week without one changes nothing and is left out
ahead AS (
    SELECT
        leaders.entity_kind,
        leaders.population,
        leaders.policy,
        leaders.knowledge,
        leaders.week_start,
        least(leaders.entity, entities.entity) AS one,
        greatest(leaders.entity, entities.entity) AS two,
        leaders.entity AS leader,
        leaders.tokens AS leader_tokens,
        coalesce(others.tokens, 0) AS overtaken_tokens
    FROM known_weeks AS leaders
    INNER JOIN entities
        ON entities.entity_kind = leaders.entity_kind AND entities.population = leaders.population
        AND entities.policy = leaders.policy AND entities.knowledge = leaders.knowledge AND entities.entity <> leaders.entity
    LEFT JOIN known_weeks AS others
        ON others.entity_kind = entities.entity_kind AND others.population = entities.population AND others.policy = entities.policy
        AND others.knowledge = entities.knowledge AND others.entity = entities.entity AND others.week_start = leaders.week_start
    WHERE leaders.tokens > coalesce(others.tokens, 0)
),
changes AS (
    SELECT
        *,
        lag(leader) OVER (PARTITION BY entity_kind, population, policy, knowledge, one, two ORDER BY week_start) AS leader_before
    FROM ahead
    QUALIFY leader IS DISTINCT FROM leader_before
),
compared AS (
    SELECT
        *,
        min(week_start) OVER (PARTITION BY entity_kind, population, policy, knowledge, one, two, leader) AS first_week_ahead
    FROM changes
)
SELECT
    compared.week_start,
    compared.entity_kind,
    compared.leader,
    compared.leader_before AS overtaken,
    compared.population,
    compared.policy,
    compared.knowledge,
    compared.leader_tokens,
    compared.overtaken_tokens,
    compared.leader_tokens - compared.overtaken_tokens > weeks.undecided_tokens AS is_certain,
    compared.week_start = compared.first_week_ahead AS is_first,
    weeks.is_complete_week
FROM compared
INNER JOIN definition_weeks AS weeks
    ON weeks.entity_kind = compared.entity_kind AND weeks.population = compared.population AND weeks.policy = compared.policy
    AND weeks.knowledge = compared.knowledge AND weeks.week_start = compared.week_start
WHERE compared.leader_before IS NOT NULL
