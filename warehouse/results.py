"""What a check found, in the shape of a row of `checks.results`. Who finds it is not the warehouse's business."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date

import duckdb
import pyarrow as pa

from warehouse.contracts import CONTRACTS, Contract

BLOCKING = "blocking"
WARNING = "warning"
# Stands for the table name in results of the gate over all tables (also in checks/sql/publication.sql).
GATE = "publication"


@dataclass(frozen=True)
class CheckResult:
    """One check on one table and, where the table has weeks, one week."""

    table_name: str
    week_start: date | None
    check_name: str
    severity: str
    outcome: str  # passed, warned, failed
    observed_value: float | None
    expected: str
    description: str

    def __str__(self) -> str:
        week = f"week {self.week_start}" if self.week_start else "whole table"
        return (
            f"{self.table_name}, {week}: {self.check_name} {self.outcome}: "
            f"observed {format_observed(self.observed_value)}, expected {self.expected} ({self.description})"
        )


# Checks the rows of the relation `candidate` (a temporary table) that are to become rows of the contract's table.
Validator = Callable[[duckdb.DuckDBPyConnection, Contract], list[CheckResult]]


def format_observed(value: float | None) -> str:
    if value is None:
        return "nothing"
    return f"{value:,.0f}" if value == int(value) else f"{value:.4f}"


def store_results(
    connection: duckdb.DuckDBPyConnection,
    table_name: str,
    results: list[CheckResult],
    weeks: list[date] | None,
) -> None:
    """Replaces the table's results: of the given weeks (and of the table as a whole), or all of them."""
    if weeks is None:
        connection.execute("DELETE FROM checks.results WHERE table_name = ?", [table_name])
    else:
        connection.execute(
            "DELETE FROM checks.results WHERE table_name = ? AND (week_start IS NULL OR list_contains(?, week_start))",
            [table_name, weeks],
        )
    rows = pa.Table.from_pylist([asdict(result) for result in results], schema=CONTRACTS["checks.results"].columns)
    connection.register("new_results", rows)
    connection.execute("INSERT INTO checks.results BY NAME SELECT * FROM new_results")
    connection.unregister("new_results")
