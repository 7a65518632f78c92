"""All tables at once, from chosen snapshots and facts, into any file: to ask what was known at an instant, or to try
out an edit of the reference files.

Not here: the main job, which builds the same tables as assets, week by week and with Dagster's records (assets/).
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date

import duckdb
import pyarrow as pa

from warehouse.build_inputs import fill_reference_inputs
from warehouse.contracts import CONTRACTS, Build, Contract
from warehouse.database import connect, create_tables, select_sql, sql_path
from warehouse.home import Home
from warehouse.ingesting import load_parsed, quarantine_days, quarantine_serving, quarantine_statements
from warehouse.parsers import KINDS, USAGE
from warehouse.reference_files import FILES_OF_TABLES
from warehouse.results import Validator
from warehouse.snapshots import Snapshot, SnapshotStore, snapshots_to_arrow
from warehouse.writing import BuildReport, build_weeks, build_whole


def tables_in_order() -> list[Contract]:
    """Every table that is built, each after what it is made from: given rows first, then as the contracts stand."""
    built = [c for c in CONTRACTS.values() if c.build is not Build.VIEW and c.schema_name not in {"main", "checks"}]
    return sorted(built, key=lambda contract: sql_path(contract).exists())


def build_from_raw(
    connection: duckdb.DuckDBPyConnection,
    home: Home,
    store: SnapshotStore,
    snapshots: Sequence[Snapshot],
    facts: Mapping[str, pa.Table],
    validate: Validator,
    weeks: Collection[date] | None = None,
    tables: Collection[str] | None = None,
    report: Callable[[str], None] = lambda _: None,
) -> dict[str, BuildReport]:
    """Builds the tables (all, or the named ones) for the given weeks, or all that the snapshots speak of.

    `facts` are the reference tables by file name, and `claims`. What is rejected goes to the quarantine of `home`;
    `report` hears the name of each table as it begins. What failed its checks stands in the reports: nothing is raised.
    """
    chosen = {snapshot.snapshot_id for snapshot in snapshots}
    for kind in KINDS:
        load_parsed(connection, store, kind, only=chosen)
    fill_reference_inputs(connection, facts)
    given = {table: facts[file] for table, file in FILES_OF_TABLES.items()}
    given |= {"raw.snapshots": snapshots_to_arrow(snapshots), "claims.claims": facts["claims"]}
    reports = {}
    for contract in tables_in_order():
        if tables is not None and contract.name not in tables:
            continue
        report(contract.name)
        if contract.build is Build.WEEKS:
            at_hand = weeks_staged(connection) if weeks is None else weeks
            reports[contract.name] = build_weeks(connection, contract, at_hand, validate, home)
        else:
            reports[contract.name] = build_whole(connection, contract, validate, home, given.get(contract.name))
        if contract.name == "staging.snapshot_days":
            quarantine_days(connection, home)
        if contract.name == "staging.catalogue_statements":
            quarantine_statements(connection, home)
        if contract.name == "staging.serving_statements":
            quarantine_serving(connection, home)
    return reports


def week_figures_at_hand(store: SnapshotStore) -> dict[date, str]:
    """`staging.week_figures` as the stored snapshots make them, whatever is built: the hash of each week's figures.

    Raises SnapshotCorrupted.
    """
    with staged_days(store, store.snapshots()) as connection:
        return dict(connection.execute("SELECT week_start, figures_hash FROM staging.week_figures").fetchall())


@contextmanager
def staged_days(store: SnapshotStore, snapshots: Sequence[Snapshot]) -> Iterator[duckdb.DuckDBPyConnection]:
    """`staging.snapshot_days` of these snapshots and the views on it, in memory, whatever is built.

    Raises SnapshotCorrupted.
    """
    needed = ("raw.snapshots", "staging.snapshot_days", "staging.newest_vintages", "staging.week_figures")
    snapshots_table, days, *_ = needed
    with connect(":memory:") as connection:
        create_tables(connection, [CONTRACTS[name] for name in needed])
        connection.register("at_hand", snapshots_to_arrow(snapshots))
        connection.execute(f"INSERT INTO {snapshots_table} BY NAME FROM at_hand")
        load_parsed(connection, store, USAGE, only={snapshot.snapshot_id for snapshot in snapshots})
        connection.execute(f"INSERT INTO {days} BY NAME {select_sql(CONTRACTS[days])}")
        yield connection


def weeks_staged(connection: duckdb.DuckDBPyConnection) -> list[date]:
    """The Mondays of all weeks that the staged snapshots speak of."""
    rows = connection.execute("SELECT DISTINCT week_start FROM staging.snapshot_days WHERE week_start IS NOT NULL")
    return sorted(row[0] for row in rows.fetchall())
