"""The doctor on Dagster's records: runs that have not ended, and what they hold up.

Not here: how the records are read (asking.py), ending runs (dagster_home.py), deleting them.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pipeline.dagster_home import COMMAND_LINE_PID_TAG, RecordsUnavailable, is_running
from pipeline.doctor.asking import INDEX, RUNS, Records, events_of, records_of
from pipeline.doctor.diagnosis import Diagnosis, Patient, failed, ok, warning

_POOL_TAG = ".dagster/pool/tokentide_writer"
_WAITING = ("QUEUED", "NOT_STARTED")
_UNDER_WAY = ("STARTING", "STARTED", "CANCELING")
_DAEMON_IS_GONE_AFTER = timedelta(minutes=5)  # it notes a heartbeat every 30 seconds


@dataclass(frozen=True)
class Process:
    """The process of a run. `since` is a time at which it was there, in seconds since 1970."""

    pid: int
    since: float
    is_command: bool

    def is_gone(self, holder: str | None) -> bool:
        """A command holds the writer's lock for as long as its run lasts; what Dagster launched need not."""
        return (self.is_command and holder is None) or not is_running(self.pid, self.since)


@dataclass(frozen=True)
class UnfinishedRun:
    """A run without an end in Dagster's records. `process` is None where none is noted: it waits, or just begins."""

    run_id: str
    job: str
    status: str
    created_utc: str
    has_pool: bool
    process: Process | None

    def __str__(self) -> str:
        return f"run {self.run_id} of {self.job} ({self.status}, made {self.created_utc[:16]} UTC)"

    def is_abandoned(self, holder: str | None) -> bool:
        return self.process is not None and self.process.is_gone(holder)


def runs(patient: Patient) -> Diagnosis:
    """Runs that are under way, waiting, or without their process."""
    return _made_with_records("runs", _runs, patient)


def pool(patient: Patient) -> Diagnosis:
    """Which run has the pool that lets one at a time write, and slots that a run of the past still claims."""
    return _made_with_records("pool", _pool, patient)


def _made_with_records(name: str, check: Callable[[Patient, Records], Diagnosis], patient: Patient) -> Diagnosis:
    try:
        with records_of(patient.settings) as records:
            return check(patient, records) if records.are_there() else ok(name, "Dagster has no records yet")
    except RecordsUnavailable as error:
        return failed(name, str(error.args[0]), error.next_step)


def _runs(patient: Patient, records: Records) -> Diagnosis:
    unfinished = unfinished_runs(records)
    gone = [(run, run.process) for run in unfinished if run.process and run.process.is_gone(patient.holder)]
    if gone:
        run, process = gone[0]
        return warning(
            "runs",
            f"{run}: its process {process.pid} is gone" + _more(gone),
            "the next command that builds or fetches marks it as failed: tokentide fetch.",
        )
    heartbeat = _last_heartbeat(records)
    is_daemon_there = heartbeat is not None and patient.now_utc - heartbeat < _DAEMON_IS_GONE_AFTER
    daemon = "Dagster's daemon runs" if is_daemon_there else "Dagster's daemon does not run"
    waiting = [run for run in unfinished if run.process is None]
    if waiting and not is_daemon_there:
        return warning(
            "runs",
            f"{waiting[0]} has not ended, and {daemon}" + _more(waiting),
            "start it (`tokentide ui`): it goes on. Or end the run there: Runs, the run, Terminate.",
        )
    if unfinished:
        return ok("runs", f"under way or waiting: {', '.join(map(str, unfinished[:3]))}; {daemon}")
    number = records.ask(RUNS, "SELECT count(*) FROM runs")[0][0]
    return ok("runs", f"{number:,} kept, all have ended; {daemon}")


def _pool(patient: Patient, records: Records) -> Diagnosis:
    unfinished = unfinished_runs(records)
    ids = {run.run_id for run in unfinished}
    claiming = records.ask(INDEX, "SELECT run_id FROM concurrency_slots WHERE run_id IS NOT NULL AND NOT deleted")
    if claimed := [run_id for (run_id,) in claiming if run_id not in ids]:
        return warning(
            "pool",
            f"run {claimed[0]} has ended and still claims a slot" + _more(claimed),
            "free it in Dagster's UI: Deployment, Concurrency, tokentide_writer.",
        )
    holding = [run for run in unfinished if run.has_pool and run.status in _UNDER_WAY]
    if holding and holding[0].is_abandoned(patient.holder):
        return warning("pool", f"held by {holding[0]}, without a process: Dagster's own runs wait", "as said of runs.")
    return ok("pool", f"held by {holding[0]}" if holding else "free")


def unfinished_runs(records: Records) -> list[UnfinishedRun]:
    """Oldest first."""
    statuses = ", ".join(f"'{status}'" for status in (*_WAITING, *_UNDER_WAY))
    rows = records.ask(
        RUNS,
        "SELECT runs.run_id, pipeline_name, status, create_timestamp, pool.value IS NOT NULL, pid.value FROM runs "
        "LEFT JOIN run_tags AS pid ON pid.run_id = runs.run_id AND pid.key = ? "
        "LEFT JOIN run_tags AS pool ON pool.run_id = runs.run_id AND pool.key = ? "
        f"WHERE status IN ({statuses}) ORDER BY runs.id",
        COMMAND_LINE_PID_TAG,
        _POOL_TAG,
    )
    found = []
    for run_id, job, status, created, has_pool, pid in rows:
        created_utc = str(created)
        process = None
        if pid:
            since = datetime.fromisoformat(created_utc).replace(tzinfo=UTC).timestamp()
            process = Process(int(pid), since, is_command=True)
        elif status in _UNDER_WAY:
            process = _launched(records, run_id)
        found.append(UnfinishedRun(run_id, job, status, created_utc, bool(has_pool), process))
    return found


def _launched(records: Records, run_id: str) -> Process | None:
    """The process that Dagster launched for the run, as the first of the run's events that names one says."""
    statement = "SELECT event FROM event_logs WHERE run_id = ? AND dagster_event_type = 'ENGINE_EVENT' ORDER BY id"
    for (event,) in records.ask(events_of(run_id), statement, run_id):
        said = json.loads(event)
        for entry in said["dagster_event"]["event_specific_data"]["metadata_entries"]:
            if entry["label"] == "pid":
                return Process(int(entry["entry_data"]["text"]), said["timestamp"], is_command=False)
    return None


def _last_heartbeat(records: Records) -> datetime | None:
    """When the daemon was last heard of, in UTC."""
    bodies = records.ask(RUNS, "SELECT body FROM daemon_heartbeats")
    heard = [float(json.loads(body)["timestamp"]) for (body,) in bodies]
    return datetime.fromtimestamp(max(heard), UTC).replace(tzinfo=None) if heard else None


def _more(found: Sequence[object]) -> str:
    return f"; and {len(found) - 1} more" if len(found) > 1 else ""
