-- The countries, labs and models that a claim speaks of. A lab is named by any of its author slugs.
SELECT named.claim_id, named.side, named.subject_kind, coalesce(labs.lab, named.entity) AS entity
FROM (
    SELECT claim_id, 'subject' AS side, subject_kind, unnest(string_split(subject, '+')) AS entity
    FROM claims.claims
    WHERE not_recomputable IS NULL
    UNION ALL
    SELECT claim_id, 'against' AS side, subject_kind, unnest(string_split(against, '+')) AS entity
    FROM claims.claims
    WHERE not_recomputable IS NULL AND against IS NOT NULL
) AS named
LEFT JOIN (SELECT author, max_by(lab, valid_from) AS lab FROM attribution.labs GROUP BY author) AS labs
    ON named.subject_kind = 'lab' AND labs.author = named.entity
