"""`tokentide attribution diff`: what an edit of the reference files would move, before anything is published.

All tables are built anew in memory, from the snapshots of the published edition and the reference files as they stand,
and compared with it. Not here: the comparison of two editions (diff.py).
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import duckdb
from rich.console import Console
from rich.markup import escape

from pipeline.reports.diff import note_causes, print_moved_tables
from pipeline.reports.figures import trillions
from warehouse.contracts import CONTRACTS, Contract
from warehouse.database import connect, create_tables, fetch_dicts
from warehouse.editions import open_published, read_edition
from warehouse.from_raw import build_from_raw
from warehouse.hashing import code_version, reference_hash
from warehouse.home import Home
from warehouse.known_facts import read_facts
from warehouse.reference_files import REFERENCE_DIRECTORY
from warehouse.results import CheckResult
from warehouse.snapshots import SnapshotStore

# What is decided about a model, or a line of a file: shown where it differs.
_DECISIONS = {
    "attribution.labs": ("lab", "country_code", "valid_to", "known_from_utc"),
    "attribution.models": (
        ("lab", "country_code", "method", "known_from_utc", "base_model", "base_lab", "base_country_code")
    ),
    "attribution.openness": ("weights",),
    "main.claims": ("verdict", "reproduced_under", "closest_value"),
}


def print_attribution_diff(console: Console, home: Home, limit: int, report: Callable[[str], None]) -> bool:
    """Prints which decisions and figures would move, largest first; returns whether any would."""
    with open_published(home) as published:
        edition = read_edition(published)
        listed = {row[0] for row in published.execute("SELECT snapshot_id FROM raw.snapshots").fetchall()}
        held_back = published.execute("SELECT week_start FROM main.held_back_weeks").fetchall()
    connection = connect(":memory:")
    try:
        path = str(home.published_file).replace("'", "''")
        connection.execute(f"ATTACH '{path}' AS a (READ_ONLY)")
        connection.execute("ATTACH ':memory:' AS b")
        connection.execute("USE b")
        create_tables(connection, CONTRACTS.values())
        store = SnapshotStore(home)
        snapshots = [snapshot for snapshot in store.snapshots() if snapshot.snapshot_id in listed]
        build_from_raw(connection, home, store, snapshots, read_facts(), _nothing_to_check, report=report)
        after = replace(
            edition, code_version=code_version(), reference_hash=reference_hash(REFERENCE_DIRECTORY), content_hash=""
        )
        console.print(f"Edition [bold]{edition.edition}[/bold] against the reference files at hand", highlight=False)
        if edition.code_version != after.code_version:
            console.print("The code is not that of the edition, too: it may move figures by itself.", style="yellow")
        if held_back:
            console.print("Weeks that a person held back may differ because of that.", style="yellow")
        decisions = {name: _differing(connection, CONTRACTS[name], columns) for name, columns in _DECISIONS.items()}
        if not any(decisions.values()):
            console.print("No decision, no figure would move.")
            return False
        for name, rows in decisions.items():
            _print_decisions(console, name, rows, limit)
        note_causes(connection, edition, after)
        print_moved_tables(console, connection, limit)
        console.print("Nothing was published; `tokentide run` publishes it.")
        return True
    finally:
        connection.close()


def _nothing_to_check(_: duckdb.DuckDBPyConnection, __: Contract) -> list[CheckResult]:
    """The checks gate what is published; here nothing is."""
    return []


def _differing(
    connection: duckdb.DuckDBPyConnection, contract: Contract, columns: tuple[str, ...]
) -> list[dict[str, Any]]:
    """Rows of the table that differ in these columns: key, both sides, and a model's tokens; heaviest first."""
    keys = ", ".join(contract.key)
    sides = ", ".join(
        f"CASE WHEN {side}.{contract.key[0]} IS NOT NULL THEN concat_ws(', ', "
        + ", ".join(f"'{name} ' || {side}.{name}" for name in columns)
        + f") END AS {word}"
        for side, word in (("one", "before"), ("two", "after"))
    )
    differs = " OR ".join(f"one.{name} IS DISTINCT FROM two.{name}" for name in columns)
    of_model = "model_permaslug" if contract.key == ("model_permaslug",) else "split_part(model_permaslug, ':', 1)"
    has_tokens = contract.key[0] in ("model_permaslug", "base_permaslug")
    tokens = "CAST(NULL AS BIGINT)"
    if has_tokens:
        tokens = (
            f"(SELECT sum(tokens)::BIGINT FROM b.weekly.model_tokens WHERE {of_model} = differing.{contract.key[0]})"
        )
    return fetch_dicts(
        connection,
        f"WITH differing AS (SELECT {keys}, {sides} FROM a.{contract.name} AS one "
        f"FULL JOIN b.{contract.name} AS two USING ({keys}) WHERE {differs}) "
        f"SELECT concat_ws(' ', {keys}) AS key, before, after, {tokens} AS tokens FROM differing "
        "ORDER BY tokens DESC NULLS LAST, key",
    )


def _print_decisions(console: Console, name: str, rows: list[dict[str, Any]], limit: int) -> None:
    if not rows:
        return
    console.print(f"[bold]{name}: {len(rows):,} differ[/bold]", highlight=False)
    for row in rows[:limit]:
        tokens = f" ({trillions(row['tokens'])} in all)" if row["tokens"] is not None else ""
        console.print(f"  {escape(row['key'])}{tokens}", highlight=False, soft_wrap=True)
        for word in ("before", "after"):
            console.print(f"    {word:<7} {escape(row[word] or '-')}", highlight=False, soft_wrap=True)
    if len(rows) > limit:
        console.print(f"  ... {len(rows) - limit:,} more; --limit shows them.", highlight=False)
