WITH verdicts AS (
    SELECT
        verdicts.claim_id,
        bool_or(verdicts.verdict = 'reproduced') AS is_reproduced,
        count(verdicts.difference) > 0 AS is_recomputed,
        any_value(claims.metric) AS metric,
        any_value(claims.comparison) AS comparison,
        max(verdicts.allowed_difference) AS allowed_difference
    FROM claims.verdicts AS verdicts
    INNER JOIN claims.claims AS claims ON claims.claim_id = verdicts.claim_id
    GROUP BY verdicts.claim_id
)
SELECT
    count(DISTINCT candidate.claim_id) FILTER (WHERE verdicts.is_reproduced) AS claims_without_need,
    count(DISTINCT verdicts.claim_id) FILTER (
        WHERE candidate.claim_id IS NULL AND verdicts.is_recomputed AND NOT verdicts.is_reproduced
        AND verdicts.metric IN ('tokens', 'share', 'ratio', 'change', 'top_n_count', 'top_n_share')
    ) AS claims_not_tried,
    count(*) FILTER (
        WHERE candidate.is_match AND CASE verdicts.comparison
            WHEN 'at_least' THEN -candidate.difference
            WHEN 'more_than' THEN -candidate.difference
            WHEN 'at_most' THEN candidate.difference
            ELSE abs(candidate.difference)
        END > verdicts.allowed_difference * 1.000001
    ) AS unjust_matches
FROM verdicts
LEFT JOIN temp.candidate ON candidate.claim_id = verdicts.claim_id
