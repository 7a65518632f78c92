-- Spans of one price: a price begins when it is first seen and ends when anything else is seen.
WITH observations AS (
    SELECT DISTINCT source, observed_at_utc FROM staging.catalogue_models
),
usable AS (
    SELECT
        stated.source,
        stated.model_id,
        stated.observed_at_utc,
        stated.price_kind,
        stated.over_prompt_tokens,
        stated.price_state,
        CASE WHEN corrections.action = 'times_million' THEN CAST(stated.usd_per_million_tokens * 1000000 AS DECIMAL(18, 9))
            ELSE stated.usd_per_million_tokens
        END AS usd_per_million_tokens
    FROM staging.catalogue_prices AS stated
    LEFT JOIN prices.corrections AS corrections
        ON corrections.action <> 'accept'
        AND corrections.source = stated.source
        AND corrections.model_id = stated.model_id
        AND (corrections.observed_from_utc IS NULL OR stated.observed_at_utc >= corrections.observed_from_utc)
        AND (corrections.observed_to_utc IS NULL OR stated.observed_at_utc < corrections.observed_to_utc)
    WHERE corrections.action IS DISTINCT FROM 'ignore'
),
points AS (
    SELECT
        keys.source,
        keys.model_id,
        keys.price_kind,
        keys.over_prompt_tokens,
        events.observed_at_utc,
        events.is_listed,
        usable.price_state,
        usable.usd_per_million_tokens
    FROM (SELECT DISTINCT source, model_id, price_kind, over_prompt_tokens FROM usable) AS keys
    INNER JOIN prices.listings AS events ON events.source = keys.source AND events.model_id = keys.model_id
    LEFT JOIN usable
        ON usable.source = keys.source
        AND usable.model_id = keys.model_id
        AND usable.price_kind = keys.price_kind
        AND usable.over_prompt_tokens = keys.over_prompt_tokens
        AND usable.observed_at_utc = events.observed_at_utc
),
marked AS (
    SELECT
        *,
        CASE
            WHEN price_state IS DISTINCT FROM lag(price_state) OVER series OR usd_per_million_tokens IS DISTINCT FROM lag(usd_per_million_tokens) OVER series
                THEN 1
            ELSE 0
        END AS is_change
    FROM points
    WINDOW series AS (PARTITION BY source, model_id, price_kind, over_prompt_tokens ORDER BY observed_at_utc)
),
numbered AS (
    SELECT
        *,
        sum(is_change) OVER (PARTITION BY source, model_id, price_kind, over_prompt_tokens ORDER BY observed_at_utc) AS span
    FROM marked
),
spans AS (
    SELECT
        source,
        model_id,
        price_kind,
        over_prompt_tokens,
        price_state,
        usd_per_million_tokens,
        min(observed_at_utc) AS valid_from_utc,
        max(observed_at_utc) AS last_stated_utc,
        min_by(is_listed, observed_at_utc) AS is_listed
    FROM numbered
    GROUP BY source, model_id, price_kind, over_prompt_tokens, span, price_state, usd_per_million_tokens
),
ended AS (
    SELECT
        *,
        lead(valid_from_utc) OVER series AS valid_to_utc,
        CASE
            WHEN lead(valid_from_utc) OVER series IS NULL THEN NULL
            WHEN NOT lead(is_listed) OVER series THEN 'delisting'
            WHEN lead(price_state) OVER series IS NULL THEN 'no_price'
            ELSE 'change'
        END AS ended_by
    FROM spans
    WINDOW series AS (PARTITION BY source, model_id, price_kind, over_prompt_tokens ORDER BY valid_from_utc)
)
SELECT
    ended.model_id,
    ended.price_kind,
    ended.over_prompt_tokens,
    ended.source,
    ended.valid_from_utc,
    ended.valid_to_utc,
    -- a record of changes saw the price whenever it saw anything, until it changed
    max(CASE WHEN sources.completeness = 'changes' THEN observations.observed_at_utc ELSE ended.last_stated_utc END) AS last_seen_utc,
    ended.price_state,
    ended.usd_per_million_tokens,
    ended.ended_by
FROM ended
INNER JOIN prices.sources AS sources ON sources.source = ended.source
INNER JOIN observations
    ON observations.source = ended.source
    AND observations.observed_at_utc >= ended.valid_from_utc
    AND (ended.valid_to_utc IS NULL OR observations.observed_at_utc < ended.valid_to_utc)
WHERE ended.price_state IS NOT NULL
GROUP BY
    ended.model_id, ended.price_kind, ended.over_prompt_tokens, ended.source, ended.valid_from_utc, ended.valid_to_utc,
    ended.price_state, ended.usd_per_million_tokens, ended.ended_by
