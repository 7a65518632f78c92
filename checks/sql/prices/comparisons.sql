SELECT
    count(*) FILTER (WHERE back.ratio IS NULL AND there.ratio > 0) AS one_sided_pairs,
    count(*) FILTER (WHERE abs(there.ratio * back.ratio - 1) > 0.000000001) AS crooked_ratios
FROM temp.candidate AS there
LEFT JOIN temp.candidate AS back
    ON back.week_start = there.week_start AND back.price_kind = there.price_kind AND back.source = there.source
    AND back.model_a = there.model_b AND back.model_b = there.model_a
