"""Check results as Dagster shows them: severity, and the worst week of a range."""

from datetime import date

import dagster as dg

from checks.dagster_results import check_results, check_specs
from checks.suite import between, none_of, warn_between
from warehouse.results import CheckResult

KEY = dg.AssetKey(["weekly", "weeks"])
BLOCKING_CHECK = between("bad", 0, 5, "blocking_check", "words")
WARNING_CHECK = warn_between("bad", 0, 5, "warning_check", "words")
WEEKS = [date(2026, 1, 5), date(2026, 1, 12), date(2026, 1, 19)]


def results(check, *values: float) -> list[CheckResult]:
    bad = "failed" if check.severity == "blocking" else "warned"
    return [
        CheckResult("t", week, check.name, check.severity, "passed" if value <= 5 else bad, value, "0 to 5", "words")
        for week, value in zip(WEEKS, values, strict=False)
    ]


def test_only_blocking_checks_block() -> None:
    specs = {spec.name: spec.blocking for spec in check_specs(KEY, [BLOCKING_CHECK, WARNING_CHECK])}
    assert specs == {"blocking_check": True, "warning_check": False}


def test_a_passing_range_is_one_passed_result() -> None:
    [result] = check_results(KEY, [BLOCKING_CHECK], results(BLOCKING_CHECK, 1, 2, 3))
    assert result.passed
    assert result.metadata["weeks_checked"].value == 3
    assert "weeks_not_passed" not in result.metadata


def test_a_failing_range_is_an_error_that_names_the_worst_week() -> None:
    [result] = check_results(KEY, [BLOCKING_CHECK], results(BLOCKING_CHECK, 6, 1, 99))
    assert (result.passed, result.severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert result.metadata["worst_week"].text == "2026-01-19"
    assert result.metadata["weeks_not_passed"].text == "2026-01-05, 2026-01-19"
    assert result.metadata["observed_value"].value == 99


def test_a_warning_warns() -> None:
    [result] = check_results(KEY, [WARNING_CHECK], results(WARNING_CHECK, 6))
    assert (result.passed, result.severity) == (False, dg.AssetCheckSeverity.WARN)


def test_a_failure_of_weeks_held_back_only_warns() -> None:
    failing = results(BLOCKING_CHECK, 6, 1, 99)
    [held] = check_results(KEY, [BLOCKING_CHECK], failing, held_back={WEEKS[0], WEEKS[2]})
    [half] = check_results(KEY, [BLOCKING_CHECK], failing, held_back={WEEKS[0]})
    assert (held.passed, held.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert (half.passed, half.severity) == (False, dg.AssetCheckSeverity.ERROR)


def test_a_check_that_was_not_evaluated_has_no_result() -> None:
    assert list(check_results(KEY, [none_of("bad", "another", "words")], results(BLOCKING_CHECK, 1))) == []
