"""Suites of the staging layer: what was received is accounted for, row by row and token by token."""

from checks.suite import Suite, between, none_of, warn_between
from warehouse.results import WARNING

SUITES = [
    Suite(
        "staging.snapshot_days",
        [
            none_of(
                "unaccounted_rows",
                "every_raw_row_is_accounted_for",
                "raw rows = staged + unfinished + quarantined",
            ),
            none_of(
                "quarantined_days",
                "no_day_is_quarantined",
                "days kept out, of any snapshot, old ones included",
                WARNING,
            ),
        ],
    ),
    Suite("staging.newest_vintages"),
    Suite("staging.week_figures"),
    Suite("staging.day_restatements"),
    Suite(
        "staging.model_day_token_vintages",
        [
            none_of(
                "unreadable_newest_snapshots",
                "newest_snapshots_can_be_read",
                "the newest snapshot of each source is one that the parser can read",
            ),
            none_of("lost_rows", "staged_rows_are_all_here", "rows here = raw rows of the staged days"),
            none_of("lost_tokens", "staged_tokens_are_all_here", "tokens here = raw tokens of the staged days"),
        ],
    ),
    Suite(
        "staging.model_day_tokens",
        [
            none_of(
                "days_with_bad_newest_vintage",
                "newest_vintage_of_each_day_is_good",
                "a day whose newest statement is quarantined keeps the week's old rows",
            ),
            between(
                "fewest_named_rows",
                50,
                50,
                "fifty_named_rows_a_day",
                "each day names its top 50, never fewer",
            ),
            between(
                "most_named_rows",
                50,
                50,
                "no_more_than_fifty_named_rows",
                "each day names its top 50, never more",
            ),
            none_of(
                "days_without_other",
                "every_day_has_its_rest",
                "the source leaves out `other` only if empty",
                WARNING,
            ),
            none_of("negative_rows", "tokens_are_not_negative", "a count of tokens is 0 or more"),
            none_of("lost_tokens", "tokens_equal_raw", "tokens here = raw tokens of each day's newest vintage"),
            # true restatements: -0.07 % to +0.5 %, once +6.8 %
            between(
                "least_tokens_kept",
                0.8,
                None,
                "restated_days_keep_their_tokens",
                "a day's newest tokens / those of any vintage that counted in the seven days before it",
            ),
            warn_between(
                "largest_restatement", 0, 0.05, "restatements_are_small", "a day's tokens against the vintage before"
            ),
            none_of("days_outside_week", "days_lie_in_their_week", "Monday to Sunday, UTC"),
            warn_between(
                "days_observed", 7, 7, "all_seven_days_are_there", "an incomplete week is marked, not dropped"
            ),
        ],
        is_by_week=True,
    ),
    Suite(
        "staging.catalogue_statements",
        [
            none_of(
                "unaccounted_rows",
                "every_raw_row_is_accounted_for",
                "raw rows = staged + repeated + quarantined",
            ),
            none_of(
                "statements_without_meaning",
                "every_statement_has_a_meaning",
                "price_sources.csv says what its source meant at that instant",
            ),
            none_of(
                "quarantined_statements",
                "no_statement_is_quarantined",
                "statements kept out, of any snapshot, old ones included",
                WARNING,
            ),
        ],
    ),
    Suite(
        "staging.catalogue_models",
        [
            none_of(
                "unreadable_newest_snapshots",
                "newest_snapshots_can_be_read",
                "the newest snapshot of each source is one that the parser can read",
            ),
            none_of("lost_statements", "staged_statements_are_all_here", "one row a staged statement"),
            # true lists: 338 to 344 models on three days
            none_of(
                "shrunken_lists",
                "lists_do_not_shrink_at_once",
                "a complete list of 50 or more keeps 95 % of its models; below 80 % no absence counts as a delisting",
                WARNING,
            ),
            none_of("stated_after_observed", "nothing_is_observed_before_it_is_said", "carried on, never back"),
        ],
    ),
    Suite(
        "staging.catalogue_prices",
        [
            none_of("lost_prices", "staged_prices_are_all_here", "prices here = text prices of the staged statements"),
            none_of("states_without_price", "states_match_prices", "what is priced has a price, what varies has none"),
        ],
    ),
    Suite(
        "staging.serving_statements",
        [
            none_of("unaccounted_rows", "every_raw_row_is_accounted_for", "raw rows = staged + repeated + quarantined"),
            none_of("miscounted_rows", "rows_of_an_endpoint_add_up", "its rows = text prices + other rows"),
            none_of(
                "quarantined_statements",
                "no_statement_is_quarantined",
                "endpoints and providers kept out, of any snapshot, old ones included",
                WARNING,
            ),
        ],
    ),
    Suite(
        "staging.providers",
        [
            none_of(
                "unreadable_newest_snapshots",
                "newest_snapshots_can_be_read",
                "the newest snapshots of providers and endpoints can be read; where not, fetch again",
                WARNING,  # who serves what at which price is no reason to keep the week's figures back
            ),
            none_of("lost_providers", "staged_providers_are_all_here", "one row a staged provider"),
        ],
    ),
    Suite(
        "staging.endpoint_prices",
        [
            none_of("lost_prices", "staged_prices_are_all_here", "prices here = text prices of the staged endpoints"),
            none_of("lost_endpoints", "staged_endpoints_are_all_here", "every staged endpoint has a row"),
            none_of("states_without_price", "states_match_prices", "what is priced has a price, all else has none"),
            none_of("zeros_on_paid", "only_free_variants_are_free", "an input price of 0 outside of `:free`", WARNING),
        ],
    ),
]
