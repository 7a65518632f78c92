SELECT week_start, population, country_code, tokens, share, share_high, rank, is_complete_week
FROM weekly.country_tokens
WHERE policy = 'lab_home' AND knowledge = 'as_known_now'
ORDER BY week_start, population, tokens DESC
