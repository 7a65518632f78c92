"""How often a source may be asked, counted across runs: so many requests a minute, so many in 24 hours."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from pipeline.clients.errors import QuotaExceeded
from pipeline.clients.remembered import read_remembered, remember
from warehouse.whole_files import unwritable

_MINUTE_SECONDS = 60
_DAY_SECONDS = 86_400


@dataclass(frozen=True)
class RequestLimits:
    """The times of the last day's requests, in a file of their own.

    Whether the source counts days by the calendar is not known; any 24 hours never exceed what it allows either way.
    """

    path: Path
    per_minute: int = 30
    per_day: int = 500
    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    report: Callable[[str], None] = lambda _: None

    def take(self) -> None:
        """Counts a request about to be made; waits for the minute's limit, raises QuotaExceeded for the day's."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise unwritable(self.path, error) from error
        while (wait_seconds := self._take_or_wait()) > 0:
            self.report(f"Waiting {wait_seconds:.0f} s: no more than {self.per_minute} requests a minute")
            self.sleep(wait_seconds)

    def _take_or_wait(self) -> float:
        with FileLock(self.path.with_suffix(".lock")):
            now = self.now()
            times = [at for at in self._times() if 0 <= now - at < _DAY_SECONDS]
            if len(times) >= self.per_day:
                free_in_seconds = times[-self.per_day] + _DAY_SECONDS - now
                raise QuotaExceeded(
                    f"{len(times)} requests were made in the last 24 hours; the source allows {self.per_day}.",
                    f"run again in {free_in_seconds / 3600:.1f} hours, or without the key.",
                )
            in_minute = [at for at in times if now - at < _MINUTE_SECONDS]
            if len(in_minute) >= self.per_minute:
                return in_minute[-self.per_minute] + _MINUTE_SECONDS - now
            remember(self.path, {"requests_at": [*times, now]})
            return 0

    def _times(self) -> list[float]:
        times = read_remembered(self.path).get("requests_at")
        return sorted(at for at in times if isinstance(at, int | float)) if isinstance(times, list) else []
