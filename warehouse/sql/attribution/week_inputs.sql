-- The week's figures, the decisions on the models in them, and the homes of all labs.
WITH homes AS (
    SELECT string_agg(
        concat_ws(' ', author, lab, country_code, valid_from, valid_to, known_from_utc), ',' ORDER BY author, valid_from
    ) AS of_labs
    FROM attribution.labs
),
week_models AS (
    SELECT DISTINCT vintages.week_start, vintages.model_permaslug
    FROM staging.model_day_token_vintages AS vintages
    INNER JOIN staging.newest_vintages AS newest USING (date, snapshot_id)
),
decisions AS (
    SELECT
        week_models.week_start,
        string_agg(
            concat_ws(
                ' ', models.model_permaslug, models.method, models.attributed_author, models.base_author,
                models.known_from_utc
            ),
            ',' ORDER BY models.model_permaslug
        ) AS of_models
    FROM week_models
    LEFT JOIN attribution.models AS models ON models.model_permaslug = week_models.model_permaslug
    GROUP BY week_models.week_start
)
SELECT
    figures.week_start,
    figures.figures_hash,
    md5(concat_ws(' ', figures.figures_hash, decisions.of_models, homes.of_labs)) AS inputs_hash
FROM staging.week_figures AS figures
INNER JOIN decisions ON decisions.week_start = figures.week_start
CROSS JOIN homes
