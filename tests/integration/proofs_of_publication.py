"""What each check fails on that stands before the published file: claims, the records of builds and checks, the views
of the file, and the gate, which looks across all tables.

Not here: one table of tokens or prices (proofs_of_tokens.py, proofs_of_prices.py).
"""

from good_weeks import BAD_WEEK, LAST_WEEK
from spoiling import EMPTY, A, Proof, by_week, whole

from warehouse.results import GATE

# all layers together, as a source that is off by a factor would have it
TIMES = (
    "UPDATE staging.snapshot_days SET raw_tokens = raw_tokens * {0} WHERE {{week}}; "
    "UPDATE attribution.model_day_tokens SET tokens = tokens * {0} WHERE {{week}}; "
    "UPDATE weekly.model_tokens SET tokens = tokens * {0} WHERE {{week}}; "
    "UPDATE weekly.lab_tokens SET population_tokens = population_tokens * {0} WHERE {{week}}; "
    "UPDATE weekly.country_tokens SET population_tokens = population_tokens * {0} WHERE {{week}}"
)

PUBLICATION: dict[tuple[str, str], Proof] = {
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
    ("checks.results", "there_are_results"): whole(EMPTY),
    ("main.edition", "there_is_one_edition"): whole(EMPTY),
    ("main.citations", "there_is_a_citation"): whole(EMPTY),
    **{
        (f"main.{view}", "it_answers"): whole(EMPTY)
        for view in ("countries", "labs", "models", "china_and_us", "weeks", "open_weights")
    },
    (GATE, "tokens_raw_to_weekly"): by_week(
        f"UPDATE weekly.model_tokens SET tokens = tokens + 1 WHERE {A} AND {{week}}"
    ),
    (GATE, "rows_are_made_from_what_is_at_hand"): by_week(
        "UPDATE checks.builds SET inputs_hash = 'older' WHERE table_name = 'weekly.lab_tokens' AND {week}"
    ),
    (GATE, "all_layers_are_built"): by_week("DELETE FROM weekly.lab_tokens WHERE {week}"),
    (GATE, "latest_checks_are_green"): by_week(
        "UPDATE checks.results SET outcome = 'failed' WHERE check_name = 'tokens_equal_daily' AND {week}"
    ),
    (GATE, "coverage_does_not_shrink"): by_week(f"INSERT INTO published_before VALUES ('{BAD_WEEK}', 8)"),
    (GATE, "magnitude_is_possible"): by_week(TIMES.format(10), LAST_WEEK, "magnitude_is_usual"),
    (GATE, "magnitude_is_usual"): by_week(TIMES.format("2"), LAST_WEEK),
    ("checks.builds", "there_are_builds"): whole(EMPTY),
}
