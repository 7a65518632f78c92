"""Runs a suite: measures the candidate inside DuckDB, validates the measures with great-expectations, reads the answer.

The one place that imports great-expectations and pandas: their import takes seconds, so it happens only when a
suite runs.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any

import duckdb

from checks.measures import SQL_DIRECTORY, measures_sql
from checks.suite import Expectation
from checks.suites import SUITES, expectations_of
from warehouse.contracts import Contract
from warehouse.errors import CheckCrashed
from warehouse.results import BLOCKING, GATE, CheckResult

if TYPE_CHECKING:
    import pandas as pd


def validate_candidate(connection: duckdb.DuckDBPyConnection, contract: Contract) -> list[CheckResult]:
    """Runs the contract's own expectations and the table's suite on the temporary table `candidate`.

    One result per check and week, or per check where the table has no weeks. Raises CheckCrashed.
    """
    measures = measure(connection, contract, SUITES[contract.name].is_by_week)
    return validate_measures(contract.name, expectations_of(contract), measures)


def validate_stored(connection: duckdb.DuckDBPyConnection, contracts: Sequence[Contract]) -> list[CheckResult]:
    """Runs the suites of tables and views as they stand in the connected file. Raises CheckCrashed.

    In one validation, as great-expectations takes hardly longer for twenty tables than for one.
    """
    import pandas as pd

    frames = []
    expectations: dict[str, tuple[Contract, Expectation]] = {}
    for contract in contracts:
        connection.execute(f"CREATE OR REPLACE TEMP VIEW candidate AS SELECT * FROM {contract.name}")
        frames.append(measure(connection, contract, by_week=False).add_prefix(f"{contract.name} "))
        for expectation in expectations_of(contract):
            expectations[f"{contract.name} {expectation.name}"] = (contract, expectation)
    connection.execute("DROP VIEW candidate")
    measures = pd.concat(frames, axis=1).assign(week_start=None)
    together = [
        replace(expectation, name=name, measure=f"{contract.name} {expectation.measure}")
        for name, (contract, expectation) in expectations.items()
    ]
    results = validate_measures("stored tables", together, measures)
    return [
        replace(
            result,
            table_name=expectations[result.check_name][0].name,
            check_name=expectations[result.check_name][1].name,
        )
        for result in results
    ]


def validate_publication(connection: duckdb.DuckDBPyConnection) -> list[CheckResult]:
    """Runs the publication gate over the whole working file, one result per check and week. Raises CheckCrashed."""
    measures = connection.execute((SQL_DIRECTORY / "publication.sql").read_text(encoding="utf-8")).df()
    return validate_measures(GATE, SUITES[GATE].expectations, measures)


def measure(connection: duckdb.DuckDBPyConnection, contract: Contract, by_week: bool) -> "pd.DataFrame":
    """The measures of `candidate`: one row per week_start, or one row whose week_start is empty."""
    return connection.execute(measures_sql(contract, by_week)).df()


def validate_measures(table_name: str, expectations: list[Expectation], measures: "pd.DataFrame") -> list[CheckResult]:
    """Validates measures (a column week_start and one per measure) and spells out each week's outcome.

    great-expectations passes over empty values; here an empty measure fails, unless it may be empty.
    """
    import pandas as pd

    if measures.empty:
        return []
    failing_rows = _failing_rows(table_name, expectations, measures)
    weeks = [None if pd.isna(week) else _as_date(week) for week in measures["week_start"]]
    results = []
    for expectation in expectations:
        failing = failing_rows[expectation.name]
        for position, week in enumerate(weeks):
            value = measures[expectation.measure].iloc[position]
            is_empty = bool(pd.isna(value))
            is_bad = position in failing or (is_empty and not expectation.may_be_empty)
            bad_outcome = "failed" if expectation.severity == BLOCKING else "warned"
            results.append(
                CheckResult(
                    table_name=table_name,
                    week_start=week,
                    check_name=expectation.name,
                    severity=expectation.severity,
                    outcome=bad_outcome if is_bad else "passed",
                    observed_value=None if is_empty else float(value),
                    expected=expectation.expected,
                    description=expectation.description,
                )
            )
    return results


def _failing_rows(table_name: str, expectations: list[Expectation], measures: "pd.DataFrame") -> dict[str, set[int]]:
    """Positions of the measure rows that each expectation rejects, by the expectation's name.

    First only which expectations hold; then where the others do not, which takes great-expectations twice as long.
    """
    measures = measures.assign(position=range(len(measures)))
    holds = {name: result.success for name, result in _validated(table_name, expectations, measures, "BOOLEAN_ONLY")}
    failing: dict[str, set[int]] = {name: set() for name in holds}
    unmet = [expectation for expectation in expectations if not holds[expectation.name]]
    for name, result in _validated(table_name, unmet, measures, "COMPLETE") if unmet else ():
        failing[name] = {row["position"] for row in result.result.get("unexpected_index_list") or []}
    return failing


def _validated(
    table_name: str, expectations: list[Expectation], measures: "pd.DataFrame", result_format: str
) -> Iterator[tuple[str, Any]]:
    """Each expectation's name and what great-expectations says of it. Raises CheckCrashed."""
    gx = _great_expectations()
    batch = _batch_definition().get_batch({"dataframe": measures})
    suite = gx.ExpectationSuite(name=table_name)
    for expectation in expectations:
        suite.add_expectation(_to_great_expectations(expectation))
    answer = batch.validate(
        suite, result_format={"result_format": result_format, "unexpected_index_column_names": ["position"]}
    )
    for result in answer.results:
        name = result.expectation_config.meta["name"]
        crash = result.exception_info or {}
        if crash.get("raised_exception") or any(
            isinstance(inner, dict) and inner.get("raised_exception") for inner in crash.values()
        ):
            raise CheckCrashed(
                f"The check {name} on {table_name} crashed: {_message_of(crash)}",
                "this says nothing about the data; correct the check or the measure it reads, then run again.",
            )
        yield name, result


def _to_great_expectations(expectation: Expectation) -> Any:
    return _between_class()(
        column=expectation.measure,
        severity="critical" if expectation.severity == BLOCKING else "warning",
        meta={"name": expectation.name},
        **expectation.arguments,
    )


@cache
def _between_class() -> Any:
    """great-expectations' own, but for its configuration, which is made once: the library asks for it a hundred times a
    validation, and making it anew each time would be four tenths of that.
    """
    from great_expectations.compatibility.pydantic import PrivateAttr

    class ExpectMeasureToBeBetween(_great_expectations().expectations.ExpectColumnValuesToBeBetween):  # type: ignore[misc]
        _made: Any = PrivateAttr(None)

        @property
        def configuration(self) -> Any:
            if self._made is None:
                self._made = super().configuration
            return self._made

    return ExpectMeasureToBeBetween


@cache
def _batch_definition() -> Any:
    """One context for all suites of the process; each hands it its own measures."""
    context = _great_expectations().get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    return (
        context.data_sources.add_pandas("duckdb")
        .add_dataframe_asset("measures")
        .add_batch_definition_whole_dataframe("all")
    )


def _great_expectations() -> Any:
    # set before the import: the library reads it once, and would otherwise write an id under HOME and call home
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx

    return gx


def _message_of(crash: dict[str, Any]) -> str:
    if "exception_message" in crash:
        return str(crash["exception_message"])
    return "; ".join(str(inner.get("exception_message")) for inner in crash.values() if isinstance(inner, dict))


def _as_date(week: Any) -> date:
    as_date: date = week.date() if hasattr(week, "date") else week
    return as_date
