"""What two weeks of the built-in archive depend on: a cloaked model, and keeping variants apart."""

from datetime import date

import duckdb
import pytest
from building import query

_IS_OPEN = "grounds <> 'evidenced'"


def decisions(built_archive: duckdb.DuckDBPyConnection, week_start: date, population: str) -> list[tuple]:
    """Open decisions over the lead."""
    return query(
        built_archive,
        "SELECT ahead, behind, unit_kind, unit, round(tokens / 1e12, 3), counted_as, flips_when, grounds "
        f"FROM weekly.pivotal_decisions WHERE week_start = ? AND population = ? AND place = 1 AND {_IS_OPEN}",
        [week_start, population],
    )


def test_one_cloaked_model_decides_the_week_of_2026_09_28(built_archive: duckdb.DuckDBPyConnection) -> None:
    bunny = ("CN", "US", "model", "stealth/space-bunny-alpha", 38.661, "ZZ", "counted_for_behind", "unknown")
    assert decisions(built_archive, date(2026, 9, 28), "ranked") == [bunny]
    assert decisions(built_archive, date(2026, 9, 28), "platform") == [bunny]
    assert decisions(built_archive, date(2026, 9, 28), "top_9") == []


@pytest.mark.parametrize(
    ("population", "leader", "is_certain"),
    [("top_9", "US", True), ("top_9_variants_merged", "CN", True), ("ranked", "US", True), ("platform", "US", False)],
)
def test_keeping_variants_apart_decides_the_week_of_2026_04_20(
    built_archive: duckdb.DuckDBPyConnection, population: str, leader: str, is_certain: bool
) -> None:
    assert query(
        built_archive,
        "SELECT DISTINCT leader, is_certain FROM weekly.country_rankings "
        "WHERE week_start = '2026-04-20' AND population = ?",
        [population],
    ) == [(leader, is_certain)]
    otherwise = {"top_9": "variants_merged", "top_9_variants_merged": "variants_apart"}
    found = decisions(built_archive, date(2026, 4, 20), population)
    assert [row[2:5] for row in found] == (
        [("definition", otherwise[population], 1.39)] if population in otherwise else []
    )


def test_the_lead_of_few_weeks_hangs_on_an_open_decision(built_archive: duckdb.DuckDBPyConnection) -> None:
    assert query(
        built_archive,
        "SELECT week_start, unit FROM weekly.pivotal_decisions "
        f"WHERE population IN ('top_9', 'ranked') AND place = 1 AND {_IS_OPEN} ORDER BY ALL",
    ) == [
        (date(2026, 4, 20), "variants_merged"),
        (date(2026, 5, 18), "openrouter/owl-alpha"),
        (date(2026, 5, 25), "openrouter/owl-alpha"),
        (date(2026, 9, 28), "stealth/space-bunny-alpha"),
    ]
