WITH neighbours AS (
    SELECT
        model_id,
        valid_to,
        lead(valid_from) OVER (PARTITION BY model_id ORDER BY valid_from, model_permaslug) AS next_from
    FROM temp.candidate
)
SELECT
    count(*) FILTER (WHERE next_from IS NOT NULL AND (valid_to IS NULL OR valid_to > next_from)) AS ids_of_two_models
FROM neighbours
