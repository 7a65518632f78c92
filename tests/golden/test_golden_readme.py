"""The README's table of results is what the built-in archive gives, to the last printed digit."""

import re

import duckdb
import pytest
from building import REPOSITORY, query

_ROW = re.compile(r"\| (\d{4}-\d{2}-\d{2}) \|" + r" \**([\d.]+)T\** \|" * 5)
README_ROWS = _ROW.findall((REPOSITORY / "README.md").read_text(encoding="utf-8"))


def test_the_table_was_found() -> None:
    assert len(README_ROWS) == 10


@pytest.mark.parametrize("row", README_ROWS, ids=[row[0] for row in README_ROWS])
def test_a_row_of_the_readme(built_archive: duckdb.DuckDBPyConnection, row: tuple[str, ...]) -> None:
    week_start, *printed = row
    found = {
        population: rest
        for population, *rest in query(
            built_archive,
            "SELECT population, cn_tokens, us_tokens, population_tokens FROM main.china_and_us WHERE week_start = ?",
            [week_start],
        )
    }
    figures = [*found["top_9"][:2], *found["ranked"][:2], found["platform"][2]]
    assert [f"{tokens / 1e12:.3f}" for tokens in figures] == printed
