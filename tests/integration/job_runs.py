"""Runs of the Dagster job in the test's own process, on a store that the test has filled."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import dagster as dg
from dagster._core.storage.tags import ASSET_PARTITION_RANGE_END_TAG, ASSET_PARTITION_RANGE_START_TAG

from assets.resources import Warehouse
from pipeline.definitions import JOB_NAME, build_definitions
from warehouse.home import Home

_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def run_job(
    home: Home,
    first: date,
    last: date,
    instance: dg.DagsterInstance | None = None,
    hold_back: Iterable[date] = (),
    tags: Mapping[str, str] | None = None,
    assets: Sequence[dg.AssetKey] | None = None,
) -> dg.ExecuteInProcessResult:
    """Builds the weeks from `first` to `last` from what the store holds, and publishes, or makes only the given assets.
    A failure does not raise."""
    warehouse = Warehouse(home, sources=[], lock_wait_seconds=0, editions_to_keep=5, hold_back=frozenset(hold_back))
    job = build_definitions(warehouse).resolve_job_def(JOB_NAME)
    return job.execute_in_process(
        instance=instance,
        run_config=_QUIET,
        tags={
            ASSET_PARTITION_RANGE_START_TAG: first.isoformat(),
            ASSET_PARTITION_RANGE_END_TAG: last.isoformat(),
            **(tags or {}),
        },
        raise_on_error=False,
        asset_selection=assets,
    )
