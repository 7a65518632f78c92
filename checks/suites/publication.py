"""The publication gate: what looks across weeks and layers, checked once over the whole working file."""

from checks.suite import Suite, between, none_of, warn_between
from warehouse.results import GATE

SUITES = [
    Suite(
        GATE,
        [
            none_of(
                "tokens_lost",
                "tokens_raw_to_weekly",
                "raw tokens of the newest vintages = the week's, to the token",
            ),
            none_of("missing_layers", "all_layers_are_built", "a week stands in every weekly table or in none"),
            none_of(
                "stale_tables",
                "rows_are_made_from_what_is_at_hand",
                "newest figures, facts and code, the same for all tables; `tokentide run` builds stale weeks anew",
            ),
            none_of(
                "failed_checks",
                "latest_checks_are_green",
                "no blocking check of the week failed when it last ran",
            ),
            none_of("days_lost", "coverage_does_not_shrink", "days that were published before are still there"),
            # true weeks move by -22 % to +33 %; a file a thousand times off moves by far more than this
            between(
                "change_of_daily_tokens",
                -0.6,
                1.5,
                "magnitude_is_possible",
                "daily tokens against the week before",
                may_be_empty=True,
            ),
            warn_between(
                "change_of_daily_tokens",
                -0.3,
                0.5,
                "magnitude_is_usual",
                "daily tokens against the week before",
                may_be_empty=True,
            ),
        ],
        is_by_week=True,
    ),
]
