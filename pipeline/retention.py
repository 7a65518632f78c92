"""Which of Dagster's records are kept: old runs go, except those that say what state an asset is in.

The current state of a week or a table is the newest event about it (materialised, observed, planned), and of a check
its newest result; Dagster reads them from the run that left them, so that run stays however old it is. Not here: the
data, of which nothing is ever deleted, and ticks, which Dagster deletes itself.
"""

from dataclasses import dataclass
from datetime import datetime

import dagster as dg
from dagster._core.storage.dagster_run import FINISHED_STATUSES
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable, SqlEventLogStorageTable
from dagster._core.storage.event_log.sql_event_log import SqlEventLogStorage
from sqlalchemy import delete, func, select


@dataclass(frozen=True)
class Pruned:
    """How many old runs were deleted, and how many stay because they hold a current state."""

    deleted: int
    kept: int


def prune_runs(instance: dg.DagsterInstance, before: datetime) -> Pruned:
    """Deletes finished runs that were created before an instant (with a time zone), with their events and checks.

    To be called under the writer's lock, so that no run of ours begins meanwhile.
    """
    old = instance.get_run_ids(dg.RunsFilter(statuses=list(FINISHED_STATUSES), created_before=before))
    storage = instance.event_log_storage
    assert isinstance(storage, SqlEventLogStorage)
    needed = runs_of_current_states(storage)
    to_delete = [run_id for run_id in old if run_id not in needed]
    for run_id in to_delete:
        instance.delete_run(run_id)
        with storage.index_connection() as connection:  # Dagster leaves these behind
            connection.execute(delete(AssetCheckExecutionsTable).where(AssetCheckExecutionsTable.c.run_id == run_id))
    return Pruned(len(to_delete), len(old) - len(to_delete))


def runs_of_current_states(storage: SqlEventLogStorage) -> set[str]:
    """Ids of the runs whose events are the newest of their kind for an asset's partition, or for a check."""
    events, checks = SqlEventLogStorageTable.c, AssetCheckExecutionsTable.c
    newest_events = (
        select(func.max(events.id))
        .where(events.asset_key.is_not(None))
        .group_by(events.asset_key, events.partition, events.dagster_event_type)
    )
    newest_checks = select(func.max(checks.id)).group_by(checks.asset_key, checks.check_name, checks.partition)
    with storage.index_connection() as connection:
        rows = [
            *connection.execute(select(events.run_id).where(events.id.in_(newest_events)).distinct()).fetchall(),
            *connection.execute(select(checks.run_id).where(checks.id.in_(newest_checks)).distinct()).fetchall(),
        ]
    return {row[0] for row in rows}
