"""Suites of the weekly layer: the figures add up under every definition."""

from checks.suite import Suite, between, none_of, warn_between

_DEFINITIONS = 12  # 3 populations x 2 policies x 2 knowledges


def _totals(table_name: str) -> Suite:
    return Suite(
        table_name,
        [
            between(
                "definitions",
                _DEFINITIONS,
                _DEFINITIONS,
                "every_definition_is_there",
                "populations x policies x knowledges",
            ),
            none_of("lost_tokens", "tokens_add_up", "known + unknown + other = population, under every definition"),
            none_of("misattributed_tokens", "tokens_go_where_they_belong", "each one's tokens = those of its models"),
            none_of("bounds_out_of_order", "bounds_are_in_order", "0 <= low <= share <= high <= 1"),
            none_of("gaps_in_ranks", "ranks_have_no_gaps", "ranks run from 1 to the number of known ones"),
        ],
        is_by_week=True,
    )


SUITES = [
    Suite(
        "weekly.model_tokens",
        [
            none_of("lost_tokens", "tokens_equal_daily", "a week's tokens = the sum of its days"),
            between(
                "top_9_rows",
                9,
                9,
                "top_9_has_nine_rows",
                "the population `top_9` is nine rows, variants apart",
            ),
            none_of("gaps_in_ranks", "ranks_have_no_gaps", "ranks run from 1 to the number of models"),
            between(
                "sum_of_shares",
                0.999999999,
                1.000000001,
                "shares_sum_to_one",
                "platform shares, `other` included",
            ),
            # true weeks: at most 30 %
            warn_between("largest_share", 0, 0.40, "no_model_is_nearly_all", "share of the week's largest model"),
        ],
        is_by_week=True,
    ),
    _totals("weekly.lab_tokens"),
    _totals("weekly.country_tokens"),
    Suite(
        "weekly.weeks",
        [
            between("row_count", 1, None, "there_are_weeks", "weeks with figures"),
            none_of("weeks_off_monday", "weeks_begin_on_monday", "week_start is a Monday"),
            none_of("miscounted_weeks", "days_add_up", "observed and missing days are seven"),
        ],
    ),
    Suite(
        "weekly.overtakes",
        [
            none_of("not_ahead", "new_leaders_are_ahead", "whoever takes the lead has more tokens"),
            none_of("not_alternating", "leads_alternate", "one who takes the lead must have lost it before"),
            none_of("unknown_leaders", "unknown_take_no_part", "neither ZZ nor an unknown lab leads"),
        ],
    ),
    Suite(
        "weekly.new_entrants",
        [
            none_of("entered_twice", "a_model_enters_once", "first times are first once"),
            none_of("entered_in_another_week", "first_day_lies_in_the_week", "the week is that of the first day"),
            none_of("seen_before", "nobody_was_there_before", "no variant of it has tokens in an earlier week"),
        ],
    ),
    Suite(
        "weekly.open_weight_tokens",
        [
            none_of("lost_tokens", "tokens_equal_weekly", "a week's tokens, by country and weights"),
            none_of("shares_out_of_order", "shares_are_in_order", "open + closed + unknown = all, low <= high"),
        ],
    ),
    Suite(
        "weekly.country_rankings",
        [
            none_of("missing_rankings", "every_definition_is_there", "each week of country_tokens, under all 16"),
            none_of("wrong_places", "places_equal_country_tokens", "leader and runner-up are the first two there"),
            none_of("lost_tokens", "merged_tokens_are_those_of_models", "nine largest models, variants together"),
            none_of("wrong_margins", "margins_decide_certainty", "certain where the margin exceeds the undecided"),
        ],
    ),
    Suite(
        "weekly.pivotal_decisions",
        [
            none_of("idle_decisions", "decisions_do_flip", "each one's tokens suffice, the way it is said to flip"),
            none_of("wrong_margins", "margins_equal_country_tokens", "who leads there, and by how much"),
            none_of("missing_decisions", "unknown_models_are_all_here", "each that is larger than the lead is listed"),
            none_of("wrong_grounds", "grounds_match_countries", "`unknown` where none is counted, and only there"),
        ],
    ),
    Suite(
        "weekly.restatements",
        [
            none_of(
                "unexplained_days",
                "changes_add_up",
                "each restated day's changes = its tokens after - its tokens before",
            ),
            none_of("mistaken_kinds", "kinds_match_values", "who entered has no tokens before, who left none after"),
            none_of("out_of_order", "later_replaces_earlier", "a vintage replaces one as of an earlier instant"),
        ],
    ),
    Suite("weekly.attributed_tokens"),
    Suite("weekly.compared_country_tokens"),
    Suite("weekly.lab_token_changes"),
    Suite("weekly.country_token_changes"),
    Suite("weekly.model_token_changes"),
]
