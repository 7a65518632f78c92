-- Each restated day's two vintages side by side, model by model; what both say alike is left out.
WITH stated AS (
    SELECT
        restatements.*,
        vintages.model_permaslug,
        vintages.row_kind,
        CASE WHEN vintages.snapshot_id = restatements.earlier_snapshot_id THEN vintages.tokens END AS tokens_before_in_row,
        CASE WHEN vintages.snapshot_id = restatements.later_snapshot_id THEN vintages.tokens END AS tokens_after_in_row
    FROM staging.day_restatements AS restatements
    INNER JOIN staging.model_day_token_vintages AS vintages
        ON vintages.date = restatements.date
        AND vintages.snapshot_id IN (restatements.earlier_snapshot_id, restatements.later_snapshot_id)
),
side_by_side AS (
    SELECT
        week_start,
        date,
        model_permaslug,
        row_kind,
        max(tokens_before_in_row) AS tokens_before,
        max(tokens_after_in_row) AS tokens_after,
        earlier_as_of_utc,
        later_as_of_utc,
        earlier_snapshot_id,
        later_snapshot_id
    FROM stated
    GROUP BY
        week_start, date, model_permaslug, row_kind,
        earlier_as_of_utc, later_as_of_utc, earlier_snapshot_id, later_snapshot_id
)
SELECT
    week_start,
    date,
    model_permaslug,
    row_kind,
    CASE WHEN tokens_before IS NULL THEN 'entered' WHEN tokens_after IS NULL THEN 'left' ELSE 'changed' END AS restatement_kind,
    tokens_before,
    tokens_after,
    coalesce(tokens_after, 0) - coalesce(tokens_before, 0) AS tokens_change,
    tokens_after / nullif(tokens_before, 0) - 1 AS relative_change,
    earlier_as_of_utc,
    later_as_of_utc,
    earlier_snapshot_id,
    later_snapshot_id
FROM side_by_side
WHERE tokens_before IS DISTINCT FROM tokens_after
