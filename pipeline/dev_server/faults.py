"""The faults that the loopback OpenRouter can be told to have, one by one, for some requests or for all."""

from collections.abc import Iterable
from enum import StrEnum


class Fault(StrEnum):
    """Names as the command line takes them."""

    RATE_LIMITED = "rate-limited"  # 429 with Retry-After
    SERVER_ERRORS = "server-errors"  # 500
    SLOW = "slow"  # an answer that takes its time
    TRUNCATED_BODY = "truncated-body"  # a whole answer whose body lacks its end
    BROKEN_CONNECTION = "broken-connection"  # the connection ends in the middle of the body
    WRONG_HASH = "wrong-hash"  # an export of the right length that is not the one of its manifest
    MIXED_LATEST = "mixed-latest"  # index and latest.csv are of the day before the latest manifest
    CHANGED_SHAPE = "changed-shape"  # the members of the JSON have other names
    RESTATED_DAYS = "restated-days"  # newest export and API: a tenth more for the largest row of each of its days
    MISSING_EXPORT = "missing-export"  # the latest export is announced, but not there
    REFUSED_KEY = "refused-key"  # 401


# How often a fault strikes that passes by itself, unless told otherwise; the others stay.
_TIMES = {Fault.RATE_LIMITED: 1, Fault.SERVER_ERRORS: 2}


class Faults:
    """Which faults are on, and how often each still strikes."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._left: dict[Fault, float] = {}
        for fault in faults:
            self.switch_on(fault)

    def switch_on(self, fault: Fault, times: int | None = None) -> None:
        """For so many requests; without a number for two server errors, one 429, and every request of the others."""
        self._left[fault] = _TIMES.get(fault, float("inf")) if times is None else times

    def is_on(self, fault: Fault) -> bool:
        return self._left.get(fault, 0) > 0

    def strikes(self, fault: Fault) -> bool:
        """Whether it strikes this time, which counts."""
        is_on = self.is_on(fault)
        if is_on:
            self._left[fault] -= 1
        return is_on


def parse_fault(text: str) -> tuple[Fault, int | None]:
    """NAME or NAME:TIMES. Raises ValueError."""
    name, _, times = text.partition(":")
    if name not in list(Fault):
        raise ValueError(f"{name!r} is no fault; there are {', '.join(Fault)}")
    if times and not times.isdecimal():
        raise ValueError(f"{times!r} is no number of times")
    return Fault(name), int(times) if times else None
