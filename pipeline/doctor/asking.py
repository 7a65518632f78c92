"""Dagster's records, asked in plain SQL: the same tables lie in SQLite files or in PostgreSQL. Read without Dagster,
whose import takes seconds, and without writing a byte.

Not here: what is asked (records.py).
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from pipeline.dagster_home import not_served, require_driver
from pipeline.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Connection

# in which of Dagster's SQLite files a table is; the events of a run are in one of its own, named by the run
RUNS, INDEX = "runs.db", "runs/index.db"
_LONGEST_ANSWER_MS = 5_000


class Records(Protocol):
    """Where Dagster's records are."""

    def are_there(self) -> bool: ...

    def ask(self, where: str, statement: str, *values: object) -> list[Any]:
        """All rows; each `?` of the statement is one of the values."""
        ...


def events_of(run_id: str) -> str:
    """The file of a run's events."""
    return f"runs/{run_id}.db"


@contextmanager
def records_of(settings: Settings) -> Iterator[Records]:
    """Raises RecordsUnavailable where PostgreSQL is set and does not serve."""
    if not settings.dagster_postgres:
        yield _InSqlite(settings.state.dagster / "history")
        return
    require_driver()
    from sqlalchemy.exc import DBAPIError

    from pipeline.postgres_connection import connected, told_by

    try:
        with connected(settings.dagster_postgres.get_secret_value()) as connection:
            connection.execution_options(postgresql_readonly=True)
            connection.exec_driver_sql(f"SET LOCAL statement_timeout = {_LONGEST_ANSWER_MS}")
            yield _InPostgres(connection)
    except DBAPIError as error:
        raise not_served(told_by(error)) from error


@dataclass(frozen=True)
class _InSqlite:
    history: Path

    def are_there(self) -> bool:
        return (self.history / RUNS).exists()

    def ask(self, where: str, statement: str, *values: object) -> list[Any]:
        """Of a file that is not there: nothing. Raises sqlite3.Error where one cannot be read."""
        database = self.history / where
        if not database.exists():
            return []
        # Where nobody has it open it is read as it lies: only so does SQLite make no files of its own beside it. After
        # a kill they are there, and the log among them is read, too; its index is SQLite's own and may be made anew.
        is_in_use = all(database.with_name(database.name + suffix).exists() for suffix in ("-wal", "-shm"))
        address = f"{database.as_uri()}?{'mode=ro' if is_in_use else 'immutable=1'}"
        with closing(sqlite3.connect(address, uri=True)) as connection:
            return connection.execute(statement, values).fetchall()


@dataclass(frozen=True)
class _InPostgres:
    connection: "Connection"

    def are_there(self) -> bool:
        return self.ask(RUNS, "SELECT to_regclass('runs') IS NOT NULL")[0][0] is True

    def ask(self, where: str, statement: str, *values: object) -> list[Any]:
        return [tuple(row) for row in self.connection.exec_driver_sql(statement.replace("?", "%s"), values)]
