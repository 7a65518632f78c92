"""What schedules and sensors ask Dagster to run: the publishing job for a span of weeks, in a single run.

Not here: when (schedules.py, sensors.py).
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition
from dagster._core.storage.tags import ASSET_PARTITION_RANGE_END_TAG, ASSET_PARTITION_RANGE_START_TAG

from warehouse.builds import built_weeks
from warehouse.database import open_working_file
from warehouse.errors import LockHeld, SnapshotCorrupted
from warehouse.from_raw import week_figures_at_hand
from warehouse.history import FIRST_WEEK
from warehouse.home import Home
from warehouse.lock import writer_lock
from warehouse.snapshots import SnapshotStore

Job = dg.JobDefinition | UnresolvedAssetJobDefinition

_UNFINISHED = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]
HOW_TO_TURN_ON = (
    "OFF until you turn it on: in the UI under Automation, or by `dagster {kind} start {name}` (docs/operating.md)."
)


@dataclass(frozen=True)
class Busy(Exception):
    """Nothing can be launched now; the next tick asks again."""

    why: str


def publishing_run(home: Home, job: Job, week: date, run_key: str | None = None) -> dg.RunRequest:
    """A run that builds the week, with those before it that were skipped while the machine was off, and publishes.

    Raises Busy.
    """
    first = FIRST_WEEK
    if home.working_file.exists():
        try:
            # without waiting: whoever holds the lock is building, and may change which weeks these are
            with writer_lock(home, wait_seconds=0):
                first = min([week, *_skipped_weeks(home, week)])
        except LockHeld as error:
            raise Busy(str(error.args[0])) from error
    return dg.RunRequest(
        job_name=job.name,
        run_key=run_key,
        tags={ASSET_PARTITION_RANGE_START_TAG: first.isoformat(), ASSET_PARTITION_RANGE_END_TAG: week.isoformat()},
    )


def _skipped_weeks(home: Home, last: date) -> set[date]:
    """Weeks to `last` that have figures in the store and were never built, after the first that was."""
    with open_working_file(home) as connection:
        built = built_weeks(connection)
    try:
        figures = week_figures_at_hand(SnapshotStore(home))
    except SnapshotCorrupted:  # the run restores what is built in, and names what is not
        return set()
    return {week for week in figures.keys() - built if built and min(built) < week <= last}


def require_idle(instance: dg.DagsterInstance, jobs: Collection[Job]) -> None:
    """Raises Busy where a run of one of these jobs waits or is under way."""
    for job in jobs:
        runs = instance.get_runs(filters=dg.RunsFilter(job_name=job.name, statuses=_UNFINISHED), limit=1)
        if runs:
            raise Busy(f"Run {runs[0].run_id} of {job.name} has not ended yet.")


def week_before(week: date) -> date:
    return week - timedelta(weeks=1)
