SELECT model_id, source, price_kind, over_prompt_tokens, usd_per_million_tokens, price_state, valid_from_utc, last_seen_utc, valid_to_utc, ended_by
FROM prices.model_prices
ORDER BY model_id, price_kind, over_prompt_tokens, source, valid_from_utc
