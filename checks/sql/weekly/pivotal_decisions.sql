WITH leads AS (
    SELECT
        week_start,
        population,
        max(country_code) FILTER (WHERE rank = 1) AS leader,
        max(country_code) FILTER (WHERE rank = 2) AS runner_up,
        max(tokens) FILTER (WHERE rank = 1) - max(tokens) FILTER (WHERE rank = 2) AS margin_tokens
    FROM weekly.country_tokens
    WHERE policy = 'lab_home' AND knowledge = 'as_known_now' AND rank <= 2 AND share >= 0.01
    GROUP BY week_start, population
),
large_unknown_models AS (
    SELECT leads.week_start, leads.population, split_part(days.model_permaslug, ':', 1) AS base_permaslug
    FROM leads
    INNER JOIN attribution.model_day_tokens AS days ON days.week_start = leads.week_start
    INNER JOIN weekly.model_tokens AS models
        ON models.week_start = days.week_start AND models.model_permaslug = days.model_permaslug
    WHERE days.country_code = 'ZZ' AND (leads.population <> 'top_9' OR models.is_top_9)
    GROUP BY leads.week_start, leads.population, split_part(days.model_permaslug, ':', 1), leads.margin_tokens
    HAVING sum(days.tokens) > leads.margin_tokens
),
missing AS (
    SELECT count(*) AS decisions
    FROM large_unknown_models AS models
    LEFT JOIN temp.candidate
        ON candidate.week_start = models.week_start AND candidate.population = models.population
        AND candidate.unit = models.base_permaslug AND candidate.counted_as = 'ZZ' AND candidate.place = 1
    WHERE candidate.unit IS NULL
)
SELECT
    max(missing.decisions) AS missing_decisions,
    count(*) FILTER (
        WHERE candidate.tokens <= CASE
            WHEN candidate.flips_when = 'counted_for_behind' AND candidate.counted_as = candidate.ahead
                THEN candidate.margin_tokens - candidate.tokens
            ELSE candidate.margin_tokens
        END
        OR (candidate.flips_when = 'left_out' AND candidate.counted_as <> candidate.ahead)
        OR candidate.counted_as = candidate.behind
    ) AS idle_decisions,
    count(*) FILTER (
        WHERE candidate.place = 1
        AND (candidate.ahead <> leads.leader OR candidate.behind <> leads.runner_up OR candidate.margin_tokens <> leads.margin_tokens)
    ) AS wrong_margins,
    count(*) FILTER (WHERE (candidate.grounds = 'unknown') <> (coalesce(candidate.counted_as, '') = 'ZZ')) AS wrong_grounds
FROM missing
LEFT JOIN temp.candidate ON TRUE
LEFT JOIN leads ON leads.week_start = candidate.week_start AND leads.population = candidate.population
