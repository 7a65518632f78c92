SELECT
    count(*) FILTER (WHERE model_permaslug IN (SELECT model_permaslug FROM prices.model_names)) AS matched_models,
    (
        SELECT coalesce(sum(tokens), 0)
        FROM weekly.model_tokens
        WHERE row_kind = 'model' AND model_permaslug NOT IN (SELECT model_permaslug FROM prices.model_names)
    ) - coalesce(sum(tokens), 0) AS lost_tokens,
    coalesce(max(highest_platform_share) FILTER (WHERE NOT is_free), 0) AS largest_share
FROM temp.candidate
