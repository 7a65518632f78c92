SELECT
    count(*) FILTER (WHERE action IS NULL AND rule IN ('per_token', 'above_ceiling', 'percent_encoded_name')) AS unreviewed_errors,
    count(*) FILTER (WHERE action IS NULL AND rule NOT IN ('per_token', 'above_ceiling', 'percent_encoded_name')) AS unreviewed_oddities,
    (
        SELECT count(*)
        FROM prices.corrections AS corrections
        LEFT JOIN temp.candidate AS found
            ON found.source = corrections.source AND found.model_id = corrections.model_id AND found.rule = corrections.rule
            AND found.reason = corrections.reason
        WHERE found.source IS NULL
    ) AS dead_corrections
FROM temp.candidate
