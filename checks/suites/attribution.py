"""Suites of the attribution layer: nothing is lost to it, and what is unknown is shown."""

from checks.suite import Suite, between, none_of, warn_between
from warehouse.results import WARNING

SUITES = [
    Suite(
        "attribution.labs",
        [
            between("row_count", 1, None, "there_are_labs", "without reference files every model would be unknown"),
            none_of(
                "homes_without_evidence",
                "every_home_has_evidence",
                "a country without a page that was read is ZZ",
            ),
            none_of("overlapping_homes", "one_home_at_a_time", "no author has two homes on one day"),
        ],
    ),
    Suite(
        "attribution.aliases",
        [
            none_of(
                "dangling_authors",
                "revealed_labs_have_a_home_row",
                "the author of a reveal stands in attribution.labs",
            ),
            none_of(
                "reveals_without_evidence",
                "every_reveal_has_evidence",
                "a reveal that is used names page and instant",
            ),
        ],
    ),
    Suite(
        "attribution.models",
        [
            between("row_count", 1, None, "there_are_models", "every model ever seen has its decision"),
            none_of("missing_models", "every_model_is_decided", "every model of the vintages stands here once"),
            none_of(
                "dangling_base_authors",
                "base_labs_have_a_home_row",
                "the author of a base stands in attribution.labs",
            ),
            none_of(
                "unlisted_authors",
                "every_author_is_listed",
                "an author not in labs.csv counts as unknown",
                WARNING,
            ),
            none_of(
                "early_reveals",
                "no_reveal_before_the_first_day",
                "a cloak lifted before it was worn",
                WARNING,
            ),
        ],
    ),
    Suite("attribution.week_inputs"),
    Suite(
        "attribution.model_day_tokens",
        [
            none_of("lost_tokens", "tokens_equal_staging", "staged = attributed + unknown + other, to the token"),
            none_of("lost_rows", "rows_equal_staging", "every staged row is here once"),
            none_of("other_with_country", "other_has_no_country", "`other` is not a model and has no home"),
            none_of("models_without_country", "models_have_a_country_or_zz", "unknown is said, not left empty"),
            # true weeks: 23 % in the week of 2026-09-28, all of it one cloaked model
            warn_between(
                "unknown_share",
                0,
                0.10,
                "unknown_share_is_small",
                "of all tokens; bounds show what it leaves open",
            ),
        ],
        is_by_week=True,
    ),
    Suite(
        "attribution.openness",
        [
            none_of("missing_models", "every_model_is_here", "every model, variants aside, stands here once"),
            none_of("decided_without_evidence", "open_or_closed_has_evidence", "a page that was read, or the list"),
        ],
    ),
]
