"""Every check of every suite fails on bad data, names the bad week, and keeps quiet about the rest."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import duckdb
import pytest
from building import (
    LONG_AFTER,
    TABLES,
    build_tables,
    claim,
    days_of,
    endpoint,
    full_day,
    full_weeks,
    lab,
    listed,
    put_endpoints,
    put_prices,
    put_providers,
    put_rows,
    query,
    references,
    removed,
    week,
)

from checks.run import validate_candidate, validate_publication
from checks.suite import structural_expectations, structural_measures_sql
from checks.suites import SUITES
from warehouse.builds import load_current_inputs
from warehouse.contracts import CONTRACTS, Build
from warehouse.database import connect, create_tables
from warehouse.hashing import code_version
from warehouse.home import Home
from warehouse.results import BLOCKING
from warehouse.results import GATE as PUBLICATION

WEEKS = [week(0), week(1), week(2)]
BAD_WEEK = week(1)
LAST_WEEK = week(2)
BAD_DAY = days_of(BAD_WEEK)[6]
READ = {"evidence_url": "https://example.org", "evidence_read_on": date(2026, 11, 24)}
REFERENCES = references(
    labs=[lab("qwen", "CN", **READ), lab("openai", "US", **READ), lab("cloaked", "ZZ")],
    aliases=[
        {
            "cloaked_slug": "cloaked/alpha",
            "revealed_as": "X",
            "author": "qwen",
            "confidence": "official",
            "known_from_utc": datetime(2026, 1, 13),
            **READ,
        }
    ],
    lineage=[{"model_permaslug": "openai/tune", "base_model": "Q", "base_author": "qwen", "derivation": "fine-tune"}],
    price_corrections=[
        {
            "source": "test-changes",
            "model_id": "openai/tune",
            "rule": "per_token",
            "action": "times_million",
            "reason": "Typed per token.",
        }
    ],
    genai_prices=[
        {"model_id": "qwen/a", "provider": "openrouter", "price_kind": "input", "usd_per_million_tokens": "1.04"}
        | {"seen_on": LAST_WEEK}
    ],
    model_names=[{"model_permaslug": "cloaked/alpha", "model_id": "stealth/alpha", "reason": "Its name before."}],
    claims=[
        claim("cn-tokens", "tokens", "CN", "0.0", unit="trillion tokens"),
        claim("cn-share", "share", "CN", "99.9"),
        claim("a-price", "price", "openai/b", "1", subject_kind="model", price_kind="output"),
    ],
)
MODELS = {
    "qwen/a": 3600,
    "qwen/a:free": 400,
    "openai/b": 3000,
    "cloaked/alpha": 500,
    "openai/tune": 500,
    "openai/zero": 0,
}
# one day as it was stated first: then one model's tokens changed, one left and another entered
RESTATED_DAY = days_of(BAD_WEEK)[0]
RESTATED_LATER = [
    (day, "openai/gone" if slug == "openai/small-43" else slug, tokens - 1 if slug == "qwen/a" else tokens)
    for day, slug, tokens in full_day(RESTATED_DAY, MODELS, other=4000)
]
FIRST_LOOK, SECOND_LOOK, THIRD_LOOK = (datetime(2026, 1, day) for day in (8, 15, 22))
# each look at the complete source lists these; the others come, go or change
ALWAYS_LISTED = {
    "qwen/a": {"input": 1, "output": 4, "cache_read": "0.1", "tiers": {200_000: {"input": 2, "output": 8}}},
    "qwen/a:free": {"input": 0, "output": 0},
    "stealth/alpha": {"input": "0.5", "output": 1},
}
COMPLETE = [
    *(listed(at, model, **of) for at in (FIRST_LOOK, SECOND_LOOK, THIRD_LOOK) for model, of in ALWAYS_LISTED.items()),
    *(listed(at, "openai/b", input=2, output=10) for at in (FIRST_LOOK, SECOND_LOOK)),
    listed(THIRD_LOOK, "openai/b", input=2, output=8),
    listed(FIRST_LOOK, "openai/zero", input="varies", output="varies"),
]
CHANGES = [
    listed(FIRST_LOOK, "openai/b", input="2.5", output=12),
    listed(FIRST_LOOK, "openai/tune", input="0.000001", output="0.000002"),
    removed(SECOND_LOOK, "openai/tune"),
    listed(THIRD_LOOK, "openai/b", input="2.5", output=11),
]
SERVED = {
    "qwen/a": [
        endpoint("cheap/fp8", {"prompt": "0.0000005", "completion": "0.000002", "web_search": "0.01"}),
        endpoint("cheap/fast", {"prompt": "0.000001", "completion": "0.000004"}),
        endpoint("dear", {"prompt": "0.000002", "completion": "0.000004"}),
    ],
    "openai/b": [endpoint("dear", {"prompt": "0.000002", "completion": "0.00001"})],
}


@dataclass(frozen=True)
class Proof:
    """Statements that spoil good data, the week to be named, and what must fail along with it."""

    sql: str
    week: date | None = None
    also: frozenset[str] = field(default_factory=frozenset)


def by_week(sql: str, week_start: date = BAD_WEEK, *also: str) -> Proof:
    return Proof(
        sql.format(week=f"week_start = '{week_start}'", day=f"date = '{BAD_DAY}'"), week_start, frozenset(also)
    )


def whole(sql: str, *also: str) -> Proof:
    return Proof(sql.format(week=f"week_start = '{BAD_WEEK}'", day=f"date = '{BAD_DAY}'"), None, frozenset(also))


def move(row: str, to: str, change: str) -> str:
    """Spoils one row and gives its tokens to another, so that no token is lost."""
    return (
        f"UPDATE candidate SET tokens = tokens + (SELECT tokens FROM candidate WHERE {row} AND {{day}}) "
        f"WHERE {to} AND {{day}}; {change.replace('THE_ROW', f'{row} AND {{day}}')}"
    )


A, ZERO, OTHER = (f"model_permaslug = '{slug}'" for slug in ("qwen/a", "openai/zero", "other"))
EMPTY = "DELETE FROM candidate"
FIRST_OF_B = f"source = 'test-complete' AND model_id = 'openai/b' AND observed_at_utc = '{FIRST_LOOK}'"
BASE_INPUT = "source = 'test-complete' AND price_kind = 'input' AND over_prompt_tokens = 0"
INPUT_OF_A = f"model_id = 'qwen/a' AND {BASE_INPUT}"
RANKED_INPUT = "source = 'test-complete' AND price_kind = 'input' AND population = 'ranked'"
# what a day's older vintage said
FIRST_STATED = (
    "UPDATE staging.snapshot_days SET raw_tokens = raw_tokens * {0} "
    f"WHERE as_of_utc < '{LONG_AFTER}' AND {{{{week}}}}"
)
# all layers together, as a source that is off by a factor would have it
TIMES = (
    "UPDATE staging.snapshot_days SET raw_tokens = raw_tokens * {0} WHERE {{week}}; "
    "UPDATE attribution.model_day_tokens SET tokens = tokens * {0} WHERE {{week}}; "
    "UPDATE weekly.model_tokens SET tokens = tokens * {0} WHERE {{week}}; "
    "UPDATE weekly.lab_tokens SET population_tokens = population_tokens * {0} WHERE {{week}}; "
    "UPDATE weekly.country_tokens SET population_tokens = population_tokens * {0} WHERE {{week}}"
)
ONE_DEFINITION = "population = 'ranked' AND policy = 'base_model_home' AND knowledge = 'as_known_now' AND {week}"


def totals_proofs(table: str, swap: str) -> dict[tuple[str, str], Proof]:
    return {
        (table, "tokens_go_where_they_belong"): by_week(f"UPDATE candidate SET {swap} WHERE {{week}}"),
        (table, "every_definition_is_there"): by_week(f"DELETE FROM candidate WHERE {ONE_DEFINITION}"),
        (table, "tokens_add_up"): by_week(
            f"UPDATE candidate SET tokens = tokens + 1 WHERE rank = 1 AND {ONE_DEFINITION}"
        ),
        (table, "bounds_are_in_order"): by_week(
            f"UPDATE candidate SET share_high = share - 0.01 WHERE rank = 1 AND {ONE_DEFINITION}"
        ),
        (table, "ranks_have_no_gaps"): by_week(f"UPDATE candidate SET rank = 3 WHERE rank = 2 AND {ONE_DEFINITION}"),
    }


PROOFS: dict[tuple[str, str], Proof] = {
    ("raw.snapshots", "there_are_snapshots"): whole(EMPTY),
    ("raw.snapshots", "as_of_is_not_after_fetching"): whole(
        "UPDATE candidate SET as_of_utc = fetched_at_utc + INTERVAL 601 SECONDS"
    ),
    ("raw.snapshots", "hashes_are_sha256"): whole("UPDATE candidate SET sha256 = upper(sha256)"),
    ("staging.snapshot_days", "every_raw_row_is_accounted_for"): whole(
        "UPDATE candidate SET raw_rows = raw_rows - 1 WHERE {day}"
    ),
    ("staging.snapshot_days", "no_day_is_quarantined"): whole(
        "UPDATE candidate SET status = 'quarantined' WHERE {day}"
    ),
    ("staging.model_day_token_vintages", "newest_snapshots_can_be_read"): whole(
        "INSERT INTO staging.snapshot_days SELECT * REPLACE (NULL AS date, 'quarantined' AS status) "
        "FROM staging.snapshot_days WHERE {day}"
    ),
    ("staging.model_day_token_vintages", "staged_rows_are_all_here"): whole(
        f"DELETE FROM candidate WHERE {ZERO} AND {{day}}"
    ),
    ("staging.model_day_token_vintages", "staged_tokens_are_all_here"): whole(
        f"UPDATE candidate SET tokens = tokens - 1 WHERE {A} AND {{day}}"
    ),
    ("staging.model_day_tokens", "newest_vintage_of_each_day_is_good"): by_week(
        "UPDATE staging.snapshot_days SET status = 'quarantined' WHERE {day}", BAD_WEEK, "tokens_equal_raw"
    ),
    ("staging.model_day_tokens", "fifty_named_rows_a_day"): by_week(f"DELETE FROM candidate WHERE {ZERO} AND {{day}}"),
    ("staging.model_day_tokens", "no_more_than_fifty_named_rows"): by_week(
        "INSERT INTO candidate SELECT * REPLACE ('openai/51st' AS model_permaslug) "
        f"FROM candidate WHERE {ZERO} AND {{day}}"
    ),
    ("staging.model_day_tokens", "every_day_has_its_rest"): by_week(
        move(OTHER, A, "DELETE FROM candidate WHERE THE_ROW")
    ),
    ("staging.model_day_tokens", "tokens_are_not_negative"): by_week(
        f"UPDATE candidate SET tokens = tokens + 5 WHERE {A} AND {{day}}; "
        f"UPDATE candidate SET tokens = -5 WHERE {ZERO} AND {{day}}"
    ),
    ("staging.model_day_tokens", "tokens_equal_raw"): by_week(
        f"UPDATE candidate SET tokens = tokens + 1 WHERE {A} AND {{day}}"
    ),
    ("staging.model_day_tokens", "days_lie_in_their_week"): by_week("UPDATE candidate SET date = date - 7 WHERE {day}"),
    ("staging.model_day_tokens", "all_seven_days_are_there"): by_week(
        "DELETE FROM candidate WHERE {day}", BAD_WEEK, "tokens_equal_raw"
    ),
    ("staging.model_day_tokens", "restated_days_keep_their_tokens"): by_week(
        FIRST_STATED.format("1.26"), BAD_WEEK, "restatements_are_small"
    ),
    ("staging.model_day_tokens", "restatements_are_small"): by_week(FIRST_STATED.format("1.06")),
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
    ("staging.catalogue_models", "lists_do_not_shrink_at_once"): whole(
        "INSERT INTO candidate SELECT one.* REPLACE ('openai/x' || more.number AS model_id, "
        "one.observed_at_utc - INTERVAL 1 DAY AS observed_at_utc, "
        "one.observed_at_utc - INTERVAL 2 DAY AS stated_at_utc) "
        "FROM (SELECT * FROM candidate WHERE source = 'test-complete' ORDER BY observed_at_utc LIMIT 1) AS one "
        "CROSS JOIN range(60) AS more (number)"
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
    ("attribution.openness", "every_model_is_here"): whole("DELETE FROM candidate WHERE base_permaslug = 'qwen/a'"),
    ("attribution.openness", "open_or_closed_has_evidence"): whole(
        "UPDATE candidate SET weights = 'closed', method = NULL WHERE base_permaslug = 'qwen/a'"
    ),
    ("weekly.open_weight_tokens", "tokens_equal_weekly"): whole(
        "DELETE FROM candidate WHERE population = 'ranked' AND country_code = 'CN'"
    ),
    ("weekly.open_weight_tokens", "shares_are_in_order"): whole("UPDATE candidate SET open_share_high = -0.1"),
    ("weekly.country_rankings", "every_definition_is_there"): whole(
        f"DELETE FROM candidate WHERE {ONE_DEFINITION.replace('ranked', 'top_9_variants_merged')}"
    ),
    ("weekly.country_rankings", "places_equal_country_tokens"): whole(
        f"UPDATE candidate SET runner_up = 'FR' WHERE {ONE_DEFINITION}"
    ),
    ("weekly.country_rankings", "merged_tokens_are_those_of_models"): whole(
        "UPDATE candidate SET population_tokens = population_tokens + 1 "
        f"WHERE {ONE_DEFINITION.replace('ranked', 'top_9_variants_merged')}"
    ),
    ("weekly.country_rankings", "margins_decide_certainty"): whole(
        f"UPDATE candidate SET is_certain = NOT is_certain WHERE {ONE_DEFINITION}"
    ),
    ("weekly.pivotal_decisions", "decisions_do_flip"): whole(
        "UPDATE candidate SET tokens = margin_tokens WHERE unit = 'openai' AND population = 'ranked' AND {week}"
    ),
    ("weekly.pivotal_decisions", "margins_equal_country_tokens"): whole(
        "UPDATE candidate SET margin_tokens = margin_tokens - 1 WHERE population = 'ranked' AND {week}"
    ),
    # a lead of 17,178 tokens, and 21,000 of them of a model of which nothing is known any more
    ("weekly.pivotal_decisions", "unknown_models_are_all_here"): whole(
        "UPDATE attribution.model_day_tokens SET country_code = 'ZZ' WHERE model_permaslug = 'openai/b' AND {week}"
    ),
    ("weekly.pivotal_decisions", "grounds_match_countries"): whole(
        "UPDATE candidate SET grounds = 'unknown' WHERE unit = 'openai' AND {week}"
    ),
    ("claims.claims", "figures_are_numbers"): whole("UPDATE candidate SET expected = 'many' WHERE metric = 'tokens'"),
    ("claims.claims", "countries_are_codes"): whole("UPDATE candidate SET subject = 'China' WHERE metric = 'tokens'"),
    ("claims.verdicts", "every_definition_is_tried"): whole("DELETE FROM candidate WHERE policy = 'base_model_home'"),
    ("claims.verdicts", "verdicts_have_grounds"): whole(
        "UPDATE candidate SET difference = NULL WHERE verdict = 'reproduced'"
    ),
    ("claims.alternatives", "only_open_claims_are_tried"): whole(
        "UPDATE candidate SET claim_id = 'cn-tokens'", "every_open_claim_is_tried"
    ),
    ("claims.alternatives", "every_open_claim_is_tried"): whole(EMPTY),
    ("claims.alternatives", "matches_are_within_the_tolerance"): whole("UPDATE candidate SET is_match = TRUE"),
    ("prices.unmatched_models", "unmatched_share_is_small"): whole(
        "UPDATE candidate SET highest_platform_share = 0.06 WHERE model_permaslug = 'openai/small-00'"
    ),
    ("attribution.labs", "there_are_labs"): whole(EMPTY),
    ("attribution.labs", "every_home_has_evidence"): whole(
        "UPDATE candidate SET evidence_url = NULL WHERE author = 'qwen'"
    ),
    ("attribution.labs", "one_home_at_a_time"): whole(
        "INSERT INTO candidate SELECT * REPLACE (valid_from + 9 AS valid_from) FROM candidate WHERE author = 'qwen'"
    ),
    ("attribution.aliases", "revealed_labs_have_a_home_row"): whole("UPDATE candidate SET author = 'nobody'"),
    ("attribution.aliases", "every_reveal_has_evidence"): whole("UPDATE candidate SET known_from_utc = NULL"),
    ("attribution.models", "there_are_models"): whole(EMPTY, "every_model_is_decided"),
    ("attribution.models", "every_model_is_decided"): whole(f"DELETE FROM candidate WHERE {A}"),
    ("attribution.models", "base_labs_have_a_home_row"): whole(
        "UPDATE candidate SET base_author = 'nobody' WHERE base_author IS NOT NULL"
    ),
    ("attribution.models", "every_author_is_listed"): whole(
        f"UPDATE candidate SET attributed_author = 'nobody' WHERE {A}"
    ),
    ("attribution.models", "no_reveal_before_the_first_day"): whole(
        "UPDATE candidate SET known_from_utc = first_date - 1 WHERE method = 'alias'"
    ),
    ("attribution.model_day_tokens", "tokens_equal_staging"): by_week(
        f"UPDATE candidate SET tokens = tokens + 1 WHERE {A} AND {{day}}"
    ),
    ("attribution.model_day_tokens", "rows_equal_staging"): by_week(f"DELETE FROM candidate WHERE {ZERO} AND {{day}}"),
    ("attribution.model_day_tokens", "other_has_no_country"): by_week(
        f"UPDATE candidate SET country_code = 'US' WHERE {OTHER} AND {{day}}"
    ),
    ("attribution.model_day_tokens", "models_have_a_country_or_zz"): by_week(
        f"UPDATE candidate SET base_country_code = NULL WHERE {A} AND {{day}}"
    ),
    ("attribution.model_day_tokens", "unknown_share_is_small"): by_week(
        f"UPDATE candidate SET country_code = 'ZZ' WHERE {A} AND {{week}}"
    ),
    ("weekly.model_tokens", "tokens_equal_daily"): by_week(
        f"UPDATE candidate SET tokens = tokens + 1 WHERE {A} AND {{week}}"
    ),
    ("weekly.model_tokens", "top_9_has_nine_rows"): by_week(
        "UPDATE candidate SET is_top_9 = FALSE WHERE rank = 9 AND {week}"
    ),
    ("weekly.model_tokens", "ranks_have_no_gaps"): by_week("UPDATE candidate SET rank = 51 WHERE rank = 50 AND {week}"),
    ("weekly.model_tokens", "shares_sum_to_one"): by_week(
        f"UPDATE candidate SET platform_share = platform_share + 0.000001 WHERE {OTHER} AND {{week}}"
    ),
    ("weekly.model_tokens", "no_model_is_nearly_all"): by_week(
        f"UPDATE candidate SET platform_share = platform_share + 0.2 WHERE {A} AND {{week}}; "
        "UPDATE candidate SET platform_share = platform_share - 0.2 "
        "WHERE model_permaslug = 'openai/b' AND {week}"
    ),
    **totals_proofs("weekly.lab_tokens", "lab = lab || '?'"),
    **totals_proofs(
        "weekly.country_tokens",
        "country_code = CASE country_code WHEN 'US' THEN 'CN' WHEN 'CN' THEN 'US' ELSE country_code END",
    ),
    ("weekly.weeks", "there_are_weeks"): whole(EMPTY),
    ("weekly.weeks", "weeks_begin_on_monday"): whole("UPDATE candidate SET week_start = week_start + 1"),
    ("weekly.weeks", "days_add_up"): whole("UPDATE candidate SET missing_days = '2026-01-05'"),
    ("weekly.overtakes", "new_leaders_are_ahead"): whole("UPDATE candidate SET overtaken_tokens = leader_tokens"),
    ("weekly.overtakes", "leads_alternate"): whole(
        "INSERT INTO candidate SELECT * REPLACE (week_start + 7 AS week_start) FROM candidate"
    ),
    ("weekly.overtakes", "unknown_take_no_part"): whole(
        "UPDATE candidate SET overtaken = 'unknown' WHERE entity_kind = 'lab'"
    ),
    ("weekly.new_entrants", "a_model_enters_once"): whole(
        "INSERT INTO candidate SELECT * REPLACE (week_start - 7 AS week_start, first_date - 7 AS first_date) "
        "FROM candidate"
    ),
    ("weekly.new_entrants", "first_day_lies_in_the_week"): whole("UPDATE candidate SET first_date = first_date - 7"),
    ("weekly.new_entrants", "nobody_was_there_before"): whole("UPDATE candidate SET base_permaslug = 'qwen/a'"),
    ("weekly.restatements", "changes_add_up"): whole("DELETE FROM candidate WHERE restatement_kind = 'changed'"),
    ("weekly.restatements", "kinds_match_values"): whole("UPDATE candidate SET restatement_kind = 'changed'"),
    ("weekly.restatements", "later_replaces_earlier"): whole(
        "UPDATE candidate SET later_as_of_utc = earlier_as_of_utc - INTERVAL 1 SECOND"
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
    ("checks.results", "there_are_results"): whole(EMPTY),
    ("main.edition", "there_is_one_edition"): whole(EMPTY),
    ("main.citations", "there_is_a_citation"): whole(EMPTY),
    **{
        (f"main.{view}", "it_answers"): whole(EMPTY)
        for view in ("countries", "labs", "models", "china_and_us", "weeks", "open_weights")
    },
    (PUBLICATION, "tokens_raw_to_weekly"): by_week(
        f"UPDATE weekly.model_tokens SET tokens = tokens + 1 WHERE {A} AND {{week}}"
    ),
    ("checks.builds", "there_are_builds"): whole(EMPTY),
    (PUBLICATION, "rows_are_made_from_what_is_at_hand"): by_week(
        "UPDATE checks.builds SET inputs_hash = 'older' WHERE table_name = 'weekly.lab_tokens' AND {week}"
    ),
    (PUBLICATION, "all_layers_are_built"): by_week("DELETE FROM weekly.lab_tokens WHERE {week}"),
    (PUBLICATION, "latest_checks_are_green"): by_week(
        "UPDATE checks.results SET outcome = 'failed' WHERE check_name = 'tokens_equal_daily' AND {week}"
    ),
    (PUBLICATION, "coverage_does_not_shrink"): by_week(f"INSERT INTO published_before VALUES ('{BAD_WEEK}', 8)"),
    (PUBLICATION, "magnitude_is_possible"): by_week(TIMES.format(10), LAST_WEEK, "magnitude_is_usual"),
    (PUBLICATION, "magnitude_is_usual"): by_week(TIMES.format("2"), LAST_WEEK),
}

REQUIRED = {
    name: [field.name for field in contract.columns if not field.nullable and field.name != "week_start"]
    for name, contract in CONTRACTS.items()
}
STRUCTURAL = [
    *((name, "required_values_are_there") for name in CONTRACTS if REQUIRED[name]),
    *((name, "key_is_unique") for name in CONTRACTS),
]


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """Three good weeks, built and checked, with an overtake and a new model in the last, and rows in every table."""
    home = Home(tmp_path_factory.mktemp("good"))
    connection = connect(":memory:")
    create_tables(connection, CONTRACTS.values())
    later = MODELS | {"openai/b": 3900, "openai/late": 60}
    rows = full_weeks(WEEKS[:2], MODELS, other=4000) + full_weeks(WEEKS[2:], later, other=4000)
    put_rows(home, rows)
    put_rows(home, RESTATED_LATER, LONG_AFTER - timedelta(days=1))
    put_prices(home, COMPLETE)
    put_prices(home, CHANGES, "test-changes")
    put_providers(home, {"cheap": "CN", "dear": "US"}, SECOND_LOOK)
    for model_id, endpoints in SERVED.items():
        put_endpoints(home, model_id, endpoints, SECOND_LOOK)
    reports = build_tables(connection, home, validate=validate_candidate, reference_tables=REFERENCES)
    not_passed = [str(result) for report in reports.values() for result in report.results if result.outcome != "passed"]
    assert not_passed == []
    connection.execute("CREATE TEMP TABLE published_before (week_start DATE, days INTEGER)")
    load_current_inputs(connection, code_version())
    filled = {"main.edition": "edition", "main.citations": "source", "main.held_back_weeks": "week_start"}
    for name, key in filled.items():
        columns = ", ".join(
            f"CAST({'1' if kind in ('INTEGER', 'BIGINT') else repr(str(BAD_WEEK))} AS {kind}) AS {column}"
            for column in CONTRACTS[name].column_names
            for kind in [CONTRACTS[name].duckdb_type(column)]
        )
        assert key in columns
        connection.execute(f"INSERT INTO {name} SELECT {columns}")
    yield connection
    connection.close()


@pytest.fixture
def spoiled(good: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    """The good data inside a transaction that is undone after the test."""
    good.execute("BEGIN")
    yield good
    good.execute("ROLLBACK")


def not_passed_after(connection: duckdb.DuckDBPyConnection, table: str, sql: str) -> dict[str, set[date | None]]:
    """Spoils the table's candidate (or the tables behind the gate) and returns the weeks by check that did not pass."""
    if table == PUBLICATION:
        connection.execute(sql)
        results = validate_publication(connection)
    else:
        connection.execute(f"CREATE OR REPLACE TEMP TABLE candidate AS FROM {table}")
        assert query(connection, "SELECT count(*) FROM candidate") != [(0,)]
        connection.execute(sql)
        results = validate_candidate(connection, CONTRACTS[table])
    found: dict[str, set[date | None]] = {}
    for result in results:
        if result.outcome != "passed":
            assert result.outcome == ("failed" if result.severity == BLOCKING else "warned")
            found.setdefault(result.check_name, set()).add(result.week_start)
    return found


@pytest.mark.parametrize("table", [*TABLES, "checks.results", PUBLICATION])
def test_good_data_passes_every_check(spoiled: duckdb.DuckDBPyConnection, table: str) -> None:
    assert not_passed_after(spoiled, table, "SELECT 1") == {}


@pytest.mark.parametrize(("table", "check"), PROOFS)
def test_check_fails_on_bad_data_and_names_the_week(spoiled: duckdb.DuckDBPyConnection, table: str, check: str) -> None:
    proof = PROOFS[table, check]
    assert not_passed_after(spoiled, table, proof.sql) == {name: {proof.week} for name in {check, *proof.also}}


@pytest.mark.parametrize(("table", "check"), STRUCTURAL)
def test_structural_check_fails_on_bad_data_and_names_the_week(
    spoiled: duckdb.DuckDBPyConnection, table: str, check: str
) -> None:
    in_week = f"WHERE week_start = '{BAD_WEEK}'" if SUITES[table].is_by_week else ""
    one_row = f"SELECT rowid FROM candidate {in_week} ORDER BY rowid LIMIT 1"
    column = REQUIRED[table][-1] if REQUIRED[table] else ""
    spoil = {
        "required_values_are_there": f"UPDATE candidate SET {column} = NULL WHERE rowid = ({one_row})",
        "key_is_unique": f"INSERT INTO candidate FROM candidate WHERE rowid = ({one_row})",
    }
    not_passed = not_passed_after(spoiled, table, spoil[check])
    assert not_passed[check] == {BAD_WEEK if SUITES[table].is_by_week else None}


@pytest.mark.parametrize("table", [name for name in CONTRACTS if CONTRACTS[name].columns.field(0).nullable is False])
def test_every_required_column_is_looked_at(spoiled: duckdb.DuckDBPyConnection, table: str) -> None:
    spoiled.execute(f"CREATE OR REPLACE TEMP TABLE candidate AS FROM {table} LIMIT 1")
    for column in REQUIRED[table]:
        spoiled.execute(f"UPDATE candidate SET {column} = NULL")
    [(missing,)] = query(
        spoiled, f"SELECT missing_values FROM (SELECT {structural_measures_sql(CONTRACTS[table])} FROM candidate)"
    )
    assert missing == len(REQUIRED[table])


def test_every_check_of_every_suite_is_proven() -> None:
    checks = {
        (table, expectation.name)
        for table, suite in SUITES.items()
        for expectation in [
            *(structural_expectations(CONTRACTS[table]) if table in CONTRACTS else []),
            *suite.expectations,
        ]
    }
    # a view has no required columns: its rows come from tables that have them
    without_required = {
        (name, "required_values_are_there")
        for name, contract in CONTRACTS.items()
        if contract.build is Build.VIEW and not REQUIRED[name]
    }
    assert set(PROOFS) | set(STRUCTURAL) == checks - without_required


def test_weekly_tables_have_suites_by_week() -> None:
    by_weeks = {name for name, contract in CONTRACTS.items() if contract.build is Build.WEEKS}
    assert {table for table, suite in SUITES.items() if suite.is_by_week} == {*by_weeks, PUBLICATION}


# --- the layers behind one check ---


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE staging.snapshot_days SET raw_tokens = raw_tokens + 1 WHERE {day}",
        f"UPDATE attribution.model_day_tokens SET tokens = tokens + 1 WHERE {A} AND {{day}}",
        "UPDATE weekly.lab_tokens SET population_tokens = population_tokens + 1 WHERE {week}",
        "UPDATE weekly.country_tokens SET population_tokens = population_tokens + 1 WHERE {week}",
    ],
)
def test_the_gate_sees_a_token_lost_in_any_layer(spoiled: duckdb.DuckDBPyConnection, sql: str) -> None:
    proof = by_week(sql)
    assert not_passed_after(spoiled, PUBLICATION, proof.sql) == {"tokens_raw_to_weekly": {BAD_WEEK}}


@pytest.mark.parametrize(
    "table",
    [
        "staging.model_day_tokens",
        "attribution.model_day_tokens",
        "weekly.model_tokens",
        "weekly.lab_tokens",
        "weekly.country_tokens",
    ],
)
def test_the_gate_sees_a_week_missing_in_any_layer(spoiled: duckdb.DuckDBPyConnection, table: str) -> None:
    sql = f"DELETE FROM {table} WHERE week_start = '{BAD_WEEK}'"
    assert not_passed_after(spoiled, PUBLICATION, sql) == {"all_layers_are_built": {BAD_WEEK}}


def test_the_gate_sees_a_published_week_that_is_gone(spoiled: duckdb.DuckDBPyConnection) -> None:
    sql = f"INSERT INTO published_before VALUES ('{week(-1)}', 7)"
    assert not_passed_after(spoiled, PUBLICATION, sql) == {"coverage_does_not_shrink": {week(-1)}}


def test_ranks_that_are_all_missing_are_gaps(spoiled: duckdb.DuckDBPyConnection) -> None:
    sql = f"UPDATE candidate SET rank = NULL WHERE week_start = '{BAD_WEEK}'"
    assert not_passed_after(spoiled, "weekly.model_tokens", sql) == {"ranks_have_no_gaps": {BAD_WEEK}}


def test_gaps_in_ranks_of_two_definitions_do_not_cancel(spoiled: duckdb.DuckDBPyConnection) -> None:
    one = f"policy = 'lab_home' AND knowledge = 'as_known_now' AND week_start = '{BAD_WEEK}' AND rank = 2"
    sql = (
        f"UPDATE candidate SET rank = 3 WHERE population = 'ranked' AND {one}; "
        f"UPDATE candidate SET rank = 1 WHERE population = 'platform' AND {one}"
    )
    assert not_passed_after(spoiled, "weekly.country_tokens", sql) == {"ranks_have_no_gaps": {BAD_WEEK}}


@pytest.mark.parametrize("price", ["-1", "0.0009", "1000.01"])
def test_prices_out_of_bounds_are_implausible(spoiled: duckdb.DuckDBPyConnection, price: str) -> None:
    sql = f"UPDATE candidate SET usd_per_million_tokens = {price} WHERE {INPUT_OF_A}"
    assert not_passed_after(spoiled, "prices.model_prices", sql) == {"prices_are_plausible": {None}}


@pytest.mark.parametrize("rule", ["per_token", "above_ceiling", "percent_encoded_name"])
def test_an_error_that_nobody_reviewed_blocks_whatever_its_rule(spoiled: duckdb.DuckDBPyConnection, rule: str) -> None:
    sql = (
        f"INSERT INTO candidate SELECT * REPLACE ('{rule}' AS rule, 'openai/c' AS model_id, NULL AS action) "
        "FROM candidate"
    )
    assert not_passed_after(spoiled, "prices.suspicions", sql) == {"errors_are_reviewed": {None}}


def test_the_gate_sees_a_price_table_made_from_other_reference_files(spoiled: duckdb.DuckDBPyConnection) -> None:
    sql = "UPDATE checks.builds SET inputs_hash = 'older' WHERE table_name = 'prices.corrections'"
    assert not_passed_after(spoiled, PUBLICATION, sql) == {"rows_are_made_from_what_is_at_hand": set(WEEKS)}


def test_two_editions_in_one_file_fail(spoiled: duckdb.DuckDBPyConnection) -> None:
    sql = "INSERT INTO candidate SELECT * REPLACE ('another' AS edition) FROM candidate"
    assert not_passed_after(spoiled, "main.edition", sql) == {"there_is_one_edition": {None}}
