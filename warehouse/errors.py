"""Errors a person can act on. Each says what is wrong, where, and what to do next; none is raised for a bug."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from warehouse.results import CheckResult


class TokentideError(Exception):
    """Base of all: `str()` is what happened and `next_step` what to do about it; `exit_code` is the command line's."""

    exit_code = 3

    def __init__(self, what: str, next_step: str) -> None:
        super().__init__(what)
        self.next_step = next_step

    def __str__(self) -> str:
        return f"{self.args[0]}\nWhat to do: {self.next_step}"


class SnapshotRejected(TokentideError):
    """A body that did not arrive whole, or does not have its published hash, never becomes a snapshot."""


class SnapshotCorrupted(TokentideError):
    """A stored object no longer has the bytes its name promises."""


class SnapshotUnreadable(Exception):
    """A parser cannot read a whole body; becomes a quarantine reason, so it needs no next step of its own."""


class ReferenceInvalid(TokentideError):
    """A curated reference file breaks a rule of its contract."""


class NothingKnownYet(TokentideError):
    """Asked as of an instant before the first snapshot at hand was stated."""


class ContractBroken(TokentideError):
    """A SELECT does not give the columns that its contract promises."""


class ChecksFailed(TokentideError):
    """Blocking checks failed, with their results: the old rows and the published file stand."""

    exit_code = 1

    def __init__(self, what: str, next_step: str, results: "list[CheckResult]") -> None:
        super().__init__(what, next_step)
        self.results = results


class CheckCrashed(TokentideError):
    """A check could not be evaluated; that says nothing about the data, good or bad."""

    exit_code = 4


class LockHeld(TokentideError):
    """Another process is writing."""


class StorageFailed(TokentideError):
    """The operating system would not let us write: no space, no permission."""


class PublishedFileInvalid(TokentideError):
    """The published file is missing, is not as published, or lies beside a stranger's write-ahead log."""
