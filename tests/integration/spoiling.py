"""How good data is spoiled to prove a check: the statements, the rows they take, and which checks then do not pass.

Not here: the good data (good_weeks.py), the proofs (proofs_of_*.py).
"""

from dataclasses import dataclass, field
from datetime import date

import duckdb
from building import query
from good_weeks import BAD_DAY, BAD_WEEK

from checks.run import validate_candidate, validate_publication
from warehouse.contracts import CONTRACTS
from warehouse.results import BLOCKING, GATE

A, ZERO, OTHER = (f"model_permaslug = '{slug}'" for slug in ("qwen/a", "openai/zero", "other"))
EMPTY = "DELETE FROM candidate"
BASE_INPUT = "source = 'test-complete' AND price_kind = 'input' AND over_prompt_tokens = 0"
INPUT_OF_A = f"model_id = 'qwen/a' AND {BASE_INPUT}"


@dataclass(frozen=True)
class Proof:
    """Statements that spoil good data, the week to be named, and what must fail along with it."""

    sql: str
    week: date | None = None
    also: frozenset[str] = field(default_factory=frozenset)


def by_week(sql: str, week_start: date = BAD_WEEK, *also: str) -> Proof:
    return Proof(
        sql.format(week=f"week_start = '{week_start}'", day=f"date = '{BAD_DAY}'"), week_start, frozenset(also)
    )


def whole(sql: str, *also: str) -> Proof:
    return Proof(sql.format(week=f"week_start = '{BAD_WEEK}'", day=f"date = '{BAD_DAY}'"), None, frozenset(also))


def not_passed_after(connection: duckdb.DuckDBPyConnection, table: str, sql: str) -> dict[str, set[date | None]]:
    """Spoils the table's candidate (or the tables behind the gate) and returns the weeks by check that did not pass."""
    if table == GATE:
        connection.execute(sql)
        results = validate_publication(connection)
    else:
        connection.execute(f"CREATE OR REPLACE TEMP TABLE candidate AS FROM {table}")
        assert query(connection, "SELECT count(*) FROM candidate") != [(0,)]
        connection.execute(sql)
        results = validate_candidate(connection, CONTRACTS[table])
    found: dict[str, set[date | None]] = {}
    for result in results:
        if result.outcome != "passed":
            assert result.outcome == ("failed" if result.severity == BLOCKING else "warned")
            found.setdefault(result.check_name, set()).add(result.week_start)
    return found
