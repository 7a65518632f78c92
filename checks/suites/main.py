"""Suites of the main schema and of the check results: what people query first has one row per key, and is not empty."""

from checks.suite import Suite, between

_HAS_ROWS = between("row_count", 1, None, "it_answers", "the view has rows")

SUITES = [
    Suite("checks.results", [between("row_count", 1, None, "there_are_results", "no figure without its checks")]),
    Suite("checks.builds", [between("row_count", 1, None, "there_are_builds", "no row without what it was made from")]),
    Suite("main.edition", [between("row_count", 1, 1, "there_is_one_edition", "a file is one edition")]),
    Suite("main.citations", [between("row_count", 1, None, "there_is_a_citation", "every number can be cited")]),
    Suite("main.held_back_weeks"),
    Suite("main.countries", [_HAS_ROWS]),
    Suite("main.labs", [_HAS_ROWS]),
    Suite("main.models", [_HAS_ROWS]),
    Suite("main.china_and_us", [_HAS_ROWS]),
    Suite("main.overtakes"),
    Suite("main.weeks", [_HAS_ROWS]),
    Suite("main.restated_days"),
    Suite("main.prices_last_seen"),
    Suite("main.price_history"),
    Suite("main.country_prices"),
    Suite("main.provider_prices"),
    Suite("main.who_serves"),
    Suite("main.claims"),
    Suite("main.open_weights", [_HAS_ROWS]),
]
