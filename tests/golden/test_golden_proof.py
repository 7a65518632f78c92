"""A recorded export of ../shared/data, where that exists: rebuilt from the tables to its published hash."""

import io
import re
from pathlib import Path

import pytest
from building import REPOSITORY, build_tables, put_archive, shared_file
from rich.console import Console

from pipeline.ingest_file import ingest_export
from pipeline.reports.prove import print_proof
from pipeline.settings import Settings
from warehouse.contracts import CONTRACTS
from warehouse.database import connect, create_tables
from warehouse.home import Home

EXPORT = "exports/rankings-daily_2026-10-08.csv"
SHA256 = "a568e932f96c7508efe40bae7f74b9d16cf31e088196b1da9ebbd9aaa23dc735"
DIFFERING = {
    "deepseek/deepseek-v4-flash-20260423": 14_281_170,
    "deepseek/deepseek-v4-flash-20260731": 1_824_105,
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The archive and the export, staged."""
    export, manifest = shared_file(EXPORT), shared_file(EXPORT.replace(".csv", ".manifest.json"))
    home = Home(tmp_path_factory.mktemp("proof"))
    put_archive(home)
    ingest_export(Settings(home=home.path), export, manifest)
    with connect(home.published_file) as connection:
        create_tables(connection, CONTRACTS.values())
        tables = ["raw.snapshots", "staging.snapshot_days", "staging.model_day_token_vintages"]
        build_tables(connection, home, tables=tables)
    return home


def prove(home: Home) -> tuple[int, str]:
    console = Console(file=io.StringIO(), width=120, color_system=None)
    return print_proof(console, home, None), console.file.getvalue()  # type: ignore[attr-defined]


def test_the_export_is_lossless_and_the_archive_confirms_all_but_five_figures(home: Home) -> None:
    exit_code, text = prove(home)
    assert exit_code == 0
    assert "Export of 2026-10-08: lossless: 1,530 figures equal the published file" in text
    assert f"rebuilt    {SHA256}  (122,881 bytes" in text
    assert f"published  {SHA256}" in text
    assert "1,525 of 1,530 figures are confirmed by another snapshot: openrouter-rankings-daily" in text
    assert "5 differ:" in text
    lines = [line.split() for line in text.splitlines() if line.strip().startswith("2026-10-07")]
    assert len(lines) == 5
    for _, model, export, other, difference in lines:
        figures = [int(figure.replace(",", "")) for figure in (export, other, difference)]
        assert figures[1] - figures[0] == figures[2]
        assert figures[2] == DIFFERING.get(model, figures[2])


def test_the_readme_shows_what_it_prints(home: Home) -> None:
    """To the character, but for what the README leaves out (`...`) and the empty and ruled lines."""
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    [shown] = re.findall(r"^```text\n\$ tokentide prove\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)
    printed = [line.rstrip() for line in prove(home)[1].splitlines()]
    printed = [re.sub(r"(the staged rows of ).*(?=\))", r"\1...", line) for line in printed if line.strip(" ─")]
    assert shown.splitlines() == printed


def test_one_byte_changed_is_corrupt(home: Home) -> None:
    stored: Path = home.raw / "objects" / SHA256[:2] / SHA256
    body = stored.read_bytes()
    try:
        stored.write_bytes(body[:70_000] + bytes([body[70_000] ^ 1]) + body[70_001:])
        exit_code, text = prove(home)
    finally:
        stored.write_bytes(body)
    assert exit_code == 1
    assert text.startswith("corrupt: ")
    assert "lossless" not in text
