SELECT
    (
        SELECT count(DISTINCT model_permaslug)
        FROM staging.model_day_token_vintages
        WHERE row_kind = 'model' AND model_permaslug NOT IN (SELECT model_permaslug FROM temp.candidate)
    ) AS missing_models,
    count(DISTINCT base_author) FILTER (WHERE base_author NOT IN (SELECT author FROM attribution.labs)) AS dangling_base_authors,
    count(DISTINCT attributed_author) FILTER (
        WHERE attributed_author NOT IN (SELECT author FROM attribution.labs)
    ) AS unlisted_authors,
    count(*) FILTER (WHERE known_from_utc < first_date) AS early_reveals
FROM temp.candidate
