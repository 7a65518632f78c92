"""The doctor on Dagster's records: runs that have not ended, and what they hold up. Read without Dagster, whose import
takes seconds, and without writing a byte.

Not here: ending them (dagster_home.py), deleting them.
"""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pipeline.dagster_home import COMMAND_LINE_PID_TAG, is_running
from pipeline.doctor.diagnosis import Diagnosis, Patient, ok, warning

_POOL_TAG = ".dagster/pool/tokentide_writer"
_WAITING = ("QUEUED", "NOT_STARTED")
_UNDER_WAY = ("STARTING", "STARTED", "CANCELING")
_ELSEWHERE = "not looked at: Dagster's records are in PostgreSQL; `tokentide prepare` tells whether it serves"
_DAEMON_IS_GONE_AFTER = timedelta(minutes=5)  # it notes a heartbeat every 30 seconds


@dataclass(frozen=True)
class UnfinishedRun:
    """A run without an end in Dagster's records. `pid` is that of the command that runs it; None: Dagster does."""

    run_id: str
    job: str
    status: str
    created_utc: str
    pid: int | None
    has_pool: bool

    def __str__(self) -> str:
        return f"run {self.run_id} of {self.job} ({self.status}, made {self.created_utc[:16]} UTC)"

    def is_abandoned(self, holder: str | None) -> bool:
        """A command holds the writer's lock for as long as its run lasts."""
        made = datetime.fromisoformat(self.created_utc).replace(tzinfo=UTC).timestamp()
        return self.pid is not None and (holder is None or not is_running(self.pid, made))


def runs(patient: Patient) -> Diagnosis:
    """Runs that are under way, waiting, or without their process."""
    database = _database(patient)
    if why := _why_not_looked_at(patient):
        return ok("runs", why)
    unfinished, (number, heartbeat) = unfinished_runs(database), _counts(database)
    if abandoned := [run for run in unfinished if run.is_abandoned(patient.holder)]:
        return warning(
            "runs",
            f"{abandoned[0]}: its process {abandoned[0].pid} is gone" + _more(abandoned),
            "the next command that builds or fetches marks it as failed: tokentide fetch.",
        )
    is_daemon_there = heartbeat is not None and patient.now_utc - heartbeat < _DAEMON_IS_GONE_AFTER
    daemon = "Dagster's daemon runs" if is_daemon_there else "Dagster's daemon does not run"
    of_dagster = [run for run in unfinished if run.pid is None]
    if of_dagster and not is_daemon_there:
        return warning(
            "runs",
            f"{of_dagster[0]} has not ended, and {daemon}" + _more(of_dagster),
            "start it (`tokentide ui`): it goes on. Or end the run there: Runs, the run, Terminate.",
        )
    if unfinished:
        return ok("runs", f"under way or waiting: {', '.join(map(str, unfinished[:3]))}; {daemon}")
    return ok("runs", f"{number:,} kept, all have ended; {daemon}")


def pool(patient: Patient) -> Diagnosis:
    """Which run has the pool that lets one at a time write, and slots that a run of the past still claims."""
    database = _database(patient)
    if why := _why_not_looked_at(patient):
        return ok("pool", why)
    unfinished = unfinished_runs(database)
    ids = {run.run_id for run in unfinished}
    if claimed := [run_id for run_id in _claimed_slots(database.parent / "runs" / "index.db") if run_id not in ids]:
        return warning(
            "pool",
            f"run {claimed[0]} has ended and still claims a slot" + _more(claimed),
            "free it in Dagster's UI: Deployment, Concurrency, tokentide_writer.",
        )
    holding = [run for run in unfinished if run.has_pool and run.status in _UNDER_WAY]
    if holding and holding[0].is_abandoned(patient.holder):
        return warning("pool", f"held by {holding[0]}, without a process: Dagster's own runs wait", "as said of runs.")
    return ok("pool", f"held by {holding[0]}" if holding else "free")


def _database(patient: Patient) -> Path:
    return patient.home.dagster / "history" / "runs.db"


def _why_not_looked_at(patient: Patient) -> str | None:
    if patient.settings.dagster_postgres:
        return _ELSEWHERE
    return None if _database(patient).exists() else "Dagster has no records yet"


def unfinished_runs(database: Path) -> list[UnfinishedRun]:
    """Oldest first. Raises sqlite3.Error where the file cannot be read."""
    statuses = ", ".join(f"'{status}'" for status in (*_WAITING, *_UNDER_WAY))
    with closing(_open(database)) as records:
        rows = records.execute(
            "SELECT runs.run_id, pipeline_name, status, create_timestamp, pid.value, pool.value IS NOT NULL FROM runs "
            "LEFT JOIN run_tags AS pid ON pid.run_id = runs.run_id AND pid.key = ? "
            "LEFT JOIN run_tags AS pool ON pool.run_id = runs.run_id AND pool.key = ? "
            f"WHERE status IN ({statuses}) ORDER BY runs.id",
            [COMMAND_LINE_PID_TAG, _POOL_TAG],
        ).fetchall()
    return [
        UnfinishedRun(run_id, job, status, str(created), int(pid) if pid else None, bool(has_pool))
        for run_id, job, status, created, pid, has_pool in rows
    ]


def _counts(database: Path) -> tuple[int, datetime | None]:
    """The number of runs, and when the daemon was last heard of."""
    with closing(_open(database)) as records:
        number = records.execute("SELECT count(*) FROM runs").fetchone()[0]
        heard = records.execute("SELECT max(timestamp) FROM daemon_heartbeats").fetchone()[0]
    return number, datetime.fromisoformat(heard) if heard else None


def _claimed_slots(database: Path) -> list[str]:
    if not database.exists():
        return []
    with closing(_open(database)) as records:
        rows = records.execute("SELECT run_id FROM concurrency_slots WHERE run_id IS NOT NULL AND NOT deleted")
        return [row[0] for row in rows.fetchall()]


def _open(database: Path) -> sqlite3.Connection:
    """Where nobody has it open it is read as it lies: only so does SQLite make no files of its own beside it."""
    is_in_use = all(database.with_name(database.name + suffix).exists() for suffix in ("-wal", "-shm"))
    return sqlite3.connect(f"{database.as_uri()}?{'mode=ro' if is_in_use else 'immutable=1'}", uri=True)


def _more(found: list[UnfinishedRun] | list[str]) -> str:
    return f"; and {len(found) - 1} more" if len(found) > 1 else ""
