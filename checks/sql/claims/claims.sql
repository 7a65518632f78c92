SELECT
    count(*) FILTER (
        WHERE not_recomputable IS NULL AND metric <> 'first_time_ahead' AND try_cast(expected AS DOUBLE) IS NULL
        OR not_recomputable IS NULL AND metric = 'first_time_ahead' AND try_cast(expected AS DATE) IS NULL
    ) AS unreadable_figures,
    count(*) FILTER (
        WHERE not_recomputable IS NULL AND subject_kind = 'country'
        AND NOT regexp_full_match(concat_ws('+', subject, against), '[A-Z]{2}([+][A-Z]{2})*')
    ) AS malformed_countries
FROM temp.candidate
