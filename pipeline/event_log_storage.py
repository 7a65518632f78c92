"""Dagster's SQLite event log with its connections kept open.

Dagster opens, commits and closes a connection for every event, and compiles every statement anew: for a backfill of
93 weeks that alone is half of the wall time. And a deleted run's file goes with it, and whoever watches a run is told
of what is in its write-ahead log, too. Nothing else differs: same files, same tables, same locking
(docs/decisions/005-event-log-connections.md).
"""

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dagster._core.event_api import EventHandlerFn
from dagster._core.storage.event_log.sqlite import sqlite_event_log
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import QueuePool
from watchdog.events import EVENT_TYPE_MODIFIED, FileSystemEvent
from watchdog.observers import Observer

# The index and the run at hand; the webserver looks into older runs' files one after the other.
_OPEN_FILES = 4


class PooledSqliteEventLogStorage(SqliteEventLogStorage):
    """SqliteEventLogStorage with one open connection for each of the few files in use."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: OrderedDict[str, Engine] = OrderedDict()
        super().__init__(base_dir, inst_data)

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> "PooledSqliteEventLogStorage":
        return cls(inst_data=inst_data, **config_value)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock:
            engine = self._engine(shard)
            if shard not in self._initialized_dbs:
                self._initdb(engine)
                self._initialized_dbs.add(shard)
            with engine.connect() as connection, connection.begin():
                yield connection

    def _engine(self, shard: str) -> Engine:
        if shard in self._engines:
            self._engines.move_to_end(shard)
            return self._engines[shard]
        engine = create_engine(
            self.conn_string_for_shard(shard),
            poolclass=QueuePool,
            pool_size=1,
            # the lock above lets one thread in at a time, whichever it is
            connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS, "check_same_thread": False},
        )
        event.listen(engine, "connect", _sync_at_checkpoints_only)
        self._engines[shard] = engine
        while len(self._engines) > _OPEN_FILES:
            self._engines.popitem(last=False)[1].dispose()
        return engine

    def watch(self, run_id: str, cursor: str | None, callback: EventHandlerFn) -> None:
        observer: Any = self._obs
        if observer is None:
            observer = Observer()
            observer.start()
            self._obs = observer
        watchdog = _Watchdog(self, run_id, callback, cursor)
        self._watchers[run_id][callback] = (watchdog, observer.schedule(watchdog, self._base_dir, recursive=True))

    def delete_events(self, run_id: str) -> None:
        super().delete_events(run_id)
        # Dagster leaves the run's file, without its rows but as large as it was
        with self._db_lock:
            self._engine(run_id).dispose()
            del self._engines[run_id]
            self._initialized_dbs.discard(run_id)
            file = Path(self.path_for_shard(run_id))
            for path in (file, file.with_name(f"{file.name}-wal"), file.with_name(f"{file.name}-shm")):
                path.unlink(missing_ok=True)

    def dispose(self) -> None:
        for engine in self._engines.values():
            engine.dispose()
        self._engines.clear()
        super().dispose()


class _Watchdog(sqlite_event_log.SqliteEventLogStorageWatchdog):
    """Tells of a run's events as they are stored.

    Dagster's looks at the run's file alone, to which an event comes once the last connection is closed. Ours stay
    open, so a run in the UI would stand still, and never end.
    """

    def dispatch(self, event: FileSystemEvent) -> None:
        # not when it was opened or closed: reading it would then be answered by reading it again
        if event.event_type == EVENT_TYPE_MODIFIED and event.src_path in (self._log_path, f"{self._log_path}-wal"):
            self._process_log()


def _sync_at_checkpoints_only(connection: Any, _: object) -> None:
    # safe with the write-ahead log that Dagster sets: a killed process loses nothing, a power cut the last events
    connection.execute("PRAGMA synchronous=NORMAL")
