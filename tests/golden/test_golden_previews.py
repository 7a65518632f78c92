"""What the tables of the built-in archive show of themselves in Dagster's UI."""

import re

import duckdb
import pytest

from assets.previews import FIGURES_DIRECTORY, figures_by_week, figures_sql, shown_rows
from assets.svg_chart import COLOURS, SHOWN_INLINE_BELOW_CHARACTERS
from warehouse.contracts import CONTRACTS, Build, Contract

TABLES = [c for c in CONTRACTS.values() if c.build is not Build.VIEW and c.schema_name not in ("main", "checks")]


@pytest.mark.parametrize("contract", TABLES, ids=lambda contract: contract.name)
def test_every_table_shows_rows_and_one_with_weeks_a_chart(
    built_archive: duckdb.DuckDBPyConnection, contract: Contract
) -> None:
    by_weeks = contract.build is Build.WEEKS
    weeks = built_archive.execute("SELECT week_start FROM weekly.weeks ORDER BY 1").fetchall() if by_weeks else []
    shown = shown_rows(built_archive, contract, [week for (week,) in weeks] if by_weeks else None)
    has_rows = built_archive.execute(f"SELECT count(*) FROM {contract.name}").fetchall() != [(0,)]
    assert shown.chart.keys() == ({"by_week"} if contract.has_weeks and has_rows else set())
    assert list(shown.first_rows) == ([week for (week,) in weeks] if by_weeks else [None])
    for markdown in (*shown.chart.values(), *shown.first_rows.values()):
        assert len(markdown.value) < SHOWN_INLINE_BELOW_CHARACTERS
    for week, rows in shown.first_rows.items():
        assert ("| --- |" in rows.value) == has_rows
        if week is not None:
            assert re.match(rf"\d of [\d,]+ rows of week {week}\b", rows.value)


def test_figures_are_those_that_the_published_views_tell(built_archive: duckdb.DuckDBPyConnection) -> None:
    figures = figures_by_week(built_archive, CONTRACTS["weekly.country_tokens"])
    told = built_archive.execute(
        "SELECT week_start, 100 * cn_tokens / population_tokens FROM main.china_and_us WHERE population = 'ranked'"
    ).fetchall()
    assert len(told) == 93
    for week, percent in told:
        assert figures[week]["china_percent_of_ranked"] == pytest.approx(percent)


@pytest.mark.parametrize("path", sorted(FIGURES_DIRECTORY.rglob("*.sql")), ids=lambda path: path.stem)
def test_figures_belong_to_a_table_and_share_a_unit(built_archive: duckdb.DuckDBPyConnection, path) -> None:
    contract = CONTRACTS[f"{path.parent.name}.{path.stem}"]
    names = [column[0] for column in built_archive.execute(figures_sql(contract)).description]
    assert names[0] == "week_start"
    assert 1 <= len(names[1:]) <= len(COLOURS)
    units = ("percent", "trillion_tokens", "usd_per_million_tokens", "models", "days")
    assert len({unit for name in names[1:] for unit in units if unit in name}) == 1
