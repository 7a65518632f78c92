SELECT
    count(*) FILTER (WHERE as_of_utc > fetched_at_utc + INTERVAL 10 MINUTES) AS stated_after_fetched,
    count(*) FILTER (WHERE NOT regexp_full_match(sha256, '[0-9a-f]{64}')) AS malformed_hashes
FROM temp.candidate
