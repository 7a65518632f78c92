-- The price in force at each week's last instant, or the reason why there is none.
WITH week_models AS (
    SELECT week_start, model_permaslug, CAST(week_start AS TIMESTAMP) + INTERVAL 7 DAY AS ends_before_utc, contains(model_permaslug, ':free') AS is_free
    FROM weekly.model_tokens
    WHERE row_kind = 'model'
),
looked AS (
    SELECT
        weeks.week_start,
        observations.source,
        max(observations.observed_at_utc) AS last_looked_utc,
        max(observations.observed_at_utc) >= max(weeks.ends_before_utc) - INTERVAL 28 DAY AS is_observed
    FROM (SELECT DISTINCT week_start, ends_before_utc FROM week_models) AS weeks
    INNER JOIN (SELECT DISTINCT source, observed_at_utc FROM staging.catalogue_models) AS observations
        ON observations.observed_at_utc < weeks.ends_before_utc
    GROUP BY weeks.week_start, observations.source
),
sighted AS (
    SELECT weeks.week_start, sightings.source, sightings.model_id, max(sightings.observed_at_utc) AS last_sighted_utc
    FROM (SELECT DISTINCT week_start, ends_before_utc FROM week_models) AS weeks
    INNER JOIN staging.catalogue_models AS sightings
        ON sightings.observed_at_utc < weeks.ends_before_utc
        AND sightings.observed_at_utc >= weeks.ends_before_utc - INTERVAL 28 DAY
    GROUP BY weeks.week_start, sightings.source, sightings.model_id
),
-- a span may be seen again long after a week: for the week counts when it was last seen before the week's end
seen_spans AS (
    SELECT
        models.week_start,
        models.ends_before_utc,
        spans.model_permaslug,
        spans.model_id,
        spans.source,
        spans.price_kind,
        spans.over_prompt_tokens,
        spans.price_state,
        spans.usd_per_million_tokens,
        spans.valid_from_utc,
        CASE WHEN sources.completeness = 'changes' THEN looked.last_looked_utc ELSE sighted.last_sighted_utc END AS last_seen_utc
    FROM week_models AS models
    INNER JOIN prices.named_prices AS spans
        ON spans.model_permaslug = models.model_permaslug
        AND spans.valid_from_utc < models.ends_before_utc
        AND (spans.valid_to_utc IS NULL OR spans.valid_to_utc >= models.ends_before_utc)
    INNER JOIN prices.sources AS sources ON sources.source = spans.source
    LEFT JOIN looked ON looked.week_start = models.week_start AND looked.source = spans.source
    LEFT JOIN sighted
        ON sighted.week_start = models.week_start AND sighted.source = spans.source AND sighted.model_id = spans.model_id
),
in_force AS (
    SELECT *
    FROM seen_spans
    -- before its start an id named another model
    WHERE last_seen_utc >= valid_from_utc AND last_seen_utc >= ends_before_utc - INTERVAL 28 DAY
    QUALIFY row_number() OVER (
        PARTITION BY week_start, model_permaslug, source, price_kind, over_prompt_tokens
        ORDER BY last_seen_utc DESC, valid_from_utc DESC, model_id
    ) = 1
),
-- every model of a week is asked for in every source, for the kinds that the source ever states
asked AS (
    SELECT models.*, kinds.source, kinds.price_kind
    FROM week_models AS models
    CROSS JOIN (SELECT DISTINCT source, price_kind FROM prices.model_prices WHERE price_kind IN ('input', 'output')) AS kinds
),
-- an id that passes on to another model lists the first one no more
listings AS (
    SELECT names.model_permaslug, listings.source, listings.observed_at_utc, listings.is_listed
    FROM prices.model_names AS names
    INNER JOIN prices.listings AS listings
        ON listings.model_id = names.model_id
        AND listings.observed_at_utc >= names.valid_from
        AND (names.valid_to IS NULL OR listings.observed_at_utc < names.valid_to)
    UNION ALL
    SELECT DISTINCT names.model_permaslug, listings.source, CAST(names.valid_to AS TIMESTAMP) AS observed_at_utc, FALSE AS is_listed
    FROM prices.model_names AS names
    INNER JOIN prices.listings AS listings
        ON listings.model_id = names.model_id
        AND listings.observed_at_utc >= names.valid_from
        AND listings.observed_at_utc < names.valid_to
),
last_listings AS (
    SELECT models.week_start, listings.model_permaslug, listings.source, max_by(listings.is_listed, (listings.observed_at_utc, listings.is_listed)) AS is_listed
    FROM week_models AS models
    INNER JOIN listings ON listings.model_permaslug = models.model_permaslug AND listings.observed_at_utc < models.ends_before_utc
    GROUP BY models.week_start, listings.model_permaslug, listings.source
),
named AS (
    SELECT DISTINCT model_permaslug FROM prices.model_names
)
SELECT
    asked.week_start,
    asked.model_permaslug,
    asked.source,
    asked.price_kind,
    CAST(0 AS BIGINT) AS over_prompt_tokens,
    CASE
        WHEN asked.is_free AND looked.is_observed THEN 'free'
        WHEN in_force.price_state = 'priced' THEN 'in_force'
        WHEN in_force.price_state = 'varies' THEN 'varies'
        WHEN NOT coalesce(looked.is_observed, FALSE) THEN 'not_observed'
        WHEN named.model_permaslug IS NULL THEN 'unmatched'
        WHEN sources.completeness = 'sparse' THEN CASE WHEN last_listings.source IS NULL THEN 'not_observed' ELSE 'not_seen' END
        WHEN last_listings.source IS NULL THEN 'not_listed'
        WHEN NOT last_listings.is_listed THEN 'delisted'
        ELSE 'listed_without_price'
    END AS status,
    CASE WHEN asked.is_free AND looked.is_observed THEN CAST(0 AS DECIMAL(18, 9)) ELSE in_force.usd_per_million_tokens END AS usd_per_million_tokens,
    in_force.model_id,
    in_force.valid_from_utc,
    in_force.last_seen_utc
FROM asked
INNER JOIN prices.sources AS sources ON sources.source = asked.source
LEFT JOIN in_force
    ON in_force.week_start = asked.week_start AND in_force.model_permaslug = asked.model_permaslug
    AND in_force.source = asked.source AND in_force.price_kind = asked.price_kind AND in_force.over_prompt_tokens = 0
LEFT JOIN looked ON looked.week_start = asked.week_start AND looked.source = asked.source
LEFT JOIN last_listings
    ON last_listings.week_start = asked.week_start AND last_listings.model_permaslug = asked.model_permaslug
    AND last_listings.source = asked.source
LEFT JOIN named ON named.model_permaslug = asked.model_permaslug
UNION ALL
-- other kinds and tiers stand only where there is a price
SELECT
    week_start,
    model_permaslug,
    source,
    price_kind,
    over_prompt_tokens,
    CASE price_state WHEN 'priced' THEN 'in_force' ELSE 'varies' END AS status,
    usd_per_million_tokens,
    model_id,
    valid_from_utc,
    last_seen_utc
FROM in_force
WHERE over_prompt_tokens > 0 OR price_kind NOT IN ('input', 'output')
