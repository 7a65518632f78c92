-- A lab's week under every definition, with the bounds that the unknown (and `other`, on platform) leave open.
WITH totals AS (
    SELECT
        week_start,
        population,
        policy,
        knowledge,
        lab,
        try_cast(sum(tokens) AS BIGINT) AS tokens,
        max(days_observed) AS days_observed
    FROM weekly.attributed_tokens
    WHERE week_start IN (SELECT week_start FROM temp.weeks_at_hand) AND population <> 'top_9_variants_merged'
    GROUP BY week_start, population, policy, knowledge, lab
),
bounded AS (
    SELECT
        *,
        try_cast(sum(tokens) OVER definition AS BIGINT) AS population_tokens,
        sum(CASE WHEN coalesce(lab, 'unknown') = 'unknown' THEN tokens ELSE 0 END) OVER definition AS undecided_tokens
    FROM totals
    WINDOW definition AS (PARTITION BY week_start, population, policy, knowledge)
)
SELECT
    week_start,
    population,
    policy,
    knowledge,
    lab,
    tokens,
    population_tokens,
    tokens / population_tokens AS share,
    tokens / population_tokens AS share_low,
    CASE WHEN lab = 'unknown' THEN undecided_tokens ELSE tokens + undecided_tokens END / population_tokens AS share_high,
    CASE WHEN lab <> 'unknown' THEN CAST(
        row_number() OVER (
            PARTITION BY week_start, population, policy, knowledge, lab = 'unknown' ORDER BY tokens DESC, lab
        ) AS INTEGER
    ) END AS rank,
    days_observed,
    days_observed = 7 AS is_complete_week
FROM bounded
WHERE lab IS NOT NULL
