SELECT
    count(*) FILTER (WHERE source NOT IN (SELECT source FROM prices.sources)) AS unknown_sources,
    count(*) FILTER (WHERE trim(reason) = '') AS unexplained
FROM temp.candidate
