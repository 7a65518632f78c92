"""What each check of prices fails on: what was staged of catalogues and endpoints, and what is made of it.

Not here: tokens (proofs_of_tokens.py).
"""

from good_weeks import FIRST_LOOK
from spoiling import BASE_INPUT, EMPTY, INPUT_OF_A, A, Proof, whole

FIRST_OF_B = f"source = 'test-complete' AND model_id = 'openai/b' AND observed_at_utc = '{FIRST_LOOK}'"
RANKED_INPUT = "source = 'test-complete' AND price_kind = 'input' AND population = 'ranked'"

PRICES: dict[tuple[str, str], Proof] = {
    ("staging.catalogue_statements", "every_raw_row_is_accounted_for"): whole(
        f"UPDATE candidate SET raw_rows = raw_rows - 1 WHERE {FIRST_OF_B}"
    ),
    ("staging.catalogue_statements", "every_statement_has_a_meaning"): whole(
        "UPDATE candidate SET source = NULL, status = 'quarantined', "
        f"reason = 'no line of price_sources.csv says what it means' WHERE {FIRST_OF_B}",
        "no_statement_is_quarantined",
    ),
    ("staging.catalogue_statements", "no_statement_is_quarantined"): whole(
        f"UPDATE candidate SET status = 'quarantined', reason = 'row 7: a bad one' WHERE {FIRST_OF_B}"
    ),
    ("staging.catalogue_models", "newest_snapshots_can_be_read"): whole(
        "INSERT INTO staging.catalogue_statements "
        "SELECT * REPLACE (NULL AS model_id, 0 AS raw_rows, 'quarantined' AS status) "
        f"FROM staging.catalogue_statements WHERE {FIRST_OF_B}"
    ),
    ("staging.catalogue_models", "staged_statements_are_all_here"): whole(f"DELETE FROM candidate WHERE {FIRST_OF_B}"),
    ("staging.catalogue_models", "nothing_is_observed_before_it_is_said"): whole(
        "INSERT INTO candidate "
        "SELECT * REPLACE ('openai/c' AS model_id, stated_at_utc + INTERVAL 1 DAY AS stated_at_utc) "
        f"FROM candidate WHERE {FIRST_OF_B}"
    ),
    ("staging.catalogue_models", "lists_do_not_shrink_at_once"): whole(
        "INSERT INTO candidate SELECT one.* REPLACE ('openai/x' || more.number AS model_id, "
        "one.observed_at_utc - INTERVAL 1 DAY AS observed_at_utc, "
        "one.observed_at_utc - INTERVAL 2 DAY AS stated_at_utc) "
        "FROM (SELECT * FROM candidate WHERE source = 'test-complete' ORDER BY observed_at_utc LIMIT 1) AS one "
        "CROSS JOIN range(60) AS more (number)"
    ),
    ("staging.catalogue_prices", "staged_prices_are_all_here"): whole(
        f"DELETE FROM candidate WHERE {FIRST_OF_B} AND price_kind = 'input'"
    ),
    ("staging.catalogue_prices", "states_match_prices"): whole(
        f"UPDATE candidate SET usd_per_million_tokens = NULL WHERE {FIRST_OF_B} AND price_kind = 'input'"
    ),
    ("prices.sources", "there_are_sources"): whole(EMPTY),
    ("prices.sources", "one_meaning_at_a_time"): whole("UPDATE candidate SET snapshot_source = 'test-complete'"),
    ("prices.sources", "completeness_is_known"): whole(
        "UPDATE candidate SET completeness = 'most' WHERE source = 'test-complete'"
    ),
    ("prices.corrections", "corrected_sources_exist"): whole("UPDATE candidate SET source = 'lost'"),
    ("prices.corrections", "every_correction_has_a_reason"): whole("UPDATE candidate SET reason = ' '"),
    ("prices.model_names", "there_are_names"): whole(EMPTY),
    ("prices.model_names", "an_id_names_one_model_at_a_time"): whole(
        "INSERT INTO candidate SELECT * REPLACE ('openai/zero' AS model_permaslug, valid_from + 9 AS valid_from) "
        "FROM candidate WHERE model_id = 'openai/b'"
    ),
    ("prices.suspicions", "errors_are_reviewed"): whole(
        "UPDATE candidate SET action = NULL WHERE rule = 'per_token' AND price_kind = 'input'"
    ),
    ("prices.suspicions", "oddities_are_reviewed"): whole(
        "INSERT INTO candidate SELECT * REPLACE ('tenfold_jump' AS rule, NULL AS action, NULL AS reason) FROM candidate"
    ),
    ("prices.suspicions", "corrections_are_alive"): whole(EMPTY),
    ("prices.model_prices", "there_are_prices"): whole(EMPTY),
    ("prices.model_prices", "one_price_at_a_time"): whole(
        "UPDATE candidate SET valid_to_utc = valid_to_utc + INTERVAL 1 SECOND WHERE ended_by = 'change'"
    ),
    ("prices.model_prices", "spans_are_in_order"): whole(
        f"UPDATE candidate SET last_seen_utc = valid_from_utc - INTERVAL 1 SECOND WHERE {INPUT_OF_A}"
    ),
    ("prices.model_prices", "ends_have_a_reason"): whole(
        "UPDATE candidate SET ended_by = NULL WHERE ended_by = 'change'"
    ),
    ("prices.model_prices", "prices_are_plausible"): whole(
        f"UPDATE candidate SET usd_per_million_tokens = 1000.01 WHERE {INPUT_OF_A}"
    ),
    ("prices.model_prices", "states_match_prices"): whole(
        f"UPDATE candidate SET price_state = 'varies' WHERE {INPUT_OF_A}"
    ),
    ("prices.model_week_prices", "every_model_is_asked_for"): whole(
        f"DELETE FROM candidate WHERE {A} AND {BASE_INPUT} AND {{week}}"
    ),
    ("prices.model_week_prices", "statuses_match_prices"): whole(
        f"UPDATE candidate SET status = 'delisted' WHERE {A} AND {BASE_INPUT} AND {{week}}"
    ),
    ("prices.model_week_prices", "prices_are_in_force"): whole(
        f"UPDATE candidate SET last_seen_utc = week_start - INTERVAL 22 DAY WHERE {A} AND {BASE_INPUT} AND {{week}}"
    ),
    ("prices.country_week_prices", "tokens_equal_weekly"): whole(
        f"UPDATE candidate SET tokens = tokens - 1 WHERE country_code = 'CN' AND {RANKED_INPUT} AND {{week}}"
    ),
    ("prices.country_week_prices", "shares_are_in_range"): whole(
        f"UPDATE candidate SET priced_share = 1.01 WHERE country_code = 'CN' AND {RANKED_INPUT} AND {{week}}"
    ),
    ("prices.country_week_prices", "shares_match_prices"): whole(
        f"UPDATE candidate SET usd_per_million_tokens = NULL WHERE country_code = 'CN' AND {RANKED_INPUT} AND {{week}}"
    ),
    ("prices.country_week_prices", "free_rows_make_cheaper"): whole(
        "UPDATE candidate SET usd_per_million_tokens = usd_per_million_tokens_without_free + 1 "
        f"WHERE country_code = 'CN' AND {RANKED_INPUT} AND {{week}}"
    ),
    ("prices.week_coverage", "shares_are_in_range"): whole(
        f"UPDATE candidate SET ever_priced_share = 1.01 WHERE {RANKED_INPUT} AND {{week}}"
    ),
    ("prices.week_coverage", "ever_covers_now"): whole(
        "UPDATE candidate SET ever_priced_tokens = 0 WHERE priced_tokens > 0 AND {week}"
    ),
    ("prices.week_coverage", "any_covers_each"): whole(
        "UPDATE candidate SET priced_tokens = priced_tokens - 1001 WHERE source = 'any' AND {week}"
    ),
    ("prices.week_coverage", "countries_add_up"): whole(
        "UPDATE candidate SET usd_per_million_tokens = usd_per_million_tokens * 1.001 "
        f"WHERE {RANKED_INPUT} AND {{week}}"
    ),
    ("prices.comparisons", "pairs_have_two_sides"): whole(
        "DELETE FROM candidate WHERE model_a = 'qwen/a' AND model_b = 'openai/b' AND {week}"
    ),
    ("prices.comparisons", "ratios_are_reciprocal"): whole(
        "UPDATE candidate SET ratio = ratio * 1.001 WHERE model_a = 'qwen/a' AND model_b = 'openai/b' AND {week}"
    ),
    ("prices.unmatched_models", "unmatched_are_unmatched"): whole(
        "INSERT INTO candidate SELECT * REPLACE ('qwen/a' AS model_permaslug, 0 AS tokens) FROM candidate LIMIT 1"
    ),
    ("prices.unmatched_models", "unmatched_are_all_here"): whole(
        "DELETE FROM candidate WHERE model_permaslug = 'openai/small-00'"
    ),
    ("prices.unmatched_models", "unmatched_share_is_small"): whole(
        "UPDATE candidate SET highest_platform_share = 0.06 WHERE model_permaslug = 'openai/small-00'"
    ),
    ("staging.serving_statements", "every_raw_row_is_accounted_for"): whole(
        "DELETE FROM candidate WHERE name = 'dear'"
    ),
    ("staging.serving_statements", "rows_of_an_endpoint_add_up"): whole(
        "UPDATE candidate SET staged_prices = staged_prices + 1 WHERE name = 'openai/b'"
    ),
    ("staging.serving_statements", "no_statement_is_quarantined"): whole(
        "UPDATE candidate SET status = 'quarantined', reason = 'row 1: a bad one' WHERE name = 'openai/b'"
    ),
    ("staging.providers", "newest_snapshots_can_be_read"): whole(
        "INSERT INTO staging.serving_statements SELECT * REPLACE (NULL AS row_number, 'quarantined' AS status) "
        "FROM staging.serving_statements WHERE name = 'dear'"
    ),
    ("staging.providers", "staged_providers_are_all_here"): whole("DELETE FROM candidate WHERE provider_slug = 'dear'"),
    ("staging.endpoint_prices", "staged_prices_are_all_here"): whole(
        "DELETE FROM candidate WHERE model_id = 'openai/b' AND price_kind = 'output'"
    ),
    ("staging.endpoint_prices", "staged_endpoints_are_all_here"): whole(
        "UPDATE candidate SET endpoint_number = 1 WHERE endpoint_tag = 'cheap/fast'", "key_is_unique"
    ),
    ("staging.endpoint_prices", "states_match_prices"): whole(
        "UPDATE candidate SET price_state = 'varies' WHERE model_id = 'openai/b' AND price_kind = 'output'"
    ),
    ("staging.endpoint_prices", "only_free_variants_are_free"): whole(
        "UPDATE candidate SET usd_per_million_tokens = 0 WHERE model_id = 'openai/b' AND price_kind = 'input'"
    ),
    ("prices.cross_checks", "differences_match_figures"): whole("UPDATE candidate SET difference_share = 0.03"),
    ("prices.cross_checks", "genai_prices_agrees"): whole(
        "UPDATE candidate SET other_usd_per_million_tokens = 2 * usd_per_million_tokens, difference_share = 0.5"
    ),
    ("prices.provider_prices", "cheapest_is_cheapest"): whole(
        "UPDATE candidate SET median_usd_per_million_tokens = 0.1 WHERE model_id = 'openai/b'"
    ),
    ("prices.provider_prices", "countries_add_up"): whole(
        "DELETE FROM candidate WHERE model_id = 'qwen/a' AND provider_country_code = 'CN' AND price_kind = 'input'"
    ),
    ("prices.provider_prices", "prices_are_in_force"): whole(
        "UPDATE candidate SET observed_at_utc = week_start + INTERVAL 7 DAY WHERE {week}"
    ),
    ("prices.who_serves", "endpoints_are_all_here"): whole("DELETE FROM candidate WHERE home_country_code = 'US'"),
    ("prices.who_serves", "counts_are_in_order"): whole("UPDATE candidate SET providers = endpoints + 1"),
}
