-- One row a week of the working file, or of the file published before (the temporary table published_before).
WITH raw_weeks AS (
    SELECT week_start, sum(raw_tokens) AS tokens FROM staging.newest_vintages GROUP BY week_start
),
staged AS (
    SELECT week_start, count(DISTINCT date) AS days FROM staging.model_day_tokens GROUP BY week_start
),
attributed AS (
    SELECT week_start, sum(tokens) AS tokens FROM attribution.model_day_tokens GROUP BY week_start
),
models AS (
    SELECT week_start, sum(tokens) AS tokens, max(days_observed) AS days FROM weekly.model_tokens GROUP BY week_start
),
labs AS (
    SELECT week_start, max(population_tokens) AS tokens FROM weekly.lab_tokens WHERE population = 'platform' GROUP BY week_start
),
countries AS (
    SELECT week_start, max(population_tokens) AS tokens FROM weekly.country_tokens WHERE population = 'platform' GROUP BY week_start
),
failed AS (
    SELECT week_start, count(*) AS checks
    FROM checks.results
    WHERE outcome = 'failed' AND week_start IS NOT NULL AND table_name <> 'publication'
    GROUP BY week_start
),
stale_weeks AS (
    SELECT builds.week_start, count(*) AS tables
    FROM checks.builds AS builds
    CROSS JOIN temp.current_code AS code
    LEFT JOIN temp.current_inputs AS inputs ON inputs.week_start = builds.week_start
    WHERE
        builds.week_start IS NOT NULL
        AND (
            builds.code_version <> code.code_version
            OR builds.inputs_hash IS DISTINCT FROM
            CASE WHEN builds.table_name LIKE 'staging.%' THEN inputs.figures_hash ELSE inputs.inputs_hash END
        )
    GROUP BY builds.week_start
),
stale_wholes AS (
    SELECT
        count(*) FILTER (
            WHERE builds.code_version <> code.code_version
            OR builds.tables_hash <> coalesce(tables.tables_hash, builds.tables_hash)
        )
        + greatest(0, count(DISTINCT builds.inputs_hash) FILTER (WHERE builds.inputs_hash <> '' AND builds.table_name <> 'raw.snapshots') - 1) AS tables
    FROM checks.builds AS builds
    CROSS JOIN temp.current_code AS code
    LEFT JOIN temp.current_tables AS tables ON tables.table_name = builds.table_name
    WHERE builds.week_start IS NULL
),
weeks AS (
    SELECT week_start FROM staged
    UNION
    SELECT week_start FROM countries
    UNION
    SELECT week_start FROM failed
    UNION
    SELECT week_start FROM temp.published_before
),
measured AS (
    SELECT
        weeks.week_start,
        greatest(
            abs(coalesce(raw_weeks.tokens, 0) - coalesce(attributed.tokens, raw_weeks.tokens, 0)),
            abs(coalesce(raw_weeks.tokens, 0) - coalesce(models.tokens, raw_weeks.tokens, 0)),
            abs(coalesce(raw_weeks.tokens, 0) - coalesce(labs.tokens, raw_weeks.tokens, 0)),
            abs(coalesce(raw_weeks.tokens, 0) - coalesce(countries.tokens, raw_weeks.tokens, 0))
        ) AS tokens_lost,
        coalesce(stale_weeks.tables, 0) + stale_wholes.tables AS stale_tables,
        CASE
            WHEN staged.week_start IS NULL AND countries.week_start IS NULL THEN 0
            ELSE 5
                - count(staged.week_start) OVER this_week
                - count(attributed.week_start) OVER this_week
                - count(models.week_start) OVER this_week
                - count(labs.week_start) OVER this_week
                - count(countries.week_start) OVER this_week
        END AS missing_layers,
        coalesce(failed.checks, 0) AS failed_checks,
        greatest(0, coalesce(published_before.days, 0) - coalesce(staged.days, 0)) AS days_lost,
        models.tokens / models.days AS daily_tokens
    FROM weeks
    LEFT JOIN raw_weeks ON raw_weeks.week_start = weeks.week_start
    LEFT JOIN staged ON staged.week_start = weeks.week_start
    LEFT JOIN attributed ON attributed.week_start = weeks.week_start
    LEFT JOIN models ON models.week_start = weeks.week_start
    LEFT JOIN labs ON labs.week_start = weeks.week_start
    LEFT JOIN countries ON countries.week_start = weeks.week_start
    LEFT JOIN failed ON failed.week_start = weeks.week_start
    LEFT JOIN stale_weeks ON stale_weeks.week_start = weeks.week_start
    CROSS JOIN stale_wholes
    LEFT JOIN temp.published_before ON published_before.week_start = weeks.week_start
    WINDOW this_week AS (PARTITION BY weeks.week_start)
)
SELECT
    week_start,
    tokens_lost,
    missing_layers,
    stale_tables,
    failed_checks,
    days_lost,
    daily_tokens / max(daily_tokens) OVER (
        ORDER BY week_start RANGE BETWEEN INTERVAL 7 DAYS PRECEDING AND INTERVAL 7 DAYS PRECEDING
    ) - 1 AS change_of_daily_tokens
FROM measured
ORDER BY week_start
