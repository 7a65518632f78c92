-- Models that no price source is known to list, under any name.
SELECT
    tokens.model_permaslug,
    CAST(sum(tokens.tokens) AS BIGINT) AS tokens,
    CAST(count(*) AS INTEGER) AS weeks,
    min(tokens.week_start) AS first_week_start,
    max(tokens.week_start) AS last_week_start,
    coalesce(max(tokens.platform_share) FILTER (WHERE observed.week_start IS NOT NULL), 0) AS highest_platform_share,
    bool_or(observed.week_start IS NOT NULL) AS is_within_price_history,
    contains(tokens.model_permaslug, ':free') AS is_free
FROM weekly.model_tokens AS tokens
LEFT JOIN prices.model_names AS names ON names.model_permaslug = tokens.model_permaslug
LEFT JOIN (
    SELECT DISTINCT week_start FROM prices.model_week_prices WHERE status <> 'not_observed'
) AS observed ON observed.week_start = tokens.week_start
WHERE tokens.row_kind = 'model' AND names.model_permaslug IS NULL
GROUP BY tokens.model_permaslug
