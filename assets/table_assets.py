"""How a contract becomes an asset: its specification, its checks, and the events that a build leaves in Dagster.

Every table's asset is made here, so a new table is one line in its layer's module.
"""

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import date

import dagster as dg
import duckdb
import pyarrow as pa
from dagster._core.definitions.source_asset import SYSTEM_METADATA_KEY_SOURCE_ASSET_OBSERVATION
from dagster._core.execution.plan.execute_step import _build_data_version_tags, _get_input_provenance_data
from dagster._core.storage.tags import BACKFILL_ID_TAG

from assets.lineage import known_column_lineage, tables_read
from assets.partitions import WEEKS, weeks_of
from assets.presentation import OWNERS, description_of, group_of, kinds_of, metadata_of, tags_of
from assets.previews import Shown, shown_rows
from assets.resources import Warehouse
from checks.dagster_results import check_results, check_specs, nothing_to_check
from checks.suites import expectations_of
from warehouse.builds import weeks_to_build_too
from warehouse.contracts import CONTRACTS, Build, Contract
from warehouse.database import select_sql, sql_path
from warehouse.hashing import hash_texts
from warehouse.hold_back import held_back_weeks
from warehouse.results import CheckResult, Validator
from warehouse.writing import BuildReport, WrittenWeek, build_weeks, build_whole

# Keeps runs in line: one at a time may write the working file.
WRITER_POOL = "tokentide_writer"

# Rows of a whole table that come from elsewhere than its SELECT.
Rows = Callable[[Warehouse, duckdb.DuckDBPyConnection], pa.Table | None]
# What stands behind a failure of the given weeks, or behind a warning, a line each: file, row and rule.
Explain = Callable[[duckdb.DuckDBPyConnection, Collection[date | None]], list[str]]


def weekly_table(name: str, reads: frozenset[str] | None = None, explain: Explain | None = None) -> dg.AssetsDefinition:
    """The asset of a table that is built week by week from its SELECT: the weeks asked for, and those out of date.

    `reads` names the tables to depend on where they are not those of the SELECT: a week is stale only where something
    has changed for that week, so whole tables stand behind an asset of week_versions.py.
    """
    contract = CONTRACTS[name]
    assert contract.build is Build.WEEKS, f"{name} is not built by weeks"

    @dg.multi_asset(
        name=asset_key(contract).to_python_identifier(),
        specs=[
            spec_of(contract, tables_read(name) if reads is None else reads).replace_attributes(partitions_def=WEEKS)
        ],
        check_specs=check_specs(asset_key(contract), expectations_of(contract)),
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool=WRITER_POOL,
    )
    def table(context: dg.AssetExecutionContext, warehouse: dg.ResourceParam[Warehouse]) -> Iterator[object]:
        asked = weeks_of(context)
        with warehouse.writing() as connection:
            started = time.monotonic()
            too = weeks_to_build_too(connection, contract).difference(asked)
            if too:
                warehouse.tell(_why_too(too))
            warehouse.report(name)
            report = build_weeks(connection, contract, {*asked, *too}, _validator(), warehouse.home)
            held_back = warehouse.hold_back | held_back_weeks(connection)
            causes = explain(connection, report.failed.keys() - held_back) if explain else []
            shown = shown_rows(connection, contract, [week for week in report.written if week])
        seconds = time.monotonic() - started
        for number, (week, written) in enumerate(report.written.items(), 1):
            once = seconds if number == len(report.written) else None
            context.log_event(_materialization(context, contract, written, week, shown, once))
        if BACKFILL_ID_TAG in context.run.tags:
            for week in set(asked) - report.written.keys() - report.failed.keys():
                context.log_event(no_data(contract, week))
        yield from _check_events(contract, report, held_back, causes)
        yield result_without_events(contract)

    return table


def whole_table(
    name: str,
    reads: frozenset[str] | None = None,
    rows: Rows | None = None,
    after: Rows | None = None,
    explain: Explain | None = None,
    explain_warnings: Explain | None = None,
    after_assets: tuple[dg.AssetKey, ...] = (),
) -> dg.AssetsDefinition:
    """The asset of a table that is replaced whole, from its SELECT or from rows that come from elsewhere.

    `after_assets` are those that are no tables, but whose new version makes this one stale.
    """
    contract = CONTRACTS[name]
    assert contract.build in (Build.WHOLE, Build.DERIVED), f"{name} is not built whole"

    @dg.multi_asset(
        name=asset_key(contract).to_python_identifier(),
        specs=[spec_of(contract, tables_read(name) if reads is None else reads, after_assets)],
        check_specs=check_specs(asset_key(contract), expectations_of(contract)),
        # it has no partitions, but a range can only be launched if all that it selects runs in one
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool=WRITER_POOL,
    )
    def table(context: dg.AssetExecutionContext, warehouse: dg.ResourceParam[Warehouse]) -> Iterator[object]:
        with warehouse.writing() as connection:
            started = time.monotonic()
            warehouse.report(name)
            report = build_whole(
                connection, contract, _validator(), warehouse.home, rows(warehouse, connection) if rows else None
            )
            if after:
                after(warehouse, connection)
            causes = explain(connection, []) if explain and report.failed else []
            is_warned = any(result.outcome == "warned" for result in report.results)
            warned_by = explain_warnings(connection, []) if explain_warnings and is_warned else []
            shown = shown_rows(connection, contract)
        if written := report.written.get(None):
            seconds = time.monotonic() - started
            context.log_event(_materialization(context, contract, written, None, shown, seconds))
        yield from _check_events(contract, report, frozenset(), causes, warned_by)
        yield result_without_events(contract)

    return table


def _why_too(weeks: Collection[date]) -> str:
    what = f"week {min(weeks)}" if len(weeks) == 1 else f"{len(weeks)} weeks from {min(weeks)} to {max(weeks)}"
    return f"builds {what} too: earlier rows are missing, or were made from other snapshots, facts or code"


def asset_key(contract: Contract) -> dg.AssetKey:
    return dg.AssetKey(contract.name.split("."))


def spec_of(contract: Contract, reads: frozenset[str], others: tuple[dg.AssetKey, ...] = ()) -> dg.AssetSpec:
    return dg.AssetSpec(
        asset_key(contract),
        deps=[*others, *(asset_key(CONTRACTS[table]) for table in sorted(reads))],
        description=description_of(contract),
        group_name=group_of(contract),
        owners=OWNERS,
        kinds=kinds_of(contract),
        tags=tags_of(contract),
        metadata=metadata_of(contract),
        code_version=code_version_of(contract),
    )


def code_version_of(contract: Contract) -> str:
    """Changes with the table's SELECT or its columns."""
    sql = select_sql(contract) if sql_path(contract).exists() else ""
    return hash_texts([contract.create_table_sql(), sql])[:12]


def _validator() -> Validator:
    # imports great-expectations, which takes seconds: only where rows are checked, never to load the definitions
    from checks.run import validate_candidate

    return validate_candidate


def _materialization(
    context: dg.AssetExecutionContext,
    contract: Contract,
    written: WrittenWeek,
    week: date | None,
    shown: Shown,
    seconds: float | None,
) -> dg.AssetMaterialization:
    """What Dagster keeps of a build. Column lineage only once a run, as it is long; and the seconds of the whole build,
    as its weeks are built at once."""
    metadata: dict[str, dg.RawMetadataValue] = {**shown.of(week)}
    metadata["dagster/partition_row_count" if week else "dagster/row_count"] = written.rows
    if seconds is not None:
        metadata["seconds"] = round(seconds, 3)
        if sql_path(contract).exists():
            metadata["dagster/column_lineage"] = known_column_lineage(contract.name)
    return dg.AssetMaterialization(
        asset_key(contract),
        partition=week.isoformat() if week else None,
        metadata=metadata,
        tags=version_tags(context, asset_key(contract), written.data_version, code_version_of(contract)),
    )


def version_tags(
    context: dg.AssetExecutionContext, key: dg.AssetKey, data_version: str, code_version: str
) -> dict[str, str]:
    """What an event has to say for Dagster to tell whether the asset is stale: its versions and those of all that it
    was made from. Dagster adds them to its own events only, and ours are not (result_without_events)."""
    inputs = _get_input_provenance_data(key, context.get_step_execution_context())
    return _build_data_version_tags(dg.DataVersion(data_version), code_version, inputs, True)


def no_data(contract: Contract, week: date) -> dg.AssetMaterialization:
    """Ends a week without figures inside a backfill. Elsewhere such a week leaves no event; but a backfill calls every
    week without one failed, and would never come to publish (docs/decisions/004-one-event-per-written-week.md)."""
    return dg.AssetMaterialization(
        asset_key(contract),
        partition=week.isoformat(),
        description="No figures for this week: nothing was written.",
        metadata={"dagster/partition_row_count": 0, "no_data": True},
    )


def _check_events(
    contract: Contract,
    report: BuildReport,
    held_back: frozenset[date],
    causes: list[str],
    warned_by: Sequence[str] = (),
) -> Iterator[object]:
    """The check results; then the end of the run, where a blocking one failed and no person held that week back."""
    key, expectations = asset_key(contract), expectations_of(contract)
    if not report.results:
        yield from nothing_to_check(key, expectations)
    yield from check_results(key, expectations, report.results, held_back, report.quarantine_path, causes, warned_by)
    failed = {week: results for week, results in report.failed.items() if week not in held_back}
    if failed:
        raise dg.Failure(_failure_text(contract, failed, report, causes), allow_retries=False)


def _failure_text(
    contract: Contract, failed: dict[date | None, list[CheckResult]], report: BuildReport, causes: list[str]
) -> str:
    weeks = [str(week) for week in failed if week is not None]
    lines = [*causes, *(str(result) for results in failed.values() for result in results)]
    what = f"weeks {', '.join(weeks)} keep" if weeks else "the table keeps"
    options = " ".join(f"--hold-back {week}" for week in weeks)
    hold_back = f", or leave them as they are: tokentide run {options}" if weeks else ""
    return (
        f"{contract.name}: {what} the old rows, and nothing is published.\n"
        + "\n".join(f"  {line}" for line in lines[:10])
        + (f"\n  ... and {len(lines) - 10} more" if len(lines) > 10 else "")
        + f"\nRejected rows and reasons: {report.quarantine_path}"
        + f"\nWhat to do: correct the cause and run again{hold_back}."
    )


def result_without_events(contract: Contract) -> dg.MaterializeResult[None]:
    """Lets downstream assets run without a second event: Dagster by itself would call every week of a range
    materialised, those without figures too (docs/decisions/004-one-event-per-written-week.md)."""
    return dg.MaterializeResult(asset_key(contract), metadata={SYSTEM_METADATA_KEY_SOURCE_ASSET_OBSERVATION: True})
