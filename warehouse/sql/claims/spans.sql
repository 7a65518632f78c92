-- The days that a claim speaks of, and the same span moved by up to a week: what else its author may have looked at.
SELECT
    spoken.claim_id,
    spoken.role,
    shifts.shift_days,
    CAST(spoken.first_day + to_days(shifts.shift_days) AS DATE) AS span_start,
    CAST(spoken.last_day + to_days(shifts.shift_days) AS DATE) AS span_end
FROM (
    SELECT claim_id, 'span' AS role, span_start AS first_day, span_end AS last_day
    FROM claims.claims
    WHERE not_recomputable IS NULL AND metric IN ('tokens', 'share', 'ratio', 'change', 'rank', 'top_n_count', 'top_n_share')
    UNION ALL
    SELECT claim_id, 'baseline' AS role, baseline_start AS first_day, baseline_end AS last_day
    FROM claims.claims
    WHERE not_recomputable IS NULL AND baseline_start IS NOT NULL
) AS spoken
CROSS JOIN (VALUES (-7), (-3), (-2), (-1), (0), (1), (2), (3), (7)) AS shifts (shift_days)
