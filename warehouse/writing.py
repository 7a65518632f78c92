"""The one write path: build the candidate rows of all weeks at hand, have them checked, replace what passed.

The validator is an argument: what must hold is not decided here. Weeks that fail keep their old rows; their
candidates and the reasons go to quarantine.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from warehouse.build_inputs import fill_input
from warehouse.builds import note_build
from warehouse.contracts import Contract
from warehouse.database import fetch_one, select_sql
from warehouse.errors import ContractBroken
from warehouse.hashing import row_hash_sql
from warehouse.home import Home
from warehouse.results import CheckResult, Validator, store_results


@dataclass(frozen=True)
class WrittenWeek:
    """What became of one week's rows. `data_version` is the hash of their content."""

    rows: int
    data_version: str


@dataclass(frozen=True)
class BuildReport:
    """What one build did: of a weekly table by week, of a whole one under the key None."""

    table_name: str
    written: dict[date | None, WrittenWeek]
    failed: dict[date | None, list[CheckResult]]
    results: list[CheckResult]
    quarantine_path: Path | None

    @property
    def rows(self) -> int:
        return sum(week.rows for week in self.written.values())


def build_weeks(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    weeks: Iterable[date],
    validate: Validator,
    home: Home,
) -> BuildReport:
    """Builds the given weeks of a weekly table in one set-based pass and replaces those that pass.

    A week for which there are no rows ends without: neither written nor failed. Raises ContractBroken where the
    SELECT does not give the contract's columns.
    """
    weeks = sorted(weeks)
    fill_input(connection, "weeks_at_hand", pa.table({"week_start": pa.array(weeks, pa.date32())}))
    connection.execute(f"CREATE OR REPLACE TEMP TABLE candidate AS {select_sql(contract)}")
    _check_columns(connection, contract)
    results = validate(connection, contract)
    failed = _failed_by_week(results)
    passing = [week for week in weeks if week not in failed]
    connection.execute("BEGIN")
    try:
        connection.execute(f"DELETE FROM {contract.name} WHERE list_contains(?, week_start)", [passing])
        connection.execute(
            f"INSERT INTO {contract.name} BY NAME SELECT * FROM candidate WHERE list_contains(?, week_start) "
            f"ORDER BY {', '.join(contract.key)}",
            [passing],
        )
        note_build(connection, contract, passing)
        store_results(connection, contract.name, results, weeks)
        connection.execute("COMMIT")
    except BaseException:
        _roll_back(connection)
        raise
    quarantine = _quarantine(connection, contract, failed, home) if failed else None
    written = connection.execute(
        f"SELECT week_start, count(*), {row_hash_sql(contract)} FROM candidate "
        "WHERE list_contains(?, week_start) GROUP BY week_start ORDER BY week_start",
        [passing],
    ).fetchall()
    _forget_candidate(connection)
    return BuildReport(
        contract.name,
        {week: WrittenWeek(rows, version) for week, rows, version in written},
        failed,
        results,
        quarantine,
    )


def build_whole(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    validate: Validator,
    home: Home,
    rows: pa.Table | None = None,
) -> BuildReport:
    """Builds a whole table, from its SELECT or from the given rows, and replaces it if it passes."""
    if rows is None:
        connection.execute(f"CREATE OR REPLACE TEMP TABLE candidate AS {select_sql(contract)}")
    else:
        connection.register("given_rows", rows)
        connection.execute("CREATE OR REPLACE TEMP TABLE candidate AS SELECT * FROM given_rows")
        connection.unregister("given_rows")
    _check_columns(connection, contract)
    results = validate(connection, contract)
    failed = _failed_by_week(results)
    connection.execute("BEGIN")
    try:
        if not failed:
            connection.execute(f"DELETE FROM {contract.name}")
            connection.execute(
                f"INSERT INTO {contract.name} BY NAME SELECT * FROM candidate ORDER BY {', '.join(contract.key)}"
            )
            note_build(connection, contract, None)
        store_results(connection, contract.name, results, None)
        connection.execute("COMMIT")
    except BaseException:
        _roll_back(connection)
        raise
    quarantine = _quarantine(connection, contract, failed, home) if failed else None
    written: dict[date | None, WrittenWeek] = {}
    if not failed:
        rows_written, version = fetch_one(connection, f"SELECT count(*), {row_hash_sql(contract)} FROM candidate")
        written[None] = WrittenWeek(rows_written, version)
    _forget_candidate(connection)
    return BuildReport(contract.name, written, failed, results, quarantine)


def _check_columns(connection: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    """INSERT BY NAME would fill a missing column with NULL and let a wrong type be cast: neither may happen."""
    found = dict(connection.execute("SELECT column_name, column_type FROM (DESCRIBE candidate)").fetchall())
    promised = {name: contract.duckdb_type(name) for name in contract.column_names}
    if found != promised:
        differences = [
            f"{name}: {found.get(name, 'missing')} instead of {promised.get(name, 'nothing')}"
            for name in sorted(found.keys() | promised.keys())
            if found.get(name) != promised.get(name)
        ]
        raise ContractBroken(
            f"The rows for {contract.name} do not have the contract's columns: {'; '.join(differences)}.",
            f"correct sql/{contract.schema_name}/{contract.table_name}.sql or the contract.",
        )


def _failed_by_week(results: list[CheckResult]) -> dict[date | None, list[CheckResult]]:
    failed: dict[date | None, list[CheckResult]] = {}
    for result in results:
        if result.outcome == "failed":
            failed.setdefault(result.week_start, []).append(result)
    return failed


def _quarantine(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    failed: dict[date | None, list[CheckResult]],
    home: Home,
) -> Path:
    """Keeps the failing weeks' candidate rows (all rows, if the table as a whole failed) and the reasons."""
    folder = home.quarantine / f"{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}-{contract.name}"
    folder.mkdir(parents=True)
    reasons = [asdict(result) for results in failed.values() for result in results]
    (folder / "reasons.json").write_text(json.dumps(reasons, indent=2, default=str))
    rows = connection.sql("SELECT * FROM candidate")
    weeks = [week for week in failed if week is not None]
    if None not in failed and contract.has_weeks:
        rows = connection.sql(
            "SELECT * FROM candidate WHERE list_contains($weeks, week_start)", params={"weeks": weeks}
        )
    rows.write_parquet(str(folder / "candidate_rows.parquet"))
    return folder


def _forget_candidate(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("DROP TABLE candidate")


def _roll_back(connection: duckdb.DuckDBPyConnection) -> None:
    try:
        connection.execute("ROLLBACK")
    except duckdb.Error:
        # DuckDB has already rolled back (an invalidated file); what brought us here is raised by the caller
        return
