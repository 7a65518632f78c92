"""Suites of the claims layer: every claim that can be recomputed is, under every definition."""

from checks.suite import Suite, none_of

SUITES = [
    Suite(
        "claims.claims",
        [
            none_of(
                "unreadable_figures", "figures_are_numbers", "what is recomputed is compared with a number or a week"
            ),
            none_of("malformed_countries", "countries_are_codes", "a country is its ISO 3166-1 alpha-2 code"),
        ],
    ),
    Suite("claims.spans"),
    Suite("claims.entities"),
    Suite("claims.members"),
    Suite(
        "claims.verdicts",
        [
            none_of(
                "claims_without_every_definition",
                "every_definition_is_tried",
                "3 populations (or its own) x 2 policies x 2 knowledges, or every price source",
            ),
            none_of(
                "groundless_verdicts",
                "verdicts_have_grounds",
                "a difference stands where something was recomputed, and only there",
            ),
        ],
    ),
    Suite(
        "claims.alternatives",
        [
            none_of("claims_without_need", "only_open_claims_are_tried", "one that a definition reproduces needs none"),
            none_of("claims_not_tried", "every_open_claim_is_tried", "no claim of a tried metric is left out"),
            none_of("unjust_matches", "matches_are_within_the_tolerance", "as close as a verdict asks"),
        ],
    ),
]
