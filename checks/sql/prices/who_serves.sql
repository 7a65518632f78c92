WITH newest AS (
    SELECT DISTINCT observed_at_utc, model_id, endpoint_number
    FROM staging.endpoint_prices
    WHERE NOT is_alias
    QUALIFY observed_at_utc = max(observed_at_utc) OVER (PARTITION BY model_id, CAST(observed_at_utc AS DATE))
)
SELECT
    (SELECT count(*) FROM newest) - coalesce(sum(endpoints), 0) AS lost_endpoints,
    count(*) FILTER (WHERE NOT (models BETWEEN 1 AND endpoints AND providers BETWEEN 1 AND endpoints)) AS crooked_counts
FROM temp.candidate
