"""Column lineage: the generated file says what sqlglot reads, and only for the SQL from which it was written."""

import json

import pytest

from assets import lineage
from assets.lineage import LINEAGE_FILE, column_lineage, known_column_lineage
from warehouse.contracts import CONTRACTS, Build
from warehouse.database import sql_path

TABLES = [n for n, c in CONTRACTS.items() if c.build is not Build.VIEW and sql_path(c).exists()]


def test_every_table_that_has_a_select_is_in_the_file() -> None:
    assert list(json.loads(LINEAGE_FILE.read_text(encoding="utf-8"))) == TABLES


@pytest.mark.parametrize("name", ["attribution.model_day_tokens", "weekly.lab_tokens"])
def test_the_file_says_what_sqlglot_reads(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    read = column_lineage(name)
    monkeypatch.setattr(lineage, "column_lineage", lambda _: pytest.fail("the file knows it"))
    assert known_column_lineage(name) == read


def test_of_changed_sql_the_file_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {name: {**said, "columns": {}} for name, said in lineage._known().items()}
    monkeypatch.setattr(lineage, "_known", lambda: known)
    assert known_column_lineage("weekly.weeks").deps_by_column == {}
    monkeypatch.setattr(lineage, "_made_from", lambda _: "another hash")
    assert known_column_lineage("weekly.weeks") == column_lineage("weekly.weeks")
