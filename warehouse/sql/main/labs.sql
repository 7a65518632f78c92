SELECT week_start, population, lab, tokens, share, share_high, rank, is_complete_week
FROM weekly.lab_tokens
WHERE policy = 'lab_home' AND knowledge = 'as_known_now'
ORDER BY week_start, population, tokens DESC
