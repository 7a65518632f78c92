-- What would make a claim true that no definition reproduces? Every small change that was tried, whether it does or not:
-- one lab or model counted otherwise, the span moved by up to a week, variants merged. Under lab_home and as_known_now.
WITH open_claims AS (
    SELECT
        claims.claim_id,
        claims.metric,
        claims.comparison,
        -- `other` is no country's, lab's or model's: over platform their sums are those over ranked, and one change is one trial
        claims.metric IN ('tokens', 'ratio', 'change') AND claims.subject_kind <> 'all' AS is_platform_as_ranked,
        CASE claims.unit WHEN 'trillion tokens' THEN 1000000000000 WHEN '%' THEN 0.01 ELSE 1 END AS unit_size,
        CAST(claims.expected AS DOUBLE) AS expected_value,
        judged.allowed_difference
    FROM claims.claims AS claims
    INNER JOIN (
        SELECT claim_id, max(allowed_difference) AS allowed_difference
        FROM claims.verdicts
        GROUP BY claim_id
        HAVING count(difference) > 0 AND NOT bool_or(verdict = 'reproduced')
    ) AS judged ON judged.claim_id = claims.claim_id
    WHERE claims.metric IN ('tokens', 'share', 'ratio', 'change', 'top_n_count', 'top_n_share')
),
members AS MATERIALIZED (
    SELECT members.*, ends_with(members.population, '_variants_merged') AS is_merged
    FROM claims.members AS members
    INNER JOIN open_claims ON open_claims.claim_id = members.claim_id
    WHERE
        members.policy = 'lab_home' AND members.knowledge = 'as_known_now'
        AND NOT (open_claims.is_platform_as_ranked AND members.population = 'platform')
),
sums AS (
    SELECT
        claim_id,
        population,
        is_merged,
        shift_days,
        sum(tokens) FILTER (WHERE role = 'span') AS population_tokens,
        coalesce(sum(tokens) FILTER (WHERE role = 'span' AND side = 'subject'), 0) AS subject_tokens,
        coalesce(sum(tokens) FILTER (WHERE role = 'span' AND side = 'against'), 0) AS against_tokens,
        coalesce(sum(tokens) FILTER (WHERE role = 'baseline' AND side = 'subject'), 0) AS baseline_tokens,
        count(DISTINCT model_permaslug) FILTER (WHERE role = 'span' AND side = 'subject') AS subject_models
    FROM members
    GROUP BY claim_id, population, is_merged, shift_days
),
-- one lab, or one model, of a population: what it has on either side, and on none. A lab's only model stands for it
units AS (
    SELECT
        members.claim_id,
        members.population,
        kinds.unit_kind,
        CASE kinds.unit_kind WHEN 'lab' THEN members.lab ELSE members.model_permaslug END AS unit,
        coalesce(sum(members.tokens) FILTER (WHERE members.role = 'span' AND members.side = 'subject'), 0) AS subject_tokens,
        coalesce(sum(members.tokens) FILTER (WHERE members.role = 'span' AND members.side = 'against'), 0) AS against_tokens,
        coalesce(sum(members.tokens) FILTER (WHERE members.role = 'span' AND members.side IS NULL), 0) AS other_tokens,
        coalesce(sum(members.tokens) FILTER (WHERE members.role = 'baseline' AND members.side = 'subject'), 0) AS baseline_subject_tokens,
        coalesce(sum(members.tokens) FILTER (WHERE members.role = 'baseline' AND members.side IS NULL), 0) AS baseline_other_tokens,
        count(DISTINCT members.model_permaslug) FILTER (WHERE members.role = 'span' AND members.side = 'subject') AS subject_models,
        count(DISTINCT members.model_permaslug) FILTER (WHERE members.role = 'span' AND members.side IS NULL) AS other_models
    FROM members
    CROSS JOIN (VALUES ('lab'), ('model')) AS kinds (unit_kind)
    WHERE members.shift_days = 0 AND NOT members.is_merged AND members.row_kind = 'model'
    GROUP BY members.claim_id, members.population, kinds.unit_kind, unit
    HAVING kinds.unit_kind = 'model' OR count(DISTINCT members.model_permaslug) > 1
),
-- each change as the sums that it leaves
changed AS (
    SELECT
        units.claim_id,
        units.population,
        changes.change_kind || '_' || units.unit_kind AS change_kind,
        changes.side,
        units.unit AS changed,
        CASE
            WHEN changes.change_kind = 'count' THEN units.other_tokens
            WHEN changes.side = 'subject' THEN units.subject_tokens
            ELSE units.against_tokens
        END AS tokens,
        sums.population_tokens,
        sums.subject_tokens
        + CASE WHEN changes.side <> 'subject' THEN 0 WHEN changes.change_kind = 'count' THEN units.other_tokens ELSE -units.subject_tokens END AS subject_tokens,
        sums.against_tokens
        + CASE WHEN changes.side <> 'against' THEN 0 WHEN changes.change_kind = 'count' THEN units.other_tokens ELSE -units.against_tokens END AS against_tokens,
        sums.baseline_tokens
        + CASE WHEN changes.side <> 'subject' THEN 0 WHEN changes.change_kind = 'count' THEN units.baseline_other_tokens ELSE -units.baseline_subject_tokens END
            AS baseline_tokens,
        sums.subject_models
        + CASE WHEN changes.side <> 'subject' THEN 0 WHEN changes.change_kind = 'count' THEN units.other_models ELSE -units.subject_models END AS subject_models
    FROM units
    INNER JOIN sums ON sums.claim_id = units.claim_id AND sums.population = units.population AND sums.shift_days = 0
    INNER JOIN open_claims ON open_claims.claim_id = units.claim_id
    INNER JOIN (
        VALUES ('leave_out', 'subject'), ('count', 'subject'), ('leave_out', 'against'), ('count', 'against')
    ) AS changes (change_kind, side)
        ON (changes.side = 'subject' OR open_claims.metric = 'ratio')
        -- only what changes something, and leaves something
        AND CASE
            WHEN changes.change_kind = 'count' THEN units.other_tokens + units.baseline_other_tokens > 0
            WHEN changes.side = 'subject'
                THEN units.subject_tokens + units.baseline_subject_tokens > 0 AND sums.subject_tokens > units.subject_tokens
            ELSE units.against_tokens > 0 AND sums.against_tokens > units.against_tokens
        END
    UNION ALL
    SELECT
        claim_id,
        population,
        CASE WHEN is_merged THEN 'merge_variants' ELSE 'move_span' END AS change_kind,
        CAST(NULL AS VARCHAR) AS side,
        CASE WHEN is_merged THEN 'variants' ELSE format('{:+d} days', shift_days) END AS changed,
        CAST(NULL AS BIGINT) AS tokens,
        population_tokens,
        subject_tokens,
        against_tokens,
        baseline_tokens,
        subject_models
    FROM sums
    WHERE is_merged AND shift_days = 0 OR NOT is_merged AND shift_days <> 0
),
recomputed AS (
    SELECT
        changed.claim_id,
        changed.population,
        changed.change_kind,
        changed.side,
        changed.changed,
        CAST(changed.tokens AS BIGINT) AS tokens,
        CASE open_claims.metric
            WHEN 'tokens' THEN changed.subject_tokens / open_claims.unit_size
            WHEN 'ratio' THEN changed.subject_tokens / nullif(changed.against_tokens, 0)
            WHEN 'change' THEN (changed.subject_tokens / nullif(changed.baseline_tokens, 0) - 1) / open_claims.unit_size
            WHEN 'top_n_count' THEN changed.subject_models
            ELSE changed.subject_tokens / changed.population_tokens / open_claims.unit_size
        END AS value,
        open_claims.expected_value,
        open_claims.comparison,
        open_claims.allowed_difference
    FROM changed
    INNER JOIN open_claims ON open_claims.claim_id = changed.claim_id
)
SELECT
    claim_id,
    population,
    change_kind,
    side,
    changed,
    tokens,
    value,
    value - expected_value AS difference,
    coalesce(
        CASE comparison
            WHEN 'at_least' THEN value - expected_value >= -allowed_difference
            WHEN 'more_than' THEN value > expected_value
            WHEN 'at_most' THEN value - expected_value <= allowed_difference
            ELSE abs(value - expected_value) <= allowed_difference * 1.000000001
        END,
        FALSE
    ) AS is_match
FROM recomputed
