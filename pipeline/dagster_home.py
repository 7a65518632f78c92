"""Dagster's own state: its settings under TOKENTIDE_HOME/dagster, where its records are, and the end of runs whose
process died. Not here: which records are deleted (retention.py).
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import SecretStr

from pipeline.settings import Settings
from warehouse.database import storage_failed
from warehouse.errors import TokentideError

if TYPE_CHECKING:
    import dagster as dg

COMMAND_LINE_PID_TAG = "tokentide/pid"
ENDED_WITHOUT_A_WORD = "The process that ran it ended without a word."
POSTGRES_VARIABLE = "TOKENTIDE_DAGSTER_POSTGRES_URL"

_CLOCK_TOLERANCE_SECONDS = 5
_DAGSTER_YAML = """\
# Written by tokentide at each start; what you change here is lost.
telemetry:
  enabled: false
nux:
  enabled: false
concurrency:
  pools:
    # by run, not by step: a killed run leaves no claimed slot behind
    granularity: run
    default_limit: 1
run_coordinator:
  # what a person launches in the UI starts within a second, not five
  module: dagster
  class: QueuedRunCoordinator
  config:
    dequeue_interval_seconds: 1
run_monitoring:
  enabled: true
freshness:
  enabled: true
python_logs:
  # what a step says of itself is kept; the log of a server is not filled with Dagster's own events
  python_log_level: INFO
retention:
  # of ticks; old runs are deleted by `tokentide prune`
  auto_materialize:
    purge_after_days: {skipped: 7, failure: 90, success: 90}
  schedule:
    purge_after_days: 90
  sensor:
    purge_after_days: {skipped: 7, failure: 90, success: 90}
compute_logs:
  # the assets print nothing; capturing that costs two processes a run, which outlive a killed one
  module: dagster._core.storage.noop_compute_log_manager
  class: NoOpComputeLogManager
"""
_IN_SQLITE = """\
event_log_storage:
  module: pipeline.event_log_storage
  class: PooledSqliteEventLogStorage
  config:
    base_dir: {events}
"""


_IN_POSTGRES = f"""\
storage:
  custom:
    module: pipeline.postgres_storage
    class: PooledPostgresStorage
    config:
      postgres_url:
        # only its name: the address is a secret, which stays in the environment
        env: {POSTGRES_VARIABLE}
"""


class RecordsUnavailable(TokentideError):
    """Dagster's records are in a database that cannot be used now."""


def prepare_dagster_home(settings: Settings) -> None:
    """Points Dagster at its folder under our home; it writes nowhere else, except into PostgreSQL where that is set.

    Raises RecordsUnavailable where it is set and what speaks with it is not installed.
    """
    home = settings.state
    home.prepare()
    home.dagster.mkdir(exist_ok=True)
    if settings.dagster_postgres:
        require_driver()
        os.environ[POSTGRES_VARIABLE] = settings.dagster_postgres.get_secret_value()
        records = _IN_POSTGRES
    else:
        records = _IN_SQLITE.format(events=json.dumps(str(home.dagster / "history" / "runs")))
    _write_settings(home.dagster / "dagster.yaml", _DAGSTER_YAML + records)
    os.environ["DAGSTER_HOME"] = str(home.dagster)


def require_driver() -> None:
    """Raises RecordsUnavailable where what speaks with PostgreSQL is not installed."""
    if find_spec("dagster_postgres") is None:
        raise RecordsUnavailable(
            f"{POSTGRES_VARIABLE} is set, but dagster-postgres is not installed.",
            "install it: .venv/bin/python -m pip install --require-hashes -r requirements/postgres.lock",
        )


def not_served(told: str) -> RecordsUnavailable:
    """What to raise where PostgreSQL refuses, with what it told."""
    return RecordsUnavailable(
        f"Dagster's records are in PostgreSQL, which does not serve: {told}",
        f"start it, or correct {POSTGRES_VARIABLE}; without that variable the records are in SQLite. "
        "The published file is as it was.",
    )


def _write_settings(path: Path, text: str) -> None:
    if not path.exists() or path.read_text() != text:
        # web server and daemon start together: neither may read half of it
        partial = path.with_name(f"{path.name}.{os.getpid()}")
        partial.write_text(text)
        partial.replace(path)


@contextmanager
def dagster_records(settings: Settings) -> Iterator["dg.DagsterInstance"]:
    """Dagster's records, for as long as something is read or run with them; prepare_dagster_home has said where.

    Raises RecordsUnavailable where PostgreSQL does not serve, StorageFailed where the disk does not.
    """
    import dagster as dg
    import sqlalchemy.exc

    try:
        if settings.dagster_postgres:
            with _postgres_serving(settings.dagster_postgres), dg.DagsterInstance.get() as instance:
                yield instance
        else:
            with dg.DagsterInstance.get() as instance:
                yield instance
    except (sqlalchemy.exc.OperationalError, OSError) as error:
        # a full disk met Dagster's own records; for the working file, open_working_file says so itself
        raise storage_failed(error) from error


@contextmanager
def _postgres_serving(url: SecretStr) -> Iterator[None]:
    from pipeline.postgres_connection import connected, told_by
    from pipeline.postgres_storage import REFUSALS

    try:
        with connected(url.get_secret_value()):
            pass  # it answers; Dagster would try six times, and log each
        yield
    except REFUSALS as error:
        raise not_served(told_by(error)) from error


def end_abandoned_runs(instance: "dg.DagsterInstance") -> None:
    """Marks runs whose process is gone as failed, so that they hold up no later run.

    Dagster does not: a run whose server died with it, by a power cut, would be at work for ever.
    """
    import dagster as dg

    in_progress = [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]
    for record in instance.get_run_records(dg.RunsFilter(statuses=in_progress)):
        run = record.dagster_run
        pid, since = _process_of(instance, run, record.create_timestamp.timestamp())
        if pid is not None and (pid == os.getpid() or not is_running(pid, since)):
            instance.report_run_failed(run, ENDED_WITHOUT_A_WORD)


def _process_of(instance: "dg.DagsterInstance", run: "dg.DagsterRun", created: float) -> tuple[int | None, float]:
    """Its number, as the command line tells, or Dagster where it has launched the run (None before it has begun); and a
    time at which it was there, in seconds since 1970."""
    import dagster as dg

    if tag := run.tags.get(COMMAND_LINE_PID_TAG):
        return int(tag), created
    told = instance.get_records_for_run(run.run_id, of_type=dg.DagsterEventType.ENGINE_EVENT).records
    for record in told:
        event = record.event_log_entry.dagster_event
        pid = event.engine_event_data.metadata.get("pid") if event else None
        if pid is not None:
            return int(str(pid.value)), record.timestamp
    return None, created


def is_running(pid: int, since: float) -> bool:
    """Whether the process of this machine that had the number at that time (seconds since 1970) is still there.

    Numbers are given again, after a reboot soon. Where the system does not tell when a process began, any counts.
    """
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    began = _began(pid)
    return began is None or began <= since + _CLOCK_TOLERANCE_SECONDS


def _began(pid: int) -> float | None:
    try:
        booted = next(line for line in Path("/proc/stat").read_text().splitlines() if line.startswith("btime "))
        # the second field, the command in brackets, may hold spaces; the start is the 22nd, in ticks since the boot
        ticks = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])
    except (OSError, StopIteration):
        return None
    return int(booted.split()[1]) + ticks / os.sysconf("SC_CLK_TCK")
