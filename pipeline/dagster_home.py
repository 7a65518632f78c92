"""Dagster's own state under TOKENTIDE_HOME/dagster: its settings, and the end of runs whose process died."""

import json
import os
from typing import TYPE_CHECKING

from warehouse.home import Home

if TYPE_CHECKING:
    import dagster as dg

COMMAND_LINE_PID_TAG = "tokentide/pid"
ENDED_WITHOUT_A_WORD = "The process that ran it ended without a word."

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
run_monitoring:
  enabled: true
freshness:
  enabled: true
compute_logs:
  # the assets print nothing; capturing that costs two processes a run, which outlive a killed one
  module: dagster._core.storage.noop_compute_log_manager
  class: NoOpComputeLogManager
event_log_storage:
  module: pipeline.event_log_storage
  class: PooledSqliteEventLogStorage
  config:
    base_dir: {events}
"""


def prepare_dagster_home(home: Home) -> None:
    """Points Dagster at its folder under our home; it writes nowhere else."""
    home.prepare()
    home.dagster.mkdir(exist_ok=True)
    settings = home.dagster / "dagster.yaml"
    text = _DAGSTER_YAML.format(events=json.dumps(str(home.dagster / "history" / "runs")))
    if not settings.exists() or settings.read_text() != text:
        settings.write_text(text)
    os.environ["DAGSTER_HOME"] = str(home.dagster)


def end_abandoned_runs(instance: "dg.DagsterInstance") -> None:
    """Marks runs of the command line whose process is gone as failed, so that they hold up no later run.

    To be called under the writer's lock.
    """
    import dagster as dg

    in_progress = [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]
    for run in instance.get_runs(filters=dg.RunsFilter(statuses=in_progress)):
        pid = run.tags.get(COMMAND_LINE_PID_TAG)
        if pid is not None and (int(pid) == os.getpid() or not _is_running(int(pid))):
            instance.report_run_failed(run, ENDED_WITHOUT_A_WORD)


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
