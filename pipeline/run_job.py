"""Runs a job (a build of some weeks, or a fetch) in this process, with Dagster's records where the UI finds them."""

import logging
import os
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from assets.resources import FetchRequest
from pipeline.dagster_home import COMMAND_LINE_PID_TAG, dagster_records, end_abandoned_runs, prepare_dagster_home
from pipeline.interrupts import interrupts_noted
from pipeline.notifications import telling_of_failure
from pipeline.settings import Settings
from warehouse.errors import ChecksFailed, TokentideError
from warehouse.lock import writer_lock

JOB_NAME = "build_and_publish"
FETCH_JOB_NAME = "fetch_live"


@dataclass(frozen=True)
class RunRequest:
    """The weeks from `first` to `last`; failing weeks in `hold_back` stay as they were published."""

    first: date
    last: date
    hold_back: frozenset[date] = frozenset()


def run_job(settings: Settings, request: RunRequest, report: Callable[[str], None]) -> None:
    """Builds the weeks, with those that are out of date, and publishes; `report` hears of each asset as it begins.

    Raises ChecksFailed where weeks or the gate failed, another TokentideError where the run could not go on; the
    notifiers are told of either.
    """
    home = settings.state
    with (
        telling_of_failure(settings, JOB_NAME, f"{request.first}..{request.last}"),
        writer_lock(home, settings.lock_wait_seconds, report),
    ):
        prepare_dagster_home(settings)
        with warnings.catch_warnings():
            # Dagster's notices of preview features, and of what it deprecates in itself, are no news to the user
            warnings.simplefilter("ignore")
            from dagster._core.storage.tags import ASSET_PARTITION_RANGE_END_TAG, ASSET_PARTITION_RANGE_START_TAG

            span = {
                ASSET_PARTITION_RANGE_START_TAG: request.first.isoformat(),
                ASSET_PARTITION_RANGE_END_TAG: request.last.isoformat(),
            }
            _execute(settings, JOB_NAME, {}, span, request.hold_back, report)


def fetch_job(settings: Settings, request: FetchRequest, report: Callable[[str], None]) -> None:
    """Fetches into the snapshot store; `report` hears of every answer and every wait.

    Raises the errors of clients/errors.py, or another TokentideError where it could not go on; the notifiers are told.
    """
    home = settings.state
    home.prepare()
    config = {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in asdict(request).items()
        if value is not None
    }
    with telling_of_failure(settings, FETCH_JOB_NAME), writer_lock(home, settings.lock_wait_seconds, report):
        prepare_dagster_home(settings)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            run_config = {"ops": {"fetch": {"config": config}}}
            _execute(settings, FETCH_JOB_NAME, run_config, {}, frozenset(), report)


def _execute(
    settings: Settings,
    job_name: str,
    config: dict[str, Any],
    tags: dict[str, str],
    hold_back: frozenset[date],
    report: Callable[[str], None],
) -> None:
    import dagster as dg
    from dagster._core.errors import DagsterExecutionInterruptedError

    from pipeline.definitions import build_definitions, make_warehouse

    warehouse = make_warehouse(settings)
    warehouse.hold_back = hold_back
    job = build_definitions(warehouse).get_job_def(job_name)
    logging.getLogger("dagster").setLevel(logging.CRITICAL)
    with dagster_records(settings) as instance, interrupts_noted() as raise_interrupt:

        def report_or_end(step: str) -> None:
            raise_interrupt()
            report(step)

        warehouse.report = report_or_end
        end_abandoned_runs(instance)
        try:
            job.execute_in_process(
                instance=instance,
                run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}, **config},
                tags={**tags, COMMAND_LINE_PID_TAG: str(os.getpid())},
            )
        except dg.Failure as failure:
            if isinstance(failure.__cause__, TokentideError):
                raise failure.__cause__ from None
            what, _, next_step = (failure.description or "").partition("\nWhat to do: ")
            raise ChecksFailed(what, next_step, []) from None
        except DagsterExecutionInterruptedError:
            raise KeyboardInterrupt from None
        except RuntimeError as error:
            if str(error) != "Query interrupted":  # DuckDB's word for Ctrl-C during a query
                raise
            raise KeyboardInterrupt from None
