-- Our prices beside those of genai-prices, like with like: makers' prices with the maker's own, OpenRouter's with
-- OpenRouter's. Only prices that it dates: it says when they began, or what followed them.
WITH theirs AS (
    SELECT
        model_id,
        provider,
        price_kind,
        CAST(valid_from AS TIMESTAMP) AS valid_from_utc,
        CAST(valid_to AS TIMESTAMP) AS valid_to_utc,
        -- where it dates no start or no end, a price is taken to have stood for the 28 days that we, too, carry a price
        CAST(coalesce(valid_from, valid_to - 28) AS TIMESTAMP) AS holds_from_utc,
        CAST(coalesce(valid_to, seen_on + 28) AS TIMESTAMP) AS holds_to_utc,
        CAST(usd_per_million_tokens AS DECIMAL(18, 9)) AS usd_per_million_tokens
    FROM temp.reference_genai_prices
),
ours AS (
    SELECT *
    FROM prices.model_prices
    WHERE over_prompt_tokens = 0 AND price_state = 'priced' AND price_kind IN ('input', 'output')
),
-- one that was seen before theirs held and again after it was not seen beside theirs
overlapping AS (
    SELECT
        ours.source,
        ours.model_id,
        ours.price_kind,
        ours.valid_from_utc,
        ours.last_seen_utc,
        ours.usd_per_million_tokens,
        theirs.provider AS other_provider,
        theirs.valid_from_utc AS other_valid_from_utc,
        theirs.valid_to_utc AS other_valid_to_utc,
        theirs.usd_per_million_tokens AS other_usd_per_million_tokens,
        min(looks.observed_at_utc) AS compared_at_utc
    FROM ours
    INNER JOIN prices.sources AS sources ON sources.source = ours.source
    INNER JOIN theirs
        ON theirs.model_id = ours.model_id
        AND theirs.price_kind = ours.price_kind
        AND (ours.source = 'models-dev-makers') = (theirs.provider <> 'openrouter')
    INNER JOIN staging.catalogue_models AS looks
        ON looks.source = ours.source
        AND (looks.model_id = ours.model_id OR sources.completeness = 'changes')
        AND looks.observed_at_utc BETWEEN ours.valid_from_utc AND ours.last_seen_utc
        AND looks.observed_at_utc >= theirs.holds_from_utc
        AND looks.observed_at_utc < theirs.holds_to_utc
    GROUP BY
        ours.source, ours.model_id, ours.price_kind, ours.valid_from_utc, ours.last_seen_utc, ours.usd_per_million_tokens,
        theirs.provider, theirs.valid_from_utc, theirs.valid_to_utc, theirs.usd_per_million_tokens
)
SELECT
    *,
    coalesce(abs(CAST(usd_per_million_tokens AS DOUBLE) - CAST(other_usd_per_million_tokens AS DOUBLE))
    / nullif(greatest(CAST(usd_per_million_tokens AS DOUBLE), CAST(other_usd_per_million_tokens AS DOUBLE)), 0), 0) AS difference_share
FROM overlapping
