-- Each day's tokens with the lab and its home on that day. The row `other` passes through without either.
SELECT
    tokens.date,
    tokens.model_permaslug,
    tokens.week_start,
    tokens.row_kind,
    tokens.tokens,
    models.method,
    CASE WHEN tokens.row_kind = 'model' THEN coalesce(homes.lab, 'unknown') END AS lab,
    CASE WHEN tokens.row_kind = 'model' THEN coalesce(homes.country_code, 'ZZ') END AS country_code,
    CASE
        WHEN tokens.row_kind = 'other' THEN NULL
        WHEN models.base_author IS NULL THEN coalesce(homes.lab, 'unknown')
        ELSE coalesce(base_homes.lab, 'unknown')
    END AS base_lab,
    CASE
        WHEN tokens.row_kind = 'other' THEN NULL
        WHEN models.base_author IS NULL THEN coalesce(homes.country_code, 'ZZ')
        ELSE coalesce(base_homes.country_code, 'ZZ')
    END AS base_country_code,
    greatest(models.known_from_utc, homes.known_from_utc) AS known_from_utc
FROM staging.model_day_tokens AS tokens
LEFT JOIN attribution.models AS models ON models.model_permaslug = tokens.model_permaslug
LEFT JOIN attribution.labs AS homes
    ON homes.author = models.attributed_author
    AND tokens.date >= homes.valid_from
    AND (homes.valid_to IS NULL OR tokens.date < homes.valid_to)
LEFT JOIN attribution.labs AS base_homes
    ON base_homes.author = models.base_author
    AND tokens.date >= base_homes.valid_from
    AND (base_homes.valid_to IS NULL OR tokens.date < base_homes.valid_to)
WHERE tokens.week_start IN (SELECT week_start FROM temp.weeks_at_hand)
