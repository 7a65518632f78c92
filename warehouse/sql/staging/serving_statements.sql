-- Judges every raw row about who serves what and, through it, its statement: one endpoint, or one provider, of a snapshot.
-- Inputs besides tables: parsed_endpoints, parsed_providers and what the parsers could not read.
WITH endpoint_rows AS (
    SELECT
        rows.*,
        rows.price_kind IN ('input', 'output', 'cache_read', 'cache_write', 'cache_write_1h', 'reasoning') AS is_text_price,
        -- nine decimals: what is beyond is noise of the source's floats, but no price may become 0 by rounding
        CASE
            WHEN regexp_full_match(rows.price_text, '[0-9]+([.][0-9]+)?')
                THEN nullif(try_cast(rows.price_text AS DECIMAL(18, 9)), CASE WHEN regexp_matches(rows.price_text, '[1-9]') THEN 0 ELSE -1 END)
        END AS usd_per_million_tokens,
        count(*) OVER (PARTITION BY rows.snapshot_id, rows.row_number, rows.price_kind, rows.over_prompt_tokens_text) AS rows_of_key
    FROM temp.parsed_endpoints AS rows
),
judged_endpoint_rows AS (
    SELECT
        *,
        CASE
            WHEN model_id IS NULL OR NOT regexp_full_match(model_id, '[^/\s]+/[^/\s]+') THEN 'model id is not author/model: ' || coalesce(model_id, 'missing')
            WHEN row_number = 0 THEN NULL
            WHEN endpoint_tag IS NULL OR NOT regexp_full_match(endpoint_tag, '[^/\s]+(/\S+)?') THEN 'tag is not provider or provider/suffix: ' || coalesce(endpoint_tag, 'missing')
            WHEN provider_name IS NULL THEN 'provider_name is missing'
            WHEN context_length_text IS NOT NULL AND (NOT regexp_full_match(context_length_text, '[0-9]+') OR try_cast(context_length_text AS BIGINT) IS NULL)
                THEN 'context length is not a whole number: ' || context_length_text
            WHEN status_text IS NOT NULL AND (NOT regexp_full_match(status_text, '-?[0-9]+') OR try_cast(status_text AS INTEGER) IS NULL)
                THEN 'status is not a whole number: ' || status_text
            WHEN uptime_text IS NOT NULL AND coalesce(try_cast(uptime_text AS DOUBLE) NOT BETWEEN 0 AND 100, TRUE) THEN 'uptime is not 0 to 100 per cent: ' || uptime_text
            WHEN discount_text IS NOT NULL AND coalesce(try_cast(discount_text AS DOUBLE) NOT BETWEEN 0 AND 1, TRUE) THEN 'discount is not 0 to 1: ' || discount_text
            WHEN NOT coalesce(is_text_price, FALSE) THEN NULL
            WHEN rows_of_key > 1 THEN 'two prices for one kind: ' || concat_ws(' ', price_kind, over_prompt_tokens_text)
            WHEN NOT regexp_full_match(over_prompt_tokens_text, '0|[1-9][0-9]*') OR try_cast(over_prompt_tokens_text AS BIGINT) IS NULL
                THEN 'prompt length is not a whole number: ' || over_prompt_tokens_text
            WHEN regexp_full_match(price_text, '-[0-9.]+') THEN price_kind || ' price is negative: ' || price_text
            WHEN price_text <> 'varies' AND NOT regexp_full_match(price_text, '[0-9]+([.][0-9]+)?') THEN price_kind || ' price is not a number: ' || price_text
            WHEN price_text <> 'varies' AND usd_per_million_tokens IS NULL THEN price_kind || ' price does not fit 18 digits with 9 decimals: ' || price_text
        END AS broken_rule
    FROM endpoint_rows
),
endpoints AS (
    SELECT
        snapshot_id,
        'endpoint' AS subject,
        row_number,
        max(model_id) AS name,
        count(*) AS raw_rows,
        -- pictures, films and searches cost nothing per token and something else per piece
        bool_and(usd_per_million_tokens = 0) FILTER (WHERE price_kind IN ('input', 'output') AND over_prompt_tokens_text = '0')
        AND bool_or(price_kind IN ('other_unit', 'image', 'image_token', 'image_output', 'audio_output'))
        AND NOT max(model_id) LIKE '%:free' AS is_priced_otherwise,
        count(*) FILTER (WHERE is_text_price) AS text_prices,
        min('row ' || row_number || ': ' || broken_rule) AS broken,
        md5(string_agg(
            concat_ws(' ', provider_name, endpoint_tag, endpoint_name, quantization, context_length_text, price_kind, over_prompt_tokens_text, price_text),
            ',' ORDER BY price_kind, over_prompt_tokens_text, price_text
        )) AS figures
    FROM judged_endpoint_rows
    GROUP BY snapshot_id, row_number
),
judged_providers AS (
    SELECT
        *,
        CASE
            WHEN provider_slug IS NULL OR NOT regexp_full_match(provider_slug, '[^/\s]+') THEN 'slug is not one word: ' || coalesce(provider_slug, 'missing')
            WHEN provider_name IS NULL THEN 'name is missing'
            WHEN headquarters_text IS NOT NULL AND NOT regexp_full_match(headquarters_text, '[A-Z]{2}') THEN 'headquarters is no country code: ' || headquarters_text
            WHEN count(*) OVER (PARTITION BY snapshot_id, provider_slug) > 1 THEN 'two providers with one slug: ' || provider_slug
        END AS broken_rule
    FROM temp.parsed_providers
),
statements AS (
    SELECT
        snapshot_id,
        subject,
        row_number,
        name,
        raw_rows,
        CASE WHEN is_priced_otherwise THEN 0 ELSE text_prices END AS staged_prices,
        CASE WHEN row_number = 0 THEN 0 ELSE raw_rows - CASE WHEN is_priced_otherwise THEN 0 ELSE text_prices END END AS other_rows,
        broken,
        figures
    FROM endpoints
    UNION ALL
    SELECT
        snapshot_id,
        'provider' AS subject,
        row_number,
        provider_slug AS name,
        1 AS raw_rows,
        0 AS staged_prices,
        0 AS other_rows,
        'row ' || row_number || ': ' || broken_rule AS broken,
        md5(concat_ws(' ', provider_name, headquarters_text)) AS figures
    FROM judged_providers
),
compared AS (
    SELECT
        statements.*,
        snapshots.as_of_utc AS observed_at_utc,
        first_value(statements.snapshot_id) OVER same_statement AS first_snapshot_id,
        first_value(statements.figures) OVER same_statement AS first_figures
    FROM statements
    INNER JOIN raw.snapshots AS snapshots ON snapshots.snapshot_id = statements.snapshot_id
    WINDOW same_statement AS (
        PARTITION BY statements.subject, snapshots.as_of_utc, statements.name, CASE statements.subject WHEN 'endpoint' THEN statements.row_number END, statements.broken IS NULL
        ORDER BY snapshots.fetched_at_utc, statements.snapshot_id
    )
),
unreadable AS (
    SELECT snapshot_id, 'endpoint' AS subject, reason FROM temp.endpoint_parse_failures
    UNION ALL
    SELECT snapshot_id, 'provider' AS subject, reason FROM temp.provider_parse_failures
)
SELECT
    snapshot_id,
    subject,
    row_number,
    observed_at_utc,
    name,
    raw_rows,
    CAST(staged_prices AS BIGINT) AS staged_prices,
    CAST(other_rows AS BIGINT) AS other_rows,
    CASE
        WHEN broken IS NOT NULL OR figures <> first_figures THEN 'quarantined'
        WHEN snapshot_id <> first_snapshot_id THEN 'repeated'
        ELSE 'staged'
    END AS status,
    CASE
        WHEN broken IS NOT NULL THEN broken
        WHEN figures <> first_figures THEN 'row ' || row_number || ': an earlier snapshot states it otherwise for the same instant'
    END AS reason
FROM compared
UNION ALL
SELECT
    unreadable.snapshot_id,
    unreadable.subject,
    CAST(NULL AS BIGINT) AS row_number,
    snapshots.as_of_utc AS observed_at_utc,
    CAST(NULL AS VARCHAR) AS name,
    CAST(0 AS BIGINT) AS raw_rows,
    CAST(0 AS BIGINT) AS staged_prices,
    CAST(0 AS BIGINT) AS other_rows,
    'quarantined' AS status,
    unreadable.reason
FROM unreadable
INNER JOIN raw.snapshots AS snapshots ON snapshots.snapshot_id = unreadable.snapshot_id
