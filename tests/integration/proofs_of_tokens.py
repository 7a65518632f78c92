"""What each check of usage fails on: what was stored and staged of it, who made the models, the weekly tables.

Not here: prices (proofs_of_prices.py), what looks across all tables (proofs_of_publication.py).
"""

from building import LONG_AFTER
from good_weeks import BAD_WEEK
from spoiling import EMPTY, OTHER, ZERO, A, Proof, by_week, whole

# what a day's older vintage said
FIRST_STATED = (
    "UPDATE staging.snapshot_days SET raw_tokens = raw_tokens * {0} "
    f"WHERE as_of_utc < '{LONG_AFTER}' AND {{{{week}}}}"
)
ONE_DEFINITION = "population = 'ranked' AND policy = 'base_model_home' AND knowledge = 'as_known_now' AND {week}"


def move(row: str, to: str, change: str) -> str:
    """Spoils one row and gives its tokens to another, so that no token is lost."""
    return (
        f"UPDATE candidate SET tokens = tokens + (SELECT tokens FROM candidate WHERE {row} AND {{day}}) "
        f"WHERE {to} AND {{day}}; {change.replace('THE_ROW', f'{row} AND {{day}}')}"
    )


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


TOKENS: dict[tuple[str, str], Proof] = {
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
}
