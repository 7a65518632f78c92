-- What was stated, and what follows from silence: a model that was listed before and is missing from a complete
-- observation of a source that lists everything is listed no more.
WITH observations AS (
    SELECT DISTINCT source, observed_at_utc FROM staging.catalogue_models
),
-- where a statement was rejected, a model's absence may be our doing
doubtful AS (
    SELECT DISTINCT models.source, models.observed_at_utc
    FROM staging.catalogue_models AS models
    INNER JOIN staging.catalogue_statements AS rejected
        ON rejected.snapshot_id = models.snapshot_id
        AND rejected.status = 'quarantined'
        AND (rejected.observed_at_utc IS NULL OR rejected.observed_at_utc = models.observed_at_utc)
),
-- a list that lost a fifth of its many models at once was cut off on its way: then no absence is a delisting
sizes AS (
    SELECT
        source,
        observed_at_utc,
        count(*) FILTER (WHERE is_listed) AS models,
        lag(count(*) FILTER (WHERE is_listed)) OVER (PARTITION BY source ORDER BY observed_at_utc) AS models_before
    FROM staging.catalogue_models
    GROUP BY source, observed_at_utc
),
first_listed AS (
    SELECT source, model_id, min(observed_at_utc) AS observed_at_utc
    FROM staging.catalogue_models
    GROUP BY source, model_id
)
SELECT source, model_id, observed_at_utc, is_listed, FALSE AS is_deduced
FROM staging.catalogue_models
UNION ALL
SELECT observations.source, first_listed.model_id, observations.observed_at_utc, FALSE AS is_listed, TRUE AS is_deduced
FROM observations
INNER JOIN prices.sources AS sources ON sources.source = observations.source AND sources.completeness = 'complete'
INNER JOIN first_listed
    ON first_listed.source = observations.source AND first_listed.observed_at_utc < observations.observed_at_utc
LEFT JOIN staging.catalogue_models AS stated
    ON stated.source = observations.source
    AND stated.model_id = first_listed.model_id
    AND stated.observed_at_utc = observations.observed_at_utc
INNER JOIN sizes
    ON sizes.source = observations.source AND sizes.observed_at_utc = observations.observed_at_utc
    AND (coalesce(sizes.models_before, 0) < 50 OR sizes.models >= 0.8 * sizes.models_before)
LEFT JOIN doubtful ON doubtful.source = observations.source AND doubtful.observed_at_utc = observations.observed_at_utc
WHERE stated.model_id IS NULL AND doubtful.source IS NULL
