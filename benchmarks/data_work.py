"""The data work of the main job alone: every table built through the one write path, with or without its suite.

A process of its own, so that its peak memory is its own: no Dagster, no publication. Prints seconds by part and table
as JSON, then `data work N s`: storing and parsing the snapshots, the SELECTs and the writing, without the checks.

    python -m benchmarks.data_work HOME [--archive FOLDER] [--without-checks]
"""

import argparse
import json
import time
from itertools import pairwise
from pathlib import Path

import duckdb

import pipeline.archive
from checks import run as checks_run
from warehouse.contracts import Contract
from warehouse.database import open_working_file
from warehouse.from_raw import build_from_raw
from warehouse.home import Home
from warehouse.known_facts import read_facts
from warehouse.results import CheckResult
from warehouse.snapshots import SnapshotStore

Seconds = dict[str, dict[str, float]]  # by table (or step), then by part


def build_tables(home: Home, is_checked: bool) -> Seconds:
    """Builds all tables for all weeks."""
    store = SnapshotStore(home)
    marks = [("(snapshots)", time.perf_counter())]
    store.put_all(pipeline.archive.BuiltInArchive().observations())
    marks.append(("store", time.perf_counter()))

    def begin(table: str) -> None:
        marks.append((table, time.perf_counter()))

    def validate(connection: duckdb.DuckDBPyConnection, contract: Contract) -> list[CheckResult]:
        marks.append(("select", time.perf_counter()))
        results = checks_run.validate_candidate(connection, contract) if is_checked else []
        marks.append(("checks", time.perf_counter()))
        return results

    with open_working_file(home) as connection:
        reports = build_from_raw(connection, home, store, store.snapshots(), read_facts(), validate, report=begin)
    marks.append(("end", time.perf_counter()))
    for name, report in reports.items():
        if report.failed:
            first = next(iter(report.failed.values()))[0]
            raise SystemExit(f"{len(report.failed)} weeks of {name} fail; the first: {first}")
    rows = {name: {"rows": report.rows} for name, report in reports.items()}
    return {name: {**rows.get(name, {}), **parts} for name, parts in _parts(marks).items()}


def _parts(marks: list[tuple[str, float]]) -> Seconds:
    """What comes before the checks of a table is its SELECT, what comes after them is the writing; before the first
    table the snapshots are stored and parsed."""
    seconds: Seconds = {}
    table = ""
    for (name, start), (following, end) in pairwise(marks):
        if name not in ("store", "select", "checks"):
            table = name
        part = following if following in ("store", "select", "checks") else "parse" if name == "store" else "write"
        seconds.setdefault(table, {})[part] = end - start
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("home", type=Path)
    parser.add_argument("--archive", type=Path, help="another folder of the built-in archive's shape")
    parser.add_argument("--without-checks", action="store_true")
    given = parser.parse_args()
    if given.archive:
        pipeline.archive.ARCHIVE_DIRECTORY = given.archive
    if not given.without_checks:
        checks_run._batch_definition()  # imports great-expectations: no work on data
    started = time.perf_counter()
    seconds = build_tables(Home(given.home), is_checked=not given.without_checks)
    all_s = time.perf_counter() - started
    checks_s = sum(parts.get("checks", 0) for parts in seconds.values())
    print(json.dumps({"tables": seconds, "checks_s": checks_s}))
    print(f"data work {all_s - checks_s:.3f} s")


if __name__ == "__main__":
    main()
