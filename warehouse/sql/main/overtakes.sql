SELECT week_start, population, leader, overtaken, leader_tokens, overtaken_tokens, is_certain, is_first
FROM weekly.overtakes
WHERE policy = 'lab_home' AND knowledge = 'as_known_now' AND entity_kind = 'country'
ORDER BY week_start, population
