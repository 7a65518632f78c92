-- Only where at least nine tenths of a country's tokens have a price: below that the average says little.
SELECT week_start, population, source, price_kind, country_code, usd_per_million_tokens, usd_per_million_tokens_without_free, priced_share, tokens
FROM prices.country_week_prices
WHERE priced_share >= 0.9
ORDER BY week_start, population, source, price_kind, tokens DESC
