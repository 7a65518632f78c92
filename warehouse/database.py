"""Opens DuckDB files the one right way, and brings a file's tables and views in line with the contracts."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from warehouse.contracts import CONTRACTS, Build, Contract
from warehouse.errors import LockHeld, StorageFailed
from warehouse.home import Home

# Readable by DuckDB 1.5 and 2.x, whichever of them writes.
STORAGE_VERSION = "v1.5.0"
# More is spilled beside the file: memory stays flat as the history grows (docs/benchmarks.md).
MEMORY_LIMIT = "2GB"
# Says what the rows of all other tables were made from.
_BUILDS = "checks.builds"
# Working files that this process has already brought in line with the contracts.
_brought_in_line: set[tuple[str, int]] = set()
_SIGNS_OF_DAMAGE = ("not a valid DuckDB database file", "Corrupt database file", "Serialization Error")
SQL_DIRECTORY = Path(__file__).parent / "sql"


def connect(path: Path | str, read_only: bool = False) -> duckdb.DuckDBPyConnection:
    """A connection in UTC that loads nothing from the network and keeps files readable by DuckDB 1.5.

    Raises LockHeld where another process has the file open, StorageFailed where it cannot be read or written.
    """
    config: dict[str, str | bool | int | float | list[str]] = {
        "storage_compatibility_version": STORAGE_VERSION,
        "memory_limit": MEMORY_LIMIT,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    try:
        connection = duckdb.connect(str(path), read_only=read_only, config=config)
    except duckdb.IOException as error:
        if "lock" in str(error).lower():
            raise LockHeld(
                f"Another process has {path} open: {_first_line(error)}",
                "close it there, then run again. To read figures, open tokentide.duckdb instead.",
            ) from error
        raise storage_failed(error) from error
    connection.execute("SET TimeZone = 'UTC'")
    return connection


@contextmanager
def open_working_file(home: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    """The working file, with every table and view of the contracts. The caller holds the writer's lock."""
    home.prepare()
    try:
        is_new = not home.working_file.exists()
        connection = connect(home.working_file)
        file = (str(home.working_file), home.working_file.stat().st_ino)
        if is_new or file not in _brought_in_line:
            create_tables(connection, CONTRACTS.values())
            _brought_in_line.add(file)
    except (duckdb.Error, StorageFailed) as error:
        if not any(sign in str(error) for sign in _SIGNS_OF_DAMAGE):
            raise error if isinstance(error, StorageFailed) else storage_failed(error) from error
        raise StorageFailed(
            f"The working file {home.working_file} is damaged: {_first_line(error)}",
            "delete it and run again: it is built anew from the snapshots. The published file is as it was.",
        ) from error
    try:
        yield connection
    except (
        duckdb.IOException,
        duckdb.OutOfMemoryException,
        duckdb.FatalException,
        duckdb.TransactionException,
        duckdb.SerializationException,
    ) as error:
        raise storage_failed(error) from error
    finally:
        try:
            connection.close()
        except duckdb.Error as error:  # closing checkpoints, which a full disk refuses; the WAL stays, nothing is lost
            raise storage_failed(error) from error


def create_tables(connection: duckdb.DuckDBPyConnection, contracts: Iterable[Contract]) -> None:
    """Makes what is missing. A table whose columns are not its contract's is made anew, as its rows can be rebuilt; all
    are, where it is the one that says what rows were made from."""
    contracts = list(contracts)
    found = _columns_found(connection)
    promised_of = {
        contract.name: [(name, contract.duckdb_type(name)) for name in contract.column_names]
        for contract in contracts
        if contract.build is not Build.VIEW
    }
    outdated = {name for name, columns in found.items() if columns != promised_of.get(name, columns)}
    if _BUILDS in outdated:
        outdated = found.keys() & promised_of.keys()
    for contract in contracts:
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {contract.schema_name}")
        if contract.build is Build.VIEW:
            continue
        if contract.name in outdated:
            connection.execute(f"DROP TABLE {contract.name}")
            if _BUILDS in found and _BUILDS not in outdated:
                connection.execute(f"DELETE FROM {_BUILDS} WHERE table_name = ?", [contract.name])
        if contract.name in outdated or contract.name not in found:
            connection.execute(contract.create_table_sql())
    for contract in contracts:
        if contract.build is Build.VIEW:
            connection.execute(f"CREATE OR REPLACE VIEW {contract.name} AS {select_sql(contract)}")


def comment_on(connection: duckdb.DuckDBPyConnection, contracts: Iterable[Contract]) -> None:
    """Says of every table, view and column what the contract says: for files that people open, as it takes a while."""
    for contract in contracts:
        for statement in contract.comment_sql():
            connection.execute(statement)


def select_sql(contract: Contract) -> str:
    """The SELECT that makes a table: sql/<schema>/<table>.sql."""
    return sql_path(contract).read_text(encoding="utf-8")


def sql_path(contract: Contract) -> Path:
    return SQL_DIRECTORY / contract.schema_name / f"{contract.table_name}.sql"


def fetch_one(
    connection: duckdb.DuckDBPyConnection, sql: str, parameters: list[object] | None = None
) -> tuple[Any, ...]:
    """The first row. Fetches all, as DuckDB 2 keeps a connection busy until a result is read to its end."""
    row: tuple[Any, ...] = connection.execute(sql, parameters).fetchall()[0]
    return row


def fetch_dicts(
    connection: duckdb.DuckDBPyConnection, sql: str, parameters: list[object] | dict[str, object] | None = None
) -> list[dict[str, Any]]:
    """All rows, by column name."""
    rows: list[dict[str, Any]] = connection.sql(sql, params=parameters).to_arrow_table().to_pylist()
    return rows


def storage_failed(error: Exception) -> StorageFailed:
    return StorageFailed(
        f"The disk or the memory would not serve: {_first_line(error)}",
        "free space (or give write permission), then run again. The published file is as it was.",
    )


def _columns_found(connection: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[str, str]]]:
    rows = connection.execute(
        "SELECT schema_name || '.' || table_name, column_name, data_type FROM duckdb_columns() "
        "WHERE database_name = current_database() AND NOT internal ORDER BY table_oid, column_index"
    ).fetchall()
    found: dict[str, list[tuple[str, str]]] = {}
    for table, name, kind in rows:
        found.setdefault(table, []).append((name, kind))
    return found


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0]
