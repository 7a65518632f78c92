-- The newest vintage of each day, chosen per whole day by as_of; the slug split for display.
WITH split_slugs AS (
    SELECT
        vintages.*,
        nullif(split_part(vintages.model_permaslug, ':', 2), '') AS variant,
        split_part(split_part(vintages.model_permaslug, ':', 1), '/', 1) AS author,
        split_part(split_part(vintages.model_permaslug, ':', 1), '/', 2) AS name_with_date
    FROM staging.model_day_token_vintages AS vintages
    INNER JOIN staging.newest_vintages AS newest
        ON newest.date = vintages.date AND newest.snapshot_id = vintages.snapshot_id
    WHERE vintages.week_start IN (SELECT week_start FROM temp.weeks_at_hand)
)
SELECT
    date,
    model_permaslug,
    week_start,
    row_kind,
    tokens,
    CASE WHEN row_kind = 'model'
        THEN CAST(row_number() OVER (PARTITION BY date, row_kind ORDER BY tokens DESC, model_permaslug) AS INTEGER)
    END AS rank_of_day,
    CASE WHEN row_kind = 'model' THEN author END AS author,
    CASE WHEN row_kind = 'model'
        THEN regexp_replace(name_with_date, '-([0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{8}|[0-9]{2}-[0-9]{4}|[0-9]{2}-[0-9]{2}|[0-9]{4}|[0-9]{3})$', '')
    END AS model_name,
    nullif(regexp_extract(name_with_date, '-([0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{8}|[0-9]{2}-[0-9]{4}|[0-9]{2}-[0-9]{2}|[0-9]{4}|[0-9]{3})$', 1), '') AS date_suffix,
    variant,
    as_of_utc,
    snapshot_id
FROM split_slugs
