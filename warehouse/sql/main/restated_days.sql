SELECT
    days.date,
    days.week_start,
    days.earlier_as_of_utc,
    days.later_as_of_utc,
    count(*) FILTER (WHERE models.restatement_kind = 'changed') AS rows_changed,
    count(*) FILTER (WHERE models.restatement_kind = 'entered') AS rows_entered,
    count(*) FILTER (WHERE models.restatement_kind = 'left') AS rows_left,
    days.tokens_before,
    days.tokens_after,
    days.tokens_after / nullif(days.tokens_before, 0) - 1 AS relative_change
FROM staging.day_restatements AS days
INNER JOIN weekly.restatements AS models
    ON models.date = days.date AND models.later_snapshot_id = days.later_snapshot_id
GROUP BY
    days.date, days.week_start, days.earlier_as_of_utc, days.later_as_of_utc, days.tokens_before, days.tokens_after
ORDER BY days.date, days.later_as_of_utc
