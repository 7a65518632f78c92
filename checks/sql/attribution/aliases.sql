SELECT
    count(*) FILTER (WHERE author IS NOT NULL AND author NOT IN (SELECT author FROM attribution.labs)) AS dangling_authors,
    count(*) FILTER (
        WHERE confidence IN ('official', 'reported') AND (evidence_url IS NULL OR known_from_utc IS NULL)
    ) AS reveals_without_evidence
FROM temp.candidate
