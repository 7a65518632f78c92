-- One line a published claim: does it come out, and does that depend on the definition?
SELECT
    claims.claim_id,
    claims.statement_en,
    claims.source_name,
    claims.published_on,
    claims.expected,
    claims.unit,
    CASE
        WHEN count(verdicts.difference) = 0 THEN 'not_recomputable'
        -- a price source that did not see the day disagrees with nobody
        WHEN bool_and(verdicts.verdict = 'reproduced' OR verdicts.price_source IS NOT NULL AND verdicts.verdict = 'not_recomputable') THEN 'reproduced'
        WHEN bool_or(verdicts.verdict = 'reproduced') THEN 'depends_on_definition'
        WHEN bool_or(verdicts.verdict = 'near') THEN 'near'
        ELSE 'contradicted'
    END AS verdict,
    string_agg(DISTINCT coalesce(verdicts.population, verdicts.price_source), ', ' ORDER BY coalesce(verdicts.population, verdicts.price_source))
        FILTER (WHERE verdicts.verdict = 'reproduced') AS reproduced_under,
    min_by(verdicts.value, abs(verdicts.difference)) AS closest_value,
    min_by(verdicts.value_week, abs(verdicts.difference)) AS closest_week,
    min_by(verdicts.difference, abs(verdicts.difference)) AS closest_difference,
    claims.not_recomputable
FROM claims.claims AS claims
LEFT JOIN claims.verdicts AS verdicts ON verdicts.claim_id = claims.claim_id
GROUP BY ALL
ORDER BY claims.claim_id
