SELECT week_start, model_permaslug, lab, country_code, tokens, platform_share, rank, is_top_9, is_complete_week
FROM weekly.model_tokens
WHERE row_kind = 'model'
ORDER BY week_start, rank
