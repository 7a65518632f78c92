-- Judges every raw row and, through it, its day: the unit of rejection is the day of a snapshot.
-- Inputs besides tables: parsed_rows and parse_failures, what the parsers made of the snapshots' bytes.
WITH read_rows AS (
    SELECT
        snapshot_id,
        row_number,
        date_text,
        model_permaslug,
        tokens_text,
        CASE WHEN regexp_full_match(date_text, '[0-9]{4}-[0-9]{2}-[0-9]{2}') THEN try_cast(date_text AS DATE) END AS date,
        CASE WHEN regexp_full_match(tokens_text, '[0-9]+') THEN try_cast(tokens_text AS BIGINT) END AS tokens,
        count(*) OVER (PARTITION BY snapshot_id, date_text, model_permaslug) AS rows_of_key
    FROM temp.parsed_rows
),
judged_rows AS (
    SELECT
        *,
        CASE
            WHEN date IS NULL THEN 'date is not a day written YYYY-MM-DD: ' || coalesce(date_text, 'missing')
            WHEN model_permaslug IS NULL OR NOT regexp_full_match(model_permaslug, 'other|[^/\s]+/\S+')
                THEN 'model_permaslug is not author/model: ' || coalesce(model_permaslug, 'missing')
            WHEN tokens_text IS NULL THEN 'total_tokens is missing'
            WHEN regexp_full_match(tokens_text, '-[0-9]+') THEN 'total_tokens is negative: ' || tokens_text
            WHEN NOT regexp_full_match(tokens_text, '[0-9]+') THEN 'total_tokens is not a whole number: ' || tokens_text
            WHEN tokens IS NULL THEN 'total_tokens does not fit 64 bits: ' || tokens_text
            WHEN rows_of_key > 1 THEN 'two rows for one day and model: ' || date_text || ' ' || model_permaslug
        END AS broken_rule
    FROM read_rows
),
days AS (
    SELECT
        snapshot_id,
        date,
        count(*) AS raw_rows,
        CASE WHEN count(tokens) = count(*) THEN try_cast(sum(tokens) AS BIGINT) END AS raw_tokens,
        min_by('row ' || row_number || ': ' || broken_rule, row_number) FILTER (WHERE broken_rule IS NOT NULL) AS broken,
        max(row_number) FILTER (WHERE model_permaslug = 'other') AS row_of_other,
        max(row_number) AS last_row,
        md5(string_agg(model_permaslug || ' ' || tokens_text, ',' ORDER BY model_permaslug, tokens_text)) AS figures_hash
    FROM judged_rows
    GROUP BY snapshot_id, date
),
-- the days that were asked for, where a source was asked for some, and those that its answer says it holds; an export of
-- a date holds the 30 days before it
windows AS (
    SELECT
        snapshot_id,
        as_of_utc,
        fetched_at_utc,
        -- both live sources state `other` last in its day; our own archive has an order of its own
        format IN ('openrouter-rankings-daily-csv', 'openrouter-rankings-daily-json') AS has_other_last,
        coalesce(
            try_cast(regexp_extract(parameters, '"start_date": "([0-9-]+)"', 1) AS DATE),
            try_cast(regexp_extract(parameters, '"snapshot_date": "([0-9-]+)"', 1) AS DATE) - 30
        ) AS first_day,
        coalesce(
            try_cast(regexp_extract(parameters, '"end_date": "([0-9-]+)"', 1) AS DATE),
            try_cast(regexp_extract(parameters, '"snapshot_date": "([0-9-]+)"', 1) AS DATE) - 1
        ) AS last_day,
        try_cast(regexp_extract(parameters, '"answered_start_date": "([0-9-]+)"', 1) AS DATE) AS first_answered_day,
        try_cast(regexp_extract(parameters, '"answered_end_date": "([0-9-]+)"', 1) AS DATE) AS last_answered_day
    FROM raw.snapshots
),
days_by_themselves AS (
    SELECT
        days.*,
        windows.as_of_utc,
        windows.fetched_at_utc,
        CASE
            WHEN days.broken IS NOT NULL THEN days.broken
            WHEN days.raw_tokens IS NULL THEN 'the tokens of the day do not add up within 64 bits'
            WHEN max(CASE WHEN days.date IS NULL THEN 1 ELSE 0 END) OVER (PARTITION BY days.snapshot_id) = 1
                THEN 'another row of this snapshot has no readable day, so it may belong to this one'
            WHEN days.date NOT BETWEEN windows.first_day AND windows.last_day
                THEN 'the day lies outside of the window that was asked for: ' || windows.first_day || ' to ' || windows.last_day
            WHEN days.date NOT BETWEEN windows.first_answered_day AND windows.last_answered_day
                THEN 'the day lies outside of the window that the answer says it holds: ' || windows.first_answered_day || ' to ' || windows.last_answered_day
            WHEN windows.has_other_last AND days.row_of_other < days.last_row THEN 'row ' || days.row_of_other || ': `other` is not the last row of its day'
        END AS own_reason
    FROM days
    INNER JOIN windows ON windows.snapshot_id = days.snapshot_id
),
judged_days AS (
    SELECT
        *,
        CASE
            WHEN own_reason IS NOT NULL THEN own_reason
            WHEN figures_hash <> first_value(figures_hash) OVER (
                PARTITION BY date, as_of_utc, own_reason IS NULL
                ORDER BY fetched_at_utc, snapshot_id
            ) THEN 'an earlier snapshot states other figures for the same day and the same as_of'
        END AS reason
    FROM days_by_themselves
)
SELECT
    snapshot_id,
    date,
    CAST(date_trunc('week', date) AS DATE) AS week_start,
    as_of_utc,
    raw_rows,
    raw_tokens,
    figures_hash,
    CASE
        WHEN reason IS NOT NULL THEN 'quarantined'
        WHEN CAST(date AS TIMESTAMP) + INTERVAL 1 DAY > as_of_utc THEN 'unfinished'
        ELSE 'staged'
    END AS status,
    reason
FROM judged_days
UNION ALL
SELECT
    failures.snapshot_id,
    CAST(NULL AS DATE) AS date,
    CAST(NULL AS DATE) AS week_start,
    snapshots.as_of_utc,
    CAST(0 AS BIGINT) AS raw_rows,
    CAST(NULL AS BIGINT) AS raw_tokens,
    CAST(NULL AS VARCHAR) AS figures_hash,
    'quarantined' AS status,
    failures.reason
FROM temp.parse_failures AS failures
INNER JOIN raw.snapshots AS snapshots ON snapshots.snapshot_id = failures.snapshot_id
