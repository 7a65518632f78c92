WITH found AS (
    SELECT date, later_snapshot_id, sum(tokens_change) AS tokens_change
    FROM temp.candidate
    GROUP BY date, later_snapshot_id
),
unexplained AS (
    SELECT count(*) AS days
    FROM staging.day_restatements AS restatements
    FULL JOIN found ON found.date = restatements.date AND found.later_snapshot_id = restatements.later_snapshot_id
    WHERE found.tokens_change IS DISTINCT FROM restatements.tokens_after - restatements.tokens_before
)
SELECT
    max(unexplained.days) AS unexplained_days,
    count(*) FILTER (
        WHERE (candidate.restatement_kind = 'entered') <> (candidate.tokens_before IS NULL)
        OR (candidate.restatement_kind = 'left') <> (candidate.tokens_after IS NULL)
    ) AS mistaken_kinds,
    count(*) FILTER (WHERE candidate.earlier_as_of_utc > candidate.later_as_of_utc) AS out_of_order
FROM unexplained
LEFT JOIN temp.candidate ON TRUE
