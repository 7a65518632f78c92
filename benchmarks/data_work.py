"""The data work of the main job alone: every table built through the one write path, with or without its suite.

A process of its own, so that its peak memory is its own: no Dagster, no publication. Prints seconds by part and table
as JSON, then `data work N s`: storing and parsing the snapshots, the SELECTs and the writing, without the checks.

    python -m benchmarks.data_work HOME [--archive FOLDER] [--without-checks]
"""

import argparse
import json
import re
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from graphlib import TopologicalSorter
from pathlib import Path

import duckdb
import pyarrow as pa

import pipeline.archive
from checks import run as checks_run
from checks.measures import SQL_DIRECTORY as MEASURES
from warehouse.build_inputs import fill_input
from warehouse.contracts import CONTRACTS, Build, Contract
from warehouse.database import open_working_file, select_sql, sql_path
from warehouse.home import Home
from warehouse.ingesting import load_parsed_prices, load_parsed_rows, quarantine_days, quarantine_statements
from warehouse.reference_files import REFERENCE_FILES, read_reference_files
from warehouse.results import CheckResult
from warehouse.snapshots import SnapshotStore
from warehouse.writing import build_weeks, build_whole

Seconds = dict[str, dict[str, float]]  # by table (or step), then by part


def tables_in_order() -> list[str]:
    """Every table that has a SELECT or is a list of given rows, each after those that its SQL or its checks name."""
    reads = {name: _names_in(name) - {name} for name in CONTRACTS}
    in_order = TopologicalSorter(reads).static_order()
    return [n for n in in_order if n in _given_names() or (_has_sql(n) and CONTRACTS[n].build is not Build.VIEW)]


def build_tables(home: Home, is_checked: bool) -> Seconds:
    """Builds all tables for all weeks, as the assets do."""
    seconds: Seconds = defaultdict(lambda: defaultdict(float))
    store = SnapshotStore(home)
    with _timed(seconds, "(snapshots)", "store"):
        for body, origin, sha256 in pipeline.archive.BuiltInArchive().observations():
            store.put(body, origin, sha256)
    with open_working_file(home) as connection:
        with _timed(seconds, "(snapshots)", "parse"):
            load_parsed_rows(connection, store)
            load_parsed_prices(connection, store)
        given = _given_rows(connection, store)
        for name in tables_in_order():
            _build_table(connection, home, name, given.get(name), seconds, is_checked)
            if name == "staging.snapshot_days":
                quarantine_days(connection, home)
            if name == "staging.catalogue_statements":
                quarantine_statements(connection, home)
    return seconds


def _build_table(
    connection: duckdb.DuckDBPyConnection,
    home: Home,
    name: str,
    rows: pa.Table | None,
    seconds: Seconds,
    is_checked: bool,
) -> None:
    contract = CONTRACTS[name]
    # what comes before the checks is the SELECT, what comes after them is the writing
    marks = [time.perf_counter()]

    def validate(connection: duckdb.DuckDBPyConnection, contract: Contract) -> list[CheckResult]:
        marks.append(time.perf_counter())
        results = checks_run.validate_candidate(connection, contract) if is_checked else []
        marks.append(time.perf_counter())
        return results

    if contract.build is Build.WEEKS:
        report = build_weeks(connection, contract, _weeks_staged(connection), validate, home)
    else:
        report = build_whole(connection, contract, validate, home, rows)
    marks.append(time.perf_counter())
    if report.failed:
        first = next(iter(report.failed.values()))[0]
        raise SystemExit(f"{len(report.failed)} weeks of {name} fail; the first: {first}")
    parts = {
        part: end - start for part, start, end in zip(("select", "checks", "write"), marks, marks[1:], strict=False)
    }
    seconds[name] = {"rows": report.rows, **parts}


def _given_rows(connection: duckdb.DuckDBPyConnection, store: SnapshotStore) -> dict[str, pa.Table]:
    """Rows that come from no SELECT: the snapshots, and reference files that are a table as they stand."""
    given = {"raw.snapshots": store.to_arrow()}
    references = read_reference_files()
    for file in REFERENCE_FILES:
        fill_input(connection, f"reference_{file.name}", references[file.name])
        given |= {name: references[file.name] for name in _given_names() if CONTRACTS[name].columns is file.columns}
    return given


def _given_names() -> set[str]:
    as_they_stand = [file.columns for file in REFERENCE_FILES]
    return {"raw.snapshots"} | {
        n for n, c in CONTRACTS.items() if any(c.columns is columns for columns in as_they_stand)
    }


def _names_in(name: str) -> set[str]:
    contract = CONTRACTS[name]
    own = MEASURES / contract.schema_name / f"{contract.table_name}.sql"
    text = (select_sql(contract) if _has_sql(name) else "") + (own.read_text(encoding="utf-8") if own.exists() else "")
    return CONTRACTS.keys() & set(re.findall(r"\b[a-z]+\.[a-z_0-9]+\b", text))


def _has_sql(name: str) -> bool:
    return sql_path(CONTRACTS[name]).exists()


def _weeks_staged(connection: duckdb.DuckDBPyConnection) -> list:
    sql = "SELECT DISTINCT week_start FROM staging.snapshot_days WHERE week_start IS NOT NULL ORDER BY week_start"
    return [row[0] for row in connection.execute(sql).fetchall()]


@contextmanager
def _timed(seconds: Seconds, name: str, part: str) -> Iterator[None]:
    started = time.perf_counter()
    yield
    seconds[name][part] += time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("home", type=Path)
    parser.add_argument("--archive", type=Path, help="another folder of the built-in archive's shape")
    parser.add_argument("--without-checks", action="store_true")
    given = parser.parse_args()
    if given.archive:
        pipeline.archive.ARCHIVE_DIRECTORY = given.archive
    build = partial(build_tables, Home(given.home))
    if not given.without_checks:
        checks_run._batch_definition()  # imports great-expectations: no work on data
    started = time.perf_counter()
    seconds = build(is_checked=not given.without_checks)
    all_s = time.perf_counter() - started
    checks_s = sum(parts.get("checks", 0) for parts in seconds.values())
    print(json.dumps({"tables": seconds, "checks_s": checks_s}))
    print(f"data work {all_s - checks_s:.3f} s")


if __name__ == "__main__":
    main()
