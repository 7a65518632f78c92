WITH asked AS (
    SELECT
        claim_id,
        CASE
            WHEN metric IN ('price', 'price_ratio') THEN (SELECT count(*) FROM prices.sources)
            WHEN top_n IS NULL THEN 12
            ELSE 4
        END AS verdicts
    FROM claims.claims
    WHERE not_recomputable IS NULL
),
answered AS (
    SELECT claim_id, count(*) AS verdicts FROM temp.candidate GROUP BY claim_id
)
SELECT
    (
        SELECT count(*)
        FROM asked
        FULL JOIN answered ON answered.claim_id = asked.claim_id
        WHERE asked.verdicts IS DISTINCT FROM answered.verdicts
    ) AS claims_without_every_definition,
    count(*) FILTER (WHERE (verdict = 'not_recomputable') <> (difference IS NULL)) AS groundless_verdicts
FROM temp.candidate
