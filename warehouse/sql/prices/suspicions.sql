-- Every stated price that a rule finds odd, as it was stated, beside what was decided of it. The rules only point. What
-- is stated again and again is odd once, and once more (a zero apart) where no correction covers it any longer.
WITH compared AS (
    SELECT
        *,
        lag(CASE WHEN usd_per_million_tokens > 0 THEN usd_per_million_tokens END IGNORE NULLS) OVER (
            PARTITION BY source, model_id, price_kind, over_prompt_tokens ORDER BY observed_at_utc
        ) AS price_before,
        CASE
            WHEN usd_per_million_tokens IS DISTINCT FROM lag(usd_per_million_tokens) OVER (
                PARTITION BY source, model_id, price_kind, over_prompt_tokens ORDER BY observed_at_utc
            ) THEN observed_at_utc
        END AS changed_at_utc
    FROM staging.catalogue_prices
),
series AS (
    SELECT
        *,
        max(changed_at_utc) OVER (PARTITION BY source, model_id, price_kind, over_prompt_tokens ORDER BY observed_at_utc) AS stated_from_utc
    FROM compared
),
listings AS (
    SELECT
        models.source,
        models.model_id,
        models.observed_at_utc,
        models.is_listed,
        models.is_listed AND priced.model_id IS NULL AS is_bare
    FROM staging.catalogue_models AS models
    LEFT JOIN (SELECT DISTINCT source, model_id, observed_at_utc FROM staging.catalogue_prices) AS priced
        ON priced.source = models.source AND priced.model_id = models.model_id AND priced.observed_at_utc = models.observed_at_utc
),
-- what was last said otherwise tells one span of saying the same from the next
listed_spans AS (
    SELECT
        *,
        max(CASE WHEN NOT is_listed THEN observed_at_utc END) OVER said AS not_listed_utc,
        max(CASE WHEN NOT is_bare THEN observed_at_utc END) OVER said AS not_bare_utc
    FROM listings
    WINDOW said AS (PARTITION BY source, model_id ORDER BY observed_at_utc)
),
last_looks AS (
    SELECT source, max(observed_at_utc) AS observed_at_utc FROM staging.catalogue_models GROUP BY source
),
output_prices AS (
    SELECT source, model_id, observed_at_utc, usd_per_million_tokens, stated_from_utc
    FROM series
    WHERE price_kind = 'output' AND over_prompt_tokens = 0 AND usd_per_million_tokens > 0
),
-- what each source last said, whenever another source speaks of the model
last_said AS (
    SELECT
        models.source,
        models.model_id,
        models.observed_at_utc,
        others.source AS other_source,
        others.observed_at_utc AS other_observed_at_utc,
        others.usd_per_million_tokens AS other_price,
        row_number() OVER (
            PARTITION BY models.source, models.model_id, others.source, others.observed_at_utc ORDER BY models.observed_at_utc DESC
        ) AS recency
    FROM staging.catalogue_models AS models
    INNER JOIN output_prices AS others
        ON others.model_id = models.model_id AND others.source <> models.source AND others.observed_at_utc >= models.observed_at_utc
),
disagreements AS (
    SELECT
        last_said.source,
        last_said.model_id,
        last_said.observed_at_utc,
        own.stated_from_utc,
        own.usd_per_million_tokens,
        min_by(
            last_said.other_source || ' says ' || CAST(last_said.other_price AS DOUBLE) || ' on ' || strftime(last_said.other_observed_at_utc, '%Y-%m-%d'),
            (last_said.other_observed_at_utc, last_said.other_source)
        ) AS compared_with
    FROM last_said
    INNER JOIN prices.sources AS sources ON sources.source = last_said.source
    INNER JOIN last_looks ON last_looks.source = last_said.source
    INNER JOIN output_prices AS own
        ON own.source = last_said.source AND own.model_id = last_said.model_id AND own.observed_at_utc = last_said.observed_at_utc
    WHERE
        last_said.recency = 1
        AND greatest(own.usd_per_million_tokens / last_said.other_price, last_said.other_price / own.usd_per_million_tokens) > 3
        AND (sources.valid_to_utc IS NULL OR last_said.other_observed_at_utc < sources.valid_to_utc)
        -- a record of changes says the same until it ends
        AND last_said.other_observed_at_utc
        < CASE WHEN sources.completeness = 'changes' THEN last_looks.observed_at_utc ELSE last_said.observed_at_utc END + INTERVAL 28 DAY
    GROUP BY last_said.source, last_said.model_id, last_said.observed_at_utc, own.stated_from_utc, own.usd_per_million_tokens
),
-- makers' prices beside the makers' own as genai-prices dates them, OpenRouter's beside OpenRouter's, as in prices.cross_checks
dated_otherwise AS (
    SELECT
        stated.source,
        stated.model_id,
        stated.observed_at_utc,
        stated.price_kind,
        stated.over_prompt_tokens,
        stated.stated_from_utc,
        stated.usd_per_million_tokens,
        'genai-prices has ' || CAST(CAST(theirs.usd_per_million_tokens AS DOUBLE) AS VARCHAR) || ' of ' || theirs.provider AS compared_with
    FROM series AS stated
    INNER JOIN temp.reference_genai_prices AS theirs
        ON theirs.model_id = stated.model_id
        AND theirs.price_kind = stated.price_kind
        AND (stated.source = 'models-dev-makers') = (theirs.provider <> 'openrouter')
        AND stated.observed_at_utc >= CAST(coalesce(theirs.valid_from, theirs.valid_to - 28) AS TIMESTAMP)
        AND stated.observed_at_utc < CAST(coalesce(theirs.valid_to, theirs.seen_on + 28) AS TIMESTAMP)
    WHERE
        stated.over_prompt_tokens = 0
        AND stated.price_state = 'priced'
        AND abs(stated.usd_per_million_tokens - CAST(theirs.usd_per_million_tokens AS DECIMAL(18, 9)))
        > 0.05 * greatest(stated.usd_per_million_tokens, CAST(theirs.usd_per_million_tokens AS DECIMAL(18, 9)))
),
found AS (
    SELECT source, model_id, observed_at_utc, not_listed_utc AS span, 'percent_encoded_name' AS rule, NULL AS price_kind, NULL AS over_prompt_tokens, NULL AS stated, 'a model id has a slash' AS compared_with
    FROM listed_spans
    WHERE contains(model_id, '%2F') AND is_listed
    UNION ALL
    SELECT source, model_id, observed_at_utc, not_bare_utc AS span, 'listed_without_price' AS rule, NULL AS price_kind, NULL AS over_prompt_tokens, NULL AS stated, NULL AS compared_with
    FROM listed_spans
    WHERE is_bare
    UNION ALL
    SELECT source, model_id, observed_at_utc, stated_from_utc AS span, 'per_token' AS rule, price_kind, over_prompt_tokens, usd_per_million_tokens AS stated, 'no price per million tokens is below 0.001' AS compared_with
    FROM series
    WHERE usd_per_million_tokens > 0 AND usd_per_million_tokens < 0.001
    UNION ALL
    SELECT source, model_id, observed_at_utc, stated_from_utc AS span, 'above_ceiling' AS rule, price_kind, over_prompt_tokens, usd_per_million_tokens AS stated, 'no price per million tokens is above 1000' AS compared_with
    FROM series
    WHERE usd_per_million_tokens > 1000
    UNION ALL
    SELECT source, model_id, observed_at_utc, stated_from_utc AS span, 'zero_on_paid' AS rule, price_kind, over_prompt_tokens, usd_per_million_tokens AS stated, 'only `:free` variants are free' AS compared_with
    FROM series
    WHERE usd_per_million_tokens = 0 AND observed_at_utc = stated_from_utc AND price_kind IN ('input', 'output') AND NOT contains(model_id, ':free')
    UNION ALL
    SELECT source, model_id, observed_at_utc, stated_from_utc AS span, 'tenfold_jump' AS rule, price_kind, over_prompt_tokens, usd_per_million_tokens AS stated, 'before it was ' || CAST(price_before AS DOUBLE) AS compared_with
    FROM series
    WHERE usd_per_million_tokens > 0 AND greatest(usd_per_million_tokens / price_before, price_before / usd_per_million_tokens) > 10
    UNION ALL
    SELECT source, model_id, observed_at_utc, stated_from_utc AS span, 'sources_disagree' AS rule, 'output' AS price_kind, 0 AS over_prompt_tokens, usd_per_million_tokens AS stated, compared_with
    FROM disagreements
    UNION ALL
    SELECT source, model_id, observed_at_utc, stated_from_utc AS span, 'genai_prices_disagree' AS rule, price_kind, over_prompt_tokens, usd_per_million_tokens AS stated, compared_with
    FROM dated_otherwise
)
SELECT
    found.source,
    found.model_id,
    found.observed_at_utc,
    found.rule,
    found.price_kind,
    CAST(found.over_prompt_tokens AS BIGINT) AS over_prompt_tokens,
    CAST(found.stated AS DECIMAL(18, 9)) AS stated_usd_per_million_tokens,
    found.compared_with,
    corrections.action,
    corrections.reason
FROM found
LEFT JOIN prices.corrections AS corrections
    ON corrections.source = found.source
    AND corrections.model_id = found.model_id
    AND corrections.rule = found.rule
    AND (corrections.observed_from_utc IS NULL OR found.observed_at_utc >= corrections.observed_from_utc)
    AND (corrections.observed_to_utc IS NULL OR found.observed_at_utc < corrections.observed_to_utc)
QUALIFY row_number() OVER (
    PARTITION BY found.source, found.model_id, found.rule, found.price_kind, found.over_prompt_tokens, found.span, corrections.action, corrections.observed_from_utc
    ORDER BY found.observed_at_utc
) = 1
