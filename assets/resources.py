"""Interfaces of the resources that assets use; pipeline binds them."""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Protocol

import duckdb

from warehouse.database import open_working_file
from warehouse.errors import StorageFailed
from warehouse.home import Home
from warehouse.lock import writer_lock
from warehouse.snapshots import Origin


class Observations(Protocol):
    """A source of snapshots: body, origin and, where the source publishes it, the body's sha256."""

    def observations(self) -> Iterable[tuple[bytes, Origin, str | None]]: ...


@dataclass(frozen=True)
class FetchRequest:
    """What is wanted of OpenRouter: by default what it has published since the newest known day.

    `source` is `exports` (no key) or `api` (a key); the days are first and last of what is wanted. `endpoints` is of
    how many of the most used models it is asked who serves them. None: as the settings say.
    """

    source: str | None = None
    first_day: date | None = None
    last_day: date | None = None
    every_vintage: bool = False
    endpoints: int | None = None


class LiveSource(Observations, Protocol):
    """Observations from the network; what could not be got is told once all were taken.

    `has_newest_totals`: it was asked for the newest daily totals and gave all that there are.
    """

    missing_spans: list[tuple[date, date]]
    has_newest_totals: bool


@dataclass
class Warehouse:
    """What every asset needs: where state lives, where snapshots come from, and how to report on the way.

    `sources` are at hand and observed in every build; `live` asks the network, only when it is told to. `report` hears
    of each asset as it begins; of what else a person should know, so does `log`. `run` is what others are told of who
    writes.
    """

    home: Home
    sources: list[Observations]
    lock_wait_seconds: float
    editions_to_keep: int
    hold_back: frozenset[date] = frozenset()
    report: Callable[[str], None] = field(default=lambda _: None)
    log: Callable[[str], None] = field(default=lambda _: None)
    run: str | None = None
    live: Callable[[FetchRequest, Callable[[str], None]], LiveSource] | None = None
    _lock: ExitStack = field(default_factory=ExitStack, init=False)
    _file: ExitStack = field(default_factory=ExitStack, init=False)
    _connection: duckdb.DuckDBPyConnection | None = field(default=None, init=False)
    _told: set[str] = field(default_factory=set, init=False)

    @contextmanager
    def for_one_run(self, run: str, log: Callable[[str], None]) -> Iterator["Warehouse"]:
        """The one that serves a run of Dagster: the lock and the file that it takes on the way it keeps to the end."""
        warehouse = replace(self, run=run, log=log)
        with warehouse._lock:
            try:
                yield warehouse
            finally:
                warehouse._close_file()

    def lock(self) -> None:
        """Takes the writer's lock until the run ends: nothing else is built, or fetched, in the middle of it."""
        self._lock.enter_context(writer_lock(self.home, self.lock_wait_seconds, self.tell, self.run))

    @contextmanager
    def writing(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """The working file, under the writer's lock. It stays open until the run ends."""
        if self._connection is None:
            self.lock()
            self._connection = self._file.enter_context(open_working_file(self.home))
        try:
            yield self._connection
        except BaseException:
            # an error may have made it unusable: closed, and opened anew by whoever builds next
            self._connection = None
            if not self._file.__exit__(*sys.exc_info()):
                raise

    def _close_file(self) -> None:
        try:
            self._file.close()
        except StorageFailed as error:
            # its log stays beside it, and whoever opens it next reads that: no reason to call the run failed
            self.tell(f"{error.args[0]} Nothing is lost, but the next run needs more space.")

    def tell(self, message: str) -> None:
        """Tells of it, once a run."""
        if message not in self._told:
            self._told.add(message)
            self.log(message)
            self.report(message)
