"""Suites of the prices layer: no odd price without a person's word, and every week says what it does not know."""

from checks.suite import Suite, between, none_of, warn_between
from warehouse.results import WARNING

SUITES = [
    Suite(
        "prices.sources",
        [
            between("row_count", 1, None, "there_are_sources", "a price without a source means nothing"),
            none_of("overlapping_meanings", "one_meaning_at_a_time", "a recording has one meaning at any instant"),
            none_of("unknown_completeness", "completeness_is_known", "what absence means depends on it"),
        ],
    ),
    Suite(
        "prices.corrections",
        [
            none_of("unknown_sources", "corrected_sources_exist", "the source stands in prices.sources"),
            none_of("unexplained", "every_correction_has_a_reason", "nothing is corrected silently"),
        ],
    ),
    Suite(
        "prices.model_names",
        [
            warn_between("row_count", 1, None, "there_are_names", "without them no model has a price"),
            none_of(
                "ids_of_two_models", "an_id_names_one_model_at_a_time", "else one price would count for two models"
            ),
        ],
    ),
    Suite(
        "prices.suspicions",
        [
            none_of(
                "unreviewed_errors",
                "errors_are_reviewed",
                "a price per token, above 1000 or under a %2F name has its line in price_corrections.csv",
            ),
            none_of(
                "unreviewed_oddities",
                "oddities_are_reviewed",
                "zeros, jumps, missing prices and disagreeing sources that nobody has looked at yet",
                WARNING,
            ),
            none_of("dead_corrections", "corrections_are_alive", "every correction meets a statement", WARNING),
        ],
    ),
    Suite("prices.listings"),
    Suite(
        "prices.model_prices",
        [
            warn_between("row_count", 1, None, "there_are_prices", "without a price snapshot every price is unknown"),
            none_of(
                "overlapping_spans", "one_price_at_a_time", "spans of one model, kind, tier and source do not overlap"
            ),
            none_of("spans_out_of_order", "spans_are_in_order", "first seen <= last seen < ended"),
            none_of("ends_without_reason", "ends_have_a_reason", "a span that ended says by what"),
            none_of(
                "implausible_prices", "prices_are_plausible", "0, or 0.001 to 1000 USD per million, once corrected"
            ),
            none_of("states_without_price", "states_match_prices", "what is priced has a price, what varies has none"),
        ],
    ),
    Suite("prices.named_prices"),
    Suite(
        "prices.model_week_prices",
        [
            none_of(
                "lost_prices",
                "every_model_is_asked_for",
                "each model of a week, in every source, has a price or a reason",
            ),
            none_of(
                "statuses_without_price", "statuses_match_prices", "what is in force has a price, all else has none"
            ),
            none_of(
                "prices_out_of_time", "prices_are_in_force", "seen before the week's end, at most 28 days before it"
            ),
        ],
    ),
    Suite(
        "prices.country_week_prices",
        [
            none_of("lost_tokens", "tokens_equal_weekly", "a week's tokens, by country, for every source and kind"),
            none_of("shares_out_of_range", "shares_are_in_range", "0 <= free <= priced <= all"),
            none_of("shares_without_price", "shares_match_prices", "a price stands exactly where tokens are priced"),
            none_of("dearer_with_free", "free_rows_make_cheaper", "with rows at 0 the average cannot be higher"),
        ],
    ),
    Suite(
        "prices.week_coverage",
        [
            none_of("shares_out_of_range", "shares_are_in_range", "0 to 1"),
            none_of("weeks_never_priced", "ever_covers_now", "what has a price in force has ever had one"),
            none_of("weeks_where_any_is_less", "any_covers_each", "what one source prices, `any` does"),
            none_of(
                "differing_from_countries", "countries_add_up", "priced tokens and their cost, summed over countries"
            ),
        ],
    ),
    Suite(
        "prices.comparisons",
        [
            none_of("one_sided_pairs", "pairs_have_two_sides", "a against b stands beside b against a"),
            none_of("crooked_ratios", "ratios_are_reciprocal", "one ratio is the inverse of the other"),
        ],
    ),
    Suite(
        "prices.unmatched_models",
        [
            none_of("matched_models", "unmatched_are_unmatched", "a model with a name does not stand here"),
            none_of("lost_tokens", "unmatched_are_all_here", "every model without a name does"),
            # true: 13 %, DeepSeek V4 Flash 0731 or another that no source at hand lists
            warn_between(
                "largest_share", 0, 0.05, "unmatched_share_is_small", "of a week in which a source was observed"
            ),
        ],
    ),
    Suite(
        "prices.cross_checks",
        [
            none_of(
                "crooked_differences", "differences_match_figures", "the distance of both figures / the higher one"
            ),
            # both figures of each stand in the table
            warn_between(
                "largest_difference", 0, 0.05, "genai_prices_agrees", "two records of one price differ by 5 % at most"
            ),
        ],
    ),
    Suite("prices.serving_endpoints"),
    Suite(
        "prices.provider_prices",
        [
            none_of("medians_below_cheapest", "cheapest_is_cheapest", "no median lies below the cheapest"),
            none_of("uneven_countries", "countries_add_up", "endpoints by country, summed, and the cheapest of them"),
            none_of(
                "prices_out_of_time", "prices_are_in_force", "seen before the week's end, at most 28 days before it"
            ),
        ],
    ),
    Suite(
        "prices.who_serves",
        [
            none_of("lost_endpoints", "endpoints_are_all_here", "each endpoint of a day's newest looks, aliases apart"),
            none_of("crooked_counts", "counts_are_in_order", "1 <= models, providers <= endpoints"),
        ],
    ),
]
