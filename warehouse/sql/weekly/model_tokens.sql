-- A model's week. Variants and cloaked slugs stand as they are; the nine largest rows are the population top_9.
WITH weeks AS (
    SELECT week_start, CAST(count(DISTINCT date) AS INTEGER) AS days_observed
    FROM attribution.model_day_tokens
    WHERE week_start IN (SELECT week_start FROM temp.weeks_at_hand)
    GROUP BY week_start
),
model_weeks AS (
    SELECT
        week_start,
        model_permaslug,
        row_kind,
        try_cast(sum(tokens) AS BIGINT) AS tokens,
        max_by(lab, date) AS lab,
        max_by(country_code, date) AS country_code,
        max_by(method, date) AS method,
        CAST(count(*) AS INTEGER) AS model_days
    FROM attribution.model_day_tokens
    WHERE week_start IN (SELECT week_start FROM temp.weeks_at_hand)
    GROUP BY week_start, model_permaslug, row_kind
),
ranked AS (
    SELECT
        *,
        tokens / sum(tokens) OVER (PARTITION BY week_start) AS platform_share,
        CASE WHEN row_kind = 'model'
            THEN CAST(row_number() OVER (PARTITION BY week_start, row_kind ORDER BY tokens DESC, model_permaslug) AS INTEGER)
        END AS rank
    FROM model_weeks
)
SELECT
    ranked.week_start,
    ranked.model_permaslug,
    ranked.row_kind,
    ranked.tokens,
    ranked.platform_share,
    ranked.rank,
    coalesce(ranked.rank <= 9, FALSE) AS is_top_9,
    ranked.lab,
    ranked.country_code,
    ranked.method,
    ranked.model_days,
    weeks.days_observed,
    weeks.days_observed = 7 AS is_complete_week
FROM ranked
INNER JOIN weeks ON weeks.week_start = ranked.week_start
