SELECT
    count(*) - count(DISTINCT base_permaslug) AS entered_twice,
    count(*) FILTER (WHERE first_date NOT BETWEEN week_start AND week_start + 6) AS entered_in_another_week,
    count(*) FILTER (
        WHERE base_permaslug IN (
            SELECT split_part(earlier.model_permaslug, ':', 1)
            FROM weekly.model_tokens AS earlier
            WHERE earlier.week_start < candidate.week_start
        )
    ) AS seen_before
FROM temp.candidate
