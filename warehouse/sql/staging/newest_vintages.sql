-- Chosen per whole day, by the instant for which the source stated it.
SELECT date, week_start, snapshot_id, as_of_utc, raw_rows, raw_tokens, figures_hash
FROM staging.snapshot_days
WHERE status = 'staged'
QUALIFY row_number() OVER (PARTITION BY date ORDER BY as_of_utc DESC, snapshot_id DESC) = 1
