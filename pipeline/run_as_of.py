"""Builds everything as it was known at a past instant, into a published file of its own.

Not here: the main job, on all that is at hand (run_job.py); which facts were known when (warehouse/known_facts.py).
"""

from collections.abc import Callable
from datetime import UTC, datetime

from pipeline.archive import BuiltInArchive
from pipeline.notifications import telling_of_failure
from pipeline.settings import Settings
from warehouse.database import open_working_file
from warehouse.errors import PublishedFileInvalid, TokentideError
from warehouse.from_raw import build_from_raw
from warehouse.home import Home
from warehouse.known_facts import read_facts, snapshots_known_at
from warehouse.lock import writer_lock
from warehouse.publishing import publish
from warehouse.snapshots import SnapshotStore

JOB_NAME = "run_as_of"


class InstantUnreadable(TokentideError):
    """An instant that cannot be read."""

    exit_code = 2


def parse_instant(text: str) -> datetime:
    """A day means its start; an instant without a time zone is UTC, as are all that are returned (without a zone)."""
    try:
        instant = datetime.fromisoformat(text.strip())
    except ValueError:
        raise InstantUnreadable(
            f"{text!r} is no instant.", "write 2026-10-10, or 2026-10-10T12:00:00Z; a day means its start in UTC."
        ) from None
    return instant.astimezone(UTC).replace(tzinfo=None) if instant.tzinfo else instant


def run_as_of(settings: Settings, instant: datetime, report: Callable[[str], None]) -> Home:
    """Builds, checks and publishes all weeks from what was known at `instant`; returns the folder of that file.

    The main published file is not touched. Raises InstantUnreadable where it is still to come, NothingKnownYet
    with the earliest possible instant, ChecksFailed where the gate is not green; the notifiers are told of either.
    """
    if instant > datetime.now(UTC).replace(tzinfo=None):
        raise InstantUnreadable(f"{instant.isoformat()}Z is still to come.", "name an instant that has passed.")
    with telling_of_failure(settings, JOB_NAME):
        return _build(settings, instant, report)


def _build(settings: Settings, instant: datetime, report: Callable[[str], None]) -> Home:
    # imports great-expectations, which takes seconds: only where rows are checked
    from checks.run import validate_candidate, validate_publication, validate_stored

    store = SnapshotStore(settings.state)
    with writer_lock(settings.state, settings.lock_wait_seconds, report):
        store.put_all(BuiltInArchive().observations())
    snapshots = snapshots_known_at(store.snapshots(), instant)
    home = settings.state.as_of(instant)
    with writer_lock(home, settings.lock_wait_seconds, report):
        home.working_file.unlink(missing_ok=True)  # what an interrupted build left
        with open_working_file(home) as connection:
            build_from_raw(connection, home, store, snapshots, read_facts(instant), validate_candidate, report=report)
            report("publication")
            publish(connection, home, validate_publication, validate_stored, frozenset(), 1, known_at_utc=instant)
        home.working_file.unlink()
    return home


def home_as_of(home: Home, instant: datetime) -> Home:
    """The folder of a file that run_as_of made. Raises PublishedFileInvalid where there is none."""
    of_instant = home.as_of(instant)
    if not of_instant.published_file.exists():
        raise PublishedFileInvalid(
            f"There is no file of what was known at {instant.isoformat()}Z.",
            f"make it: `tokentide run --as-of {instant.isoformat()}Z`.",
        )
    return of_instant
