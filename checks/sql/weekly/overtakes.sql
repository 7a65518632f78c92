WITH ordered AS (
    SELECT
        *,
        lag(leader) OVER (
            PARTITION BY entity_kind, population, policy, knowledge, least(leader, overtaken), greatest(leader, overtaken)
            ORDER BY week_start
        ) AS leader_before
    FROM temp.candidate
)
SELECT
    count(*) FILTER (WHERE leader_tokens <= overtaken_tokens) AS not_ahead,
    count(*) FILTER (WHERE leader_before = leader) AS not_alternating,
    count(*) FILTER (WHERE leader IN ('ZZ', 'unknown') OR overtaken IN ('ZZ', 'unknown')) AS unknown_leaders
FROM ordered
