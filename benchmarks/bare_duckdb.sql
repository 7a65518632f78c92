-- Run by bare_duckdb.py, which sets the variables archive and reference. Not tokentide's SQL: that is in warehouse/sql/.

-- 1. Tokens by week and country.
CREATE TABLE labs AS SELECT author, country_code, valid_from::DATE AS from_day, coalesce(valid_to::DATE, 'infinity') AS to_day
FROM read_csv(getvariable('reference') || '/labs.csv', all_varchar = TRUE);

CREATE TABLE models AS
SELECT
    slug,
    CASE WHEN o.method IS NOT NULL THEN o.author ELSE coalesce(a.author, split_part(slug, '/', 1)) END AS author,
    CASE WHEN o.method IS NULL THEN a.known_from_utc::TIMESTAMP END AS known_from,
    l.base_author
FROM (SELECT DISTINCT model AS slug FROM read_parquet(getvariable('archive') || '/usage.parquet') WHERE model <> 'other')
LEFT JOIN read_csv(getvariable('reference') || '/overrides.csv', all_varchar = TRUE) AS o ON o.model_permaslug = slug
LEFT JOIN (
    FROM read_csv(getvariable('reference') || '/aliases.csv', all_varchar = TRUE) WHERE confidence IN ('official', 'reported')
) AS a ON a.cloaked_slug = slug
LEFT JOIN read_csv(getvariable('reference') || '/lineage.csv', all_varchar = TRUE) AS l ON l.model_permaslug = slug;

-- by week and home: a lab that moves makes two rows of a model's week
CREATE TABLE home_weeks AS
SELECT
    time_bucket(INTERVAL 7 DAYS, day, DATE '2024-12-30') AS week_start,
    u.model AS slug,
    CASE WHEN u.model = 'other' THEN 'other' ELSE coalesce(h.country_code, 'ZZ') END AS home,
    CASE WHEN m.base_author IS NULL THEN home ELSE coalesce(b.country_code, 'ZZ') END AS base_home,
    coalesce(m.known_from >= week_start + INTERVAL 7 DAYS, FALSE) AS is_known_later,
    sum(u.tokens)::BIGINT AS tokens,
    max(day) AS last_day
FROM read_parquet(getvariable('archive') || '/usage.parquet') AS u
LEFT JOIN models AS m ON m.slug = u.model
LEFT JOIN labs AS h ON h.author = m.author AND u.day >= h.from_day AND u.day < h.to_day
LEFT JOIN labs AS b ON b.author = m.base_author AND u.day >= b.from_day AND u.day < b.to_day
GROUP BY ALL;

CREATE TABLE model_weeks AS
SELECT
    week_start,
    slug,
    arg_max(home, last_day) AS country_code,
    sum(tokens)::BIGINT AS tokens,
    count(*) FILTER (slug <> 'other') OVER (PARTITION BY week_start ORDER BY slug = 'other', sum(tokens) DESC, slug ROWS UNBOUNDED PRECEDING)
        <= 9 AND slug <> 'other' AS is_top_9
FROM home_weeks
GROUP BY week_start, slug;

CREATE TABLE country_tokens AS
WITH labelled AS (
    SELECT
        week_start,
        unnest(CASE
            WHEN slug = 'other' THEN ['platform']
            WHEN is_top_9 THEN ['top_9', 'ranked', 'platform']
            ELSE ['ranked', 'platform']
        END) AS population,
        home_weeks.tokens,
        home,
        base_home,
        CASE WHEN is_known_later THEN 'ZZ' ELSE home END AS home_then,
        CASE WHEN is_known_later THEN 'ZZ' ELSE base_home END AS base_home_then
    FROM home_weeks
    JOIN model_weeks USING (week_start, slug)
),
by_definition AS (
    SELECT week_start, population, 'lab_home' AS policy, 'as_known_now' AS knowledge, home AS country_code, tokens FROM labelled
    UNION ALL
    SELECT week_start, population, 'lab_home', 'as_known_then', home_then, tokens FROM labelled
    UNION ALL
    SELECT week_start, population, 'base_model_home', 'as_known_now', base_home, tokens FROM labelled
    UNION ALL
    SELECT week_start, population, 'base_model_home', 'as_known_then', base_home_then, tokens FROM labelled
),
sums AS (
    SELECT week_start, population, policy, knowledge, country_code, sum(tokens)::BIGINT AS tokens FROM by_definition GROUP BY ALL
),
totals AS (
    SELECT
        week_start, population, policy, knowledge,
        sum(tokens)::BIGINT AS population_tokens,
        coalesce(sum(tokens) FILTER (country_code IN ('ZZ', 'other')), 0)::BIGINT AS undecided
    FROM sums
    GROUP BY ALL
)
SELECT
    week_start, population, policy, knowledge, country_code, tokens, population_tokens,
    tokens / population_tokens AS share,
    (undecided + if(country_code = 'ZZ', 0, tokens)) / population_tokens AS share_high,
    if(country_code = 'ZZ', NULL, rank() OVER (
        PARTITION BY week_start, population, policy, knowledge ORDER BY country_code = 'ZZ', tokens DESC, country_code
    ))::INTEGER AS rank
FROM sums
JOIN totals USING (week_start, population, policy, knowledge)
WHERE country_code <> 'other';

-- 2. Prices: what was stated, spans of one price, names, the price in force at a week's end.
CREATE TABLE sources AS
SELECT
    source, snapshot_source, completeness,
    coalesce(valid_from_utc::TIMESTAMP, '-infinity') AS from_utc,
    coalesce(valid_to_utc::TIMESTAMP, 'infinity') AS to_utc
FROM read_csv(getvariable('reference') || '/price_sources.csv', all_varchar = TRUE);

CREATE TABLE said AS
SELECT
    s.source, p.model AS model_id, p.observed_at::TIMESTAMP AS seen_utc, p.status = 'listed' AS is_listed, p.canonical_slug,
    CASE WHEN p.kind IN ('input', 'output', 'cache_read', 'cache_write', 'cache_write_1h', 'reasoning') THEN p.kind END AS kind,
    p.over_prompt_tokens::BIGINT AS over_tokens,
    p.usd_per_million = 'varies' AS is_varying,
    try_cast(p.usd_per_million AS DECIMAL(18, 9)) AS usd
FROM read_parquet(getvariable('archive') || '/prices-*.parquet', filename = TRUE) AS p
JOIN read_json(getvariable('archive') || '/prices-*.json', filename = TRUE, columns = {'source': 'VARCHAR'}) AS f
    ON replace(f.filename, '.json', '') = replace(p.filename, '.parquet', '')
JOIN sources AS s ON s.snapshot_source = f.source AND p.observed_at::TIMESTAMP >= s.from_utc AND p.observed_at::TIMESTAMP < s.to_utc;

-- where a recording changes its meaning, what was last listed under the old one holds on under the new
INSERT INTO said
SELECT b.source, a.* EXCLUDE (source) REPLACE (b.from_utc AS seen_utc)
FROM sources AS b
JOIN sources AS old ON old.snapshot_source = b.snapshot_source AND old.to_utc = b.from_utc AND b.completeness = 'changes'
JOIN (FROM said QUALIFY seen_utc = max(seen_utc) OVER (PARTITION BY source, model_id)) AS a ON a.source = old.source AND a.is_listed
WHERE (b.source, a.model_id, b.from_utc) NOT IN (SELECT (source, model_id, seen_utc) FROM said);

CREATE TABLE statements AS
SELECT source, model_id, seen_utc, bool_and(is_listed) AS is_listed, max(canonical_slug) AS canonical_slug FROM said GROUP BY ALL;

CREATE TABLE looks AS SELECT DISTINCT source, seen_utc FROM statements;

CREATE TABLE prices AS
SELECT p.source, p.model_id, p.kind, p.over_tokens, p.seen_utc, p.is_varying, CASE c.action WHEN 'times_million' THEN (p.usd * 1000000)::DECIMAL(18, 9) ELSE p.usd END AS usd
FROM said AS p
LEFT JOIN (
    FROM read_csv(getvariable('reference') || '/price_corrections.csv', all_varchar = TRUE) WHERE action <> 'accept'
) AS c
    ON c.source = p.source AND c.model_id = p.model_id
    AND p.seen_utc >= coalesce(c.observed_from_utc::TIMESTAMP, '-infinity')
    AND p.seen_utc < coalesce(c.observed_to_utc::TIMESTAMP, 'infinity')
WHERE p.kind IS NOT NULL AND coalesce(c.action, '') <> 'ignore';

-- every instant at which a source that states the series might have said something else
CREATE TABLE points AS
WITH series AS (
    SELECT source, model_id, kind, over_tokens, min(seen_utc) AS first_utc FROM prices GROUP BY ALL
),
moments AS (
    SELECT source, model_id, seen_utc, is_listed FROM statements
    UNION ALL
    SELECT looks.source, listed.model_id, looks.seen_utc, FALSE
    FROM looks
    JOIN (SELECT DISTINCT source, model_id FROM statements) AS listed USING (source)
    JOIN sources ON sources.source = looks.source AND completeness = 'complete'
    ANTI JOIN statements AS there ON there.source = looks.source AND there.model_id = listed.model_id AND there.seen_utc = looks.seen_utc
)
SELECT series.* EXCLUDE (first_utc), moments.seen_utc, moments.is_listed, prices.is_varying, prices.usd
FROM series
JOIN moments ON moments.source = series.source AND moments.model_id = series.model_id AND moments.seen_utc >= series.first_utc
LEFT JOIN prices
    ON prices.source = series.source AND prices.model_id = series.model_id AND prices.kind = series.kind
    AND prices.over_tokens = series.over_tokens AND prices.seen_utc = moments.seen_utc;

-- the first point of each span; a span lasts until the next one's
CREATE TABLE spans AS
WITH firsts AS (
    FROM points
    WINDOW series AS (PARTITION BY source, model_id, kind, over_tokens ORDER BY seen_utc)
    QUALIFY row_number() OVER series = 1 OR (is_varying, usd) IS DISTINCT FROM lag((is_varying, usd)) OVER series
),
bounded AS (
    SELECT
        *,
        lead(seen_utc) OVER series AS valid_to_utc,
        CASE WHEN NOT lead(is_listed) OVER series THEN 'delisting' WHEN lead(is_varying) OVER series IS NULL THEN 'no_price' ELSE 'change' END AS next
    FROM firsts
    WINDOW series AS (PARTITION BY source, model_id, kind, over_tokens ORDER BY seen_utc)
)
SELECT
    b.model_id, b.kind AS price_kind, b.over_tokens AS over_prompt_tokens, b.source, b.seen_utc AS valid_from_utc, b.valid_to_utc,
    if(s.completeness = 'changes', l.seen_utc, p.seen_utc) AS last_seen_utc,
    if(b.is_varying, 'varies', 'priced') AS price_state, b.usd AS usd_per_million_tokens,
    if(b.valid_to_utc IS NULL, NULL, next) AS ended_by
FROM bounded AS b
JOIN sources AS s ON s.source = b.source
ASOF JOIN looks AS l ON l.source = b.source AND l.seen_utc < coalesce(b.valid_to_utc, 'infinity')
ASOF JOIN points AS p
    ON p.source = b.source AND p.model_id = b.model_id AND p.kind = b.kind AND p.over_tokens = b.over_tokens
    AND p.seen_utc < coalesce(b.valid_to_utc, 'infinity')
WHERE b.is_varying IS NOT NULL;

CREATE TABLE names AS
WITH ids AS (
    SELECT DISTINCT model_id, split_part(model_id, ':', 1) AS base_id, split_part(model_id, ':', 2) AS variant FROM statements WHERE model_id NOT LIKE '~%'
),
reviewed AS (
    SELECT model_permaslug AS slug, model_id, coalesce(valid_from::DATE, DATE '2025-01-01') AS from_day, coalesce(valid_to::DATE, 'infinity') AS to_day, 1 AS preference
    FROM read_csv(getvariable('reference') || '/model_names.csv', all_varchar = TRUE)
),
listings AS (
    SELECT canonical_slug AS slug, split_part(model_id, ':', 1) AS model_id, min(seen_utc)::DATE AS first_day
    FROM statements WHERE model_id NOT LIKE '~%' AND canonical_slug IS NOT NULL GROUP BY ALL
),
listed AS (
    SELECT
        slug, model_id,
        if(lag(slug) OVER by_day IS NULL, DATE '2025-01-01', first_day) AS from_day,
        coalesce(lead(first_day) OVER by_day, 'infinity') AS to_day,
        2 AS preference
    FROM listings
    WINDOW by_day AS (PARTITION BY model_id ORDER BY first_day, slug)
),
same AS (
    SELECT DISTINCT base_id AS slug, base_id AS model_id, DATE '2025-01-01' AS from_day, DATE 'infinity' AS to_day, 0 AS preference
    FROM ids ANTI JOIN listings ON listings.model_id = base_id
),
pairs AS (
    FROM reviewed
    UNION ALL
    SELECT r.slug, r.model_id, r.from_day, least(r.to_day, coalesce(first_reviewed, 'infinity')), r.preference
    FROM (FROM listed UNION ALL FROM same) AS r
    LEFT JOIN (SELECT model_id, min(from_day) AS first_reviewed FROM reviewed GROUP BY ALL) AS f ON f.model_id = r.model_id
    WHERE coalesce(first_reviewed > r.from_day, TRUE)
)
SELECT m.slug, coalesce(ids.model_id, pairs.model_id) AS model_id, pairs.from_day, pairs.to_day
FROM pairs
JOIN models AS m ON m.slug = pairs.slug OR split_part(m.slug, ':', 1) = pairs.slug
LEFT JOIN ids ON ids.base_id = pairs.model_id AND ids.variant = split_part(m.slug, ':', 2) AND split_part(m.slug, ':', 1) = pairs.slug
WHERE ids.model_id IS NOT NULL OR (m.slug = pairs.slug AND contains(m.slug, ':'))
QUALIFY row_number() OVER (PARTITION BY m.slug, coalesce(ids.model_id, pairs.model_id), pairs.from_day ORDER BY preference) = 1;

CREATE TABLE week_prices AS
WITH ends AS (
    SELECT DISTINCT week_start, week_start + INTERVAL 7 DAYS AS end_utc FROM model_weeks
),
asked AS (
    SELECT week_start, slug, source, kind
    FROM model_weeks
    CROSS JOIN (SELECT DISTINCT source, price_kind AS kind FROM spans WHERE price_kind IN ('input', 'output'))
    WHERE slug <> 'other'
),
observed AS (
    SELECT DISTINCT week_start, source FROM ends JOIN looks ON seen_utc < end_utc AND seen_utc >= end_utc - INTERVAL 28 DAYS
),
of_model AS (
    SELECT
        n.slug, s.* REPLACE (
            greatest(s.valid_from_utc, n.from_day::TIMESTAMP) AS valid_from_utc,
            least(s.last_seen_utc, n.to_day::TIMESTAMP) AS last_seen_utc
        )
    FROM spans AS s
    JOIN names AS n ON n.model_id = s.model_id AND s.last_seen_utc >= n.from_day AND s.valid_from_utc < n.to_day
    WHERE s.price_kind IN ('input', 'output') AND s.over_prompt_tokens = 0
),
in_force AS (
    SELECT e.week_start, o.slug, o.source, o.price_kind AS kind, first(o ORDER BY o.last_seen_utc DESC, o.valid_from_utc DESC, o.model_id) AS span
    FROM ends AS e
    JOIN of_model AS o
        ON o.valid_from_utc < e.end_utc AND coalesce(o.valid_to_utc, 'infinity') >= e.end_utc AND o.last_seen_utc >= e.end_utc - INTERVAL 28 DAYS
    GROUP BY ALL
)
SELECT
    week_start, slug AS model_permaslug, source, kind AS price_kind,
    CASE
        WHEN contains(slug, ':free') AND o.source IS NOT NULL THEN 'free'
        WHEN span.price_state = 'priced' THEN 'in_force'
        ELSE span.price_state
    END AS status,
    if(contains(slug, ':free') AND o.source IS NOT NULL, 0, span.usd_per_million_tokens)::DECIMAL(18, 9) AS usd_per_million_tokens,
    span.model_id AS model_id,
    span.valid_from_utc AS valid_from_utc,
    span.last_seen_utc AS last_seen_utc
FROM asked
LEFT JOIN observed AS o USING (week_start, source)
LEFT JOIN in_force USING (week_start, slug, source, kind);

CREATE TABLE country_prices AS
WITH rows AS (
    SELECT p.week_start, p.source, p.price_kind, m.country_code, m.tokens, m.is_top_9, p.status, p.usd_per_million_tokens AS usd
    FROM week_prices AS p
    JOIN model_weeks AS m ON m.week_start = p.week_start AND m.slug = p.model_permaslug
)
SELECT
    week_start, population, source, price_kind, country_code,
    sum(tokens)::BIGINT AS tokens,
    sum(if(usd IS NULL, 0, tokens))::BIGINT AS priced_tokens,
    priced_tokens / sum(tokens) AS priced_share,
    sum(if(status = 'free', tokens, 0))::BIGINT AS free_tokens,
    sum(usd::DOUBLE * tokens) / nullif(priced_tokens, 0) AS usd_per_million_tokens,
    sum(usd::DOUBLE * tokens) FILTER (status = 'in_force') / nullif(sum(tokens) FILTER (status = 'in_force'), 0)
        AS usd_per_million_tokens_without_free
FROM rows
JOIN (VALUES ('top_9'), ('ranked'), ('platform')) AS p (population) ON is_top_9 OR population <> 'top_9'
GROUP BY ALL;
