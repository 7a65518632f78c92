"""Check results as Dagster shows them: severity, and the worst week of a range."""

import subprocess
from datetime import date
from pathlib import Path

import dagster as dg
import duckdb

from checks.dagster_results import check_results, check_specs
from checks.suite import between, none_of, warn_between
from warehouse.results import CheckResult
from warehouse.shell import called

TABLE = "weekly.weeks"
KEY = dg.AssetKey(["weekly", "weeks"])
BLOCKING_CHECK = between("bad", 0, 5, "blocking_check", "words")
WARNING_CHECK = warn_between("bad", 0, 5, "warning_check", "words")
WEEKS = [date(2026, 1, 5), date(2026, 1, 12), date(2026, 1, 19)]


def results(check, *values: float) -> list[CheckResult]:
    bad = "failed" if check.severity == "blocking" else "warned"
    return [
        CheckResult(
            "weekly.weeks", week, check.name, check.severity, "passed" if value <= 5 else bad, value, "0 to 5", "words"
        )
        for week, value in zip(WEEKS, values, strict=False)
    ]


def test_only_blocking_checks_block() -> None:
    specs = {spec.name: spec.blocking for spec in check_specs(KEY, [BLOCKING_CHECK, WARNING_CHECK])}
    assert specs == {"blocking_check": True, "warning_check": False}


def test_a_passing_range_is_one_passed_result() -> None:
    [result] = check_results(KEY, [BLOCKING_CHECK], results(BLOCKING_CHECK, 1, 2, 3))
    assert result.passed
    assert result.metadata["weeks_checked"].value == 3
    assert result.metadata["observed"].text == "1 to 3 bad"
    assert result.metadata["expected"].text == "0 to 5 bad"
    assert "weeks_not_passed" not in result.metadata
    assert result.description is None


def test_the_worst_week_is_the_one_nearest_to_failing_not_the_one_with_nothing() -> None:
    [result] = check_results(KEY, [WARNING_CHECK], results(WARNING_CHECK, 0, 2, 1))
    assert result.metadata["worst_week"].value == "2026-01-12"
    assert result.metadata["observed_value"].value == 2


def test_a_failing_range_lists_its_weeks_and_shows_the_rejected_rows(tmp_path: Path) -> None:
    [result] = check_results(
        KEY, [BLOCKING_CHECK], results(BLOCKING_CHECK, 6, 1, 99), quarantine=tmp_path, causes=["row 3: negative"]
    )
    assert [(row.data["week"], row.data["observed"]) for row in result.metadata["by_week"].records] == [
        ("2026-01-05", "6"),
        ("2026-01-19", "99"),
    ]
    assert result.description.startswith("**Failed in 2 of 3 weeks, worst in that of 2026-01-19**: observed 99")
    assert "- `row 3: negative`" in result.description
    assert result.metadata["quarantine"].path == str(tmp_path)
    duckdb.sql("SELECT DATE '2026-01-19' AS week_start, 424242 AS tokens").write_parquet(
        str(tmp_path / "candidate_rows.parquet")
    )
    command = result.metadata["show_rejected_rows"].text
    shown = subprocess.run(command, shell=True, capture_output=True, text=True, check=True, timeout=60)
    assert "424242" in shown.stdout


def test_a_warning_tells_where_its_rows_are() -> None:
    [result] = check_results(KEY, [WARNING_CHECK], results(WARNING_CHECK, 6))
    assert result.metadata["show_rows"].text == (
        f"""{called("tokentide")} sql "FROM weekly.weeks WHERE week_start = DATE '2026-01-05'\""""
    )
    assert "quarantine" not in result.metadata


def test_a_warning_names_what_is_behind_it_and_no_cause_of_a_failure() -> None:
    [result] = check_results(
        KEY, [WARNING_CHECK], results(WARNING_CHECK, 6), causes=["row 3: negative"], warned_by=["2 here, 3 there"]
    )
    assert "- `2 here, 3 there`" in result.description
    assert "row 3" not in result.description


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
