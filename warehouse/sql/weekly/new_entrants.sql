-- Models in a day's top 50 for the first time. Variants are one model here: a `:free` one that turns paid was there before.
-- First days come from the whole history as it is stated now, so they do not depend on which weeks are built.
WITH first_days AS (
    SELECT split_part(vintages.model_permaslug, ':', 1) AS base_permaslug, min(vintages.date) AS first_date
    FROM staging.model_day_token_vintages AS vintages
    INNER JOIN staging.newest_vintages AS newest ON newest.date = vintages.date AND newest.snapshot_id = vintages.snapshot_id
    WHERE vintages.row_kind = 'model'
    GROUP BY split_part(vintages.model_permaslug, ':', 1)
)
SELECT
    weeks.week_start,
    first_days.base_permaslug,
    first_days.first_date,
    min(weeks.lab) AS lab,
    min(weeks.country_code) AS country_code,
    CAST(sum(weeks.tokens) AS BIGINT) AS tokens,
    sum(weeks.platform_share) AS platform_share,
    min(weeks.rank) AS best_rank,
    bool_and(weeks.model_permaslug LIKE '%:free') AS is_only_free
FROM first_days
INNER JOIN weekly.model_tokens AS weeks
    ON split_part(weeks.model_permaslug, ':', 1) = first_days.base_permaslug
    AND first_days.first_date BETWEEN weeks.week_start AND weeks.week_start + 6
-- whoever is there on the first day of all may have been there before
WHERE first_days.first_date > (SELECT min(date) FROM staging.newest_vintages)
GROUP BY weeks.week_start, first_days.base_permaslug, first_days.first_date
