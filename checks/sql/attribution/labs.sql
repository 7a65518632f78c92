SELECT
    count(*) FILTER (WHERE country_code <> 'ZZ' AND evidence_url IS NULL) AS homes_without_evidence,
    (
        SELECT count(*)
        FROM temp.candidate AS earlier
        INNER JOIN temp.candidate AS later ON later.author = earlier.author AND later.valid_from > earlier.valid_from
        WHERE earlier.valid_to IS NULL OR earlier.valid_to > later.valid_from
    ) AS overlapping_homes
FROM temp.candidate
