"""One writer at a time: an operating-system file lock that dies with its process and names its holder."""

import fcntl
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from textwrap import shorten

from filelock import FileLock, Timeout

from warehouse.errors import LockHeld
from warehouse.home import Home

_POLL_SECONDS = 0.2
# Dagster gives its processes all settings as arguments
_SHOWN_CHARACTERS = 120


@contextmanager
def writer_lock(home: Home, wait_seconds: float, on_wait: Callable[[str], None] = lambda _: None) -> Iterator[None]:
    """Holds the one right to write under `home`; re-entrant within a process.

    Waits up to `wait_seconds` for another holder, telling `on_wait` once who that is. Raises LockHeld after that.
    """
    home.prepare()
    lock = FileLock(home.writer_lock, is_singleton=True, thread_local=False)
    holder_file = home.writer
    deadline = time.monotonic() + wait_seconds
    is_told = False
    while True:
        try:
            lock.acquire(timeout=0)
            break
        except Timeout:
            holder = _describe(holder_file)
            if time.monotonic() >= deadline:
                raise LockHeld(
                    f"Another process is writing under {home.path}: {holder}.",
                    "wait until it ends, or end it; the lock goes with its process.",
                ) from None
            if not is_told:
                on_wait(f"Waiting for {holder} ...")
                is_told = True
            time.sleep(_POLL_SECONDS)
    try:
        if lock.lock_counter == 1:
            _describe_self(holder_file)
        yield
    finally:
        lock.release()


def holder_of(home: Home) -> str | None:
    """Who holds the right to write, as LockHeld names it; None where nobody does. Writes nothing and waits for nobody.

    Raises OSError where the lock cannot be looked at.
    """
    if not home.writer_lock.exists():
        return None
    descriptor = os.open(home.writer_lock, os.O_RDONLY)
    try:
        # FileLock's own lock is exclusive; this one is shared and gone at once
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _describe(home.writer)
    finally:
        os.close(descriptor)
    return None


def _describe_self(holder_file: Path) -> None:
    holder = {
        "pid": os.getpid(),
        "command": Path(sys.argv[0]).name + " " + " ".join(sys.argv[1:]),
        "since_utc": datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S"),
    }
    holder_file.write_text(json.dumps(holder))


def _describe(holder_file: Path) -> str:
    try:
        holder = json.loads(holder_file.read_text())
        command = shorten(holder["command"], _SHOWN_CHARACTERS, placeholder=" ...")
        return f"process {holder['pid']} ({command}), since {holder['since_utc']} UTC"
    except (OSError, ValueError, KeyError):
        return "a process that has only just started"
