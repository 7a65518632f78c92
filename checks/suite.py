"""What a suite is: expectations on measures. Light by design: great-expectations is imported only where suites run.

A table's rows are measured inside DuckDB, in one set-based pass that gives one row per week (or one row in all);
the expectations run on those measures. So memory stays flat as rows grow, and a failing check names its weeks.
"""

from dataclasses import dataclass, field
from typing import Any

from warehouse.contracts import Contract
from warehouse.results import BLOCKING, WARNING


@dataclass(frozen=True)
class Expectation:
    """One check: bounds (`min_value`, `max_value`, both included) for one measure.

    `name` is the check's name everywhere, `description` says in words what holds and why it must.
    """

    name: str
    measure: str
    description: str
    arguments: dict[str, Any]
    severity: str
    may_be_empty: bool = False  # an empty measure is no pass, but for one that compares with what need not be there

    @property
    def expected(self) -> str:
        low, high = self.arguments.get("min_value"), self.arguments.get("max_value")
        if low is not None and low == high:
            return f"{low:,}"
        if low is not None and high is not None:
            return f"{low:,} to {high:,}"
        return f"at least {low:,}" if low is not None else f"at most {high:,}"


@dataclass(frozen=True)
class Suite:
    """The expectations of one table, each on a measure: a column of sql/<schema>/<table>.sql, or a structural one.

    `is_by_week`: the measures come one row a week, and a failing week is kept out alone.
    """

    table_name: str
    expectations: list[Expectation] = field(default_factory=list)
    is_by_week: bool = False


def none_of(measure: str, name: str, description: str, severity: str = BLOCKING) -> Expectation:
    """Expects a count of bad things to be zero."""
    return Expectation(name, measure, description, {"min_value": 0, "max_value": 0}, severity)


def between(
    measure: str,
    low: float | None,
    high: float | None,
    name: str,
    description: str,
    severity: str = BLOCKING,
    may_be_empty: bool = False,
) -> Expectation:
    """Expects a measure within bounds, both included; None leaves that side open."""
    bounds = {"min_value": low, "max_value": high}
    given = {side: bound for side, bound in bounds.items() if bound is not None}
    return Expectation(name, measure, description, given, severity, may_be_empty)


def warn_between(
    measure: str, low: float | None, high: float | None, name: str, description: str, may_be_empty: bool = False
) -> Expectation:
    return between(measure, low, high, name, description, WARNING, may_be_empty)


def structural_measures_sql(contract: Contract) -> str:
    """Aggregates over `candidate` that the contract itself asks for: missing values and doubled keys."""
    required = [field.name for field in contract.columns if not field.nullable]
    missing = " + ".join(f'count(*) FILTER (WHERE "{name}" IS NULL)' for name in required) or "0"
    key = ", ".join(f'"{name}"' for name in contract.key)
    return (
        f"CAST(count(*) AS BIGINT) AS row_count, CAST({missing} AS BIGINT) AS missing_values, "
        f"CAST(count(*) - count(DISTINCT ({key})) AS BIGINT) AS doubled_keys"
    )


def structural_expectations(contract: Contract) -> list[Expectation]:
    """Expectations that come from the contract alone. Every table has a key; a view requires no values."""
    key = none_of("doubled_keys", "key_is_unique", f"one row per {', '.join(contract.key)}")
    if all(field.nullable for field in contract.columns):
        return [key]
    required = "columns that the contract requires are never empty"
    return [none_of("missing_values", "required_values_are_there", required), key]
