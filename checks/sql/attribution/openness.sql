SELECT
    (
        SELECT count(DISTINCT split_part(model_permaslug, ':', 1))
        FROM attribution.models
        WHERE split_part(model_permaslug, ':', 1) NOT IN (SELECT base_permaslug FROM temp.candidate)
    ) AS missing_models,
    count(*) FILTER (WHERE weights <> 'unknown' AND method IS NULL OR method = 'reference' AND weights <> 'unknown' AND evidence_url IS NULL)
        AS decided_without_evidence
FROM temp.candidate
