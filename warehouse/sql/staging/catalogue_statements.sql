-- Judges every raw price row and, through it, its statement: what a snapshot says of one model at one instant.
-- Inputs besides tables: parsed_prices and price_parse_failures, what the parsers made of the snapshots' bytes.
WITH read_rows AS (
    SELECT
        rows.*,
        CASE
            WHEN regexp_full_match(rows.observed_at_text, '[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z')
                THEN try_strptime(rows.observed_at_text, '%Y-%m-%dT%H:%M:%SZ')
        END AS observed_at_utc,
        rows.price_kind IN ('input', 'output', 'cache_read', 'cache_write', 'cache_write_1h', 'reasoning') AS is_text_price,
        -- nine decimals: what is beyond is noise of the source's floats, but no price may become 0 by rounding
        CASE
            WHEN regexp_full_match(rows.price_text, '[0-9]+([.][0-9]+)?')
                THEN nullif(try_cast(rows.price_text AS DECIMAL(18, 9)), CASE WHEN regexp_matches(rows.price_text, '[1-9]') THEN 0 ELSE -1 END)
        END AS usd_per_million_tokens,
        CASE WHEN regexp_full_match(rows.over_prompt_tokens_text, '0|[1-9][0-9]*') THEN try_cast(rows.over_prompt_tokens_text AS BIGINT) END AS over_prompt_tokens,
        count(*) OVER (
            PARTITION BY rows.snapshot_id, rows.observed_at_text, rows.model_id, rows.price_kind, rows.over_prompt_tokens_text
        ) AS rows_of_key,
        bool_or(rows.price_kind IS NULL) OVER (PARTITION BY rows.snapshot_id, rows.observed_at_text, rows.model_id)
        AND count(*) OVER (PARTITION BY rows.snapshot_id, rows.observed_at_text, rows.model_id) > 1 AS is_with_and_without_price,
        count(DISTINCT rows.status) OVER (PARTITION BY rows.snapshot_id, rows.observed_at_text, rows.model_id) AS statuses
    FROM temp.parsed_prices AS rows
),
judged_rows AS (
    SELECT
        *,
        CASE
            WHEN observed_at_utc IS NULL THEN 'observed_at is not an instant written YYYY-MM-DDTHH:MM:SSZ: ' || coalesce(observed_at_text, 'missing')
            WHEN model_id IS NULL OR NOT regexp_full_match(model_id, '[^/\s]+(/|%2F)[^/\s]+')
                THEN 'model id is not author/model: ' || coalesce(model_id, 'missing')
            WHEN status IS NULL OR status NOT IN ('listed', 'removed') THEN 'status is neither listed nor removed: ' || coalesce(status, 'missing')
            WHEN rows_of_key > 1 OR statuses > 1 OR is_with_and_without_price
                THEN 'two statements for one model and instant: ' || concat_ws(' ', model_id, price_kind, over_prompt_tokens_text)
            WHEN price_kind IS NULL AND price_text IS NOT NULL THEN 'a price without its kind: ' || price_text
            WHEN price_kind IS NOT NULL AND price_text IS NULL THEN 'a kind without its price: ' || price_kind
            WHEN status = 'removed' AND price_text IS NOT NULL THEN 'a removed model with a price: ' || price_text
            WHEN NOT coalesce(is_text_price, FALSE) THEN NULL
            WHEN over_prompt_tokens IS NULL THEN 'prompt length is not a whole number: ' || coalesce(over_prompt_tokens_text, 'missing')
            WHEN regexp_full_match(price_text, '-[0-9.]+') THEN price_kind || ' price is negative: ' || price_text
            WHEN price_text <> 'varies' AND NOT regexp_full_match(price_text, '[0-9]+([.][0-9]+)?')
                THEN price_kind || ' price is not a number: ' || price_text
            WHEN price_text <> 'varies' AND usd_per_million_tokens IS NULL
                THEN price_kind || ' price does not fit 18 digits with 9 decimals: ' || price_text
        END AS broken_rule
    FROM read_rows
),
statements AS (
    SELECT
        snapshot_id,
        observed_at_utc,
        model_id,
        count(*) AS raw_rows,
        count(*) FILTER (WHERE is_text_price) AS staged_prices,
        count(*) FILTER (WHERE NOT is_text_price) AS other_prices,
        min_by('row ' || row_number || ': ' || broken_rule, row_number) FILTER (WHERE broken_rule IS NOT NULL) AS broken,
        md5(string_agg(concat_ws(' ', status, price_kind, over_prompt_tokens, usd_per_million_tokens), ',' ORDER BY price_kind, over_prompt_tokens)) AS figures
    FROM judged_rows
    GROUP BY snapshot_id, observed_at_utc, model_id
),
placed AS (
    SELECT
        statements.*,
        sources.source,
        snapshots.source AS snapshot_source,
        CASE
            WHEN statements.broken IS NOT NULL THEN statements.broken
            WHEN sources.source IS NULL THEN 'no line of price_sources.csv says what ' || snapshots.source || ' means at that instant'
        END AS own_reason
    FROM statements
    INNER JOIN raw.snapshots AS snapshots ON snapshots.snapshot_id = statements.snapshot_id
    LEFT JOIN prices.sources AS sources
        ON sources.snapshot_source = snapshots.source
        AND (sources.valid_from_utc IS NULL OR statements.observed_at_utc >= sources.valid_from_utc)
        AND (sources.valid_to_utc IS NULL OR statements.observed_at_utc < sources.valid_to_utc)
),
compared AS (
    SELECT
        *,
        first_value(snapshot_id) OVER same_statement AS first_snapshot_id,
        first_value(figures) OVER same_statement AS first_figures
    FROM placed
    WINDOW same_statement AS (PARTITION BY snapshot_source, observed_at_utc, model_id, own_reason IS NULL ORDER BY snapshot_id)
)
SELECT
    snapshot_id,
    observed_at_utc,
    model_id,
    source,
    raw_rows,
    staged_prices,
    other_prices,
    CASE
        WHEN own_reason IS NOT NULL OR figures <> first_figures THEN 'quarantined'
        WHEN snapshot_id <> first_snapshot_id THEN 'repeated'
        ELSE 'staged'
    END AS status,
    CASE
        WHEN own_reason IS NOT NULL THEN own_reason
        WHEN figures <> first_figures THEN 'an earlier snapshot states other prices for the same model and instant'
    END AS reason
FROM compared
UNION ALL
SELECT
    snapshot_id,
    CAST(NULL AS TIMESTAMP) AS observed_at_utc,
    CAST(NULL AS VARCHAR) AS model_id,
    CAST(NULL AS VARCHAR) AS source,
    CAST(0 AS BIGINT) AS raw_rows,
    CAST(0 AS BIGINT) AS staged_prices,
    CAST(0 AS BIGINT) AS other_prices,
    'quarantined' AS status,
    reason
FROM temp.price_parse_failures
