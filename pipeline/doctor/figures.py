"""The doctor on the DuckDB files and the snapshots: can they be read, are they whole, how old is what they hold.

The working file is never opened here: a run that begins meanwhile would find it in use.
"""

from contextlib import suppress
from datetime import timedelta

import duckdb

from pipeline.doctor.diagnosis import Diagnosis, Patient, failed, ok, warning
from warehouse.database import fetch_one
from warehouse.editions import Edition, foreign_wal, is_as_published, open_published, read_edition
from warehouse.errors import SnapshotCorrupted, TokentideError
from warehouse.hashing import code_version, raw_hash, reference_hash
from warehouse.home import Home
from warehouse.parsers import USAGE, kind_of
from warehouse.reference_files import REFERENCE_DIRECTORY
from warehouse.snapshots import Snapshot, SnapshotStore
from warehouse.version import SOFTWARE_VERSION

# Exports appear two hours after a day's end; two of them were missed.
_LATE = timedelta(hours=50)
_PUBLISH_ANEW = "publish anew: tokentide run."
_DUCKDB_MARK = (8, b"DUCK")  # where in a file, and what


def write_ahead_logs(patient: Patient) -> Diagnosis:
    """A log beside the published file is a stranger's; one beside the working file may be a killed run's."""
    home = patient.home
    if home.published_wal.exists():
        refused = foreign_wal(home)
        return failed("logs", str(refused.args[0]), refused.next_step)
    working_wal = home.working_file.with_name(f"{home.working_file.name}.wal")
    if working_wal.exists() and not patient.holder:
        return warning(
            "logs",
            f"{working_wal} was left by a run that was killed, or by someone who opened that file for writing",
            "a run's own is taken in by the next `tokentide run`. If it may be another's, first delete it and "
            f"{home.working_file}: both are built anew from the snapshots.",
        )
    return ok("logs", "no foreign write-ahead log beside the published or the working file")


def working_file(patient: Patient) -> Diagnosis:
    """Whether it looks like a DuckDB file; its content is a run's own business."""
    path = patient.home.working_file
    if not path.exists():
        return ok("working file", "not there yet; a run makes it")
    start, mark = _DUCKDB_MARK
    with path.open("rb") as file:
        head = file.read(start + len(mark))
    if head[start:] != mark:
        return failed(
            "working file",
            f"{path} is damaged: it is no DuckDB file",
            "delete it and run again: it is built anew from the snapshots. The published file is as it was.",
        )
    return ok("working file", f"{path}, {path.stat().st_size / 1e6:,.1f} MB")


def published_file(patient: Patient) -> Diagnosis:
    """Whether it can be read, and holds byte for byte what was published."""
    home = patient.home
    if not home.published_file.exists():
        return warning("published file", "nothing is published yet", "tokentide run.")
    if home.published_wal.exists():
        return failed("published file", "not opened: see logs", "as said of logs.")
    try:
        edition = _edition(home)
    except (TokentideError, duckdb.Error) as error:
        told = str(error.args[0] if error.args else error).split("\n")[0]
        next_step = error.next_step if isinstance(error, TokentideError) else _PUBLISH_ANEW
        return failed("published file", f"{home.published_file} cannot be read: {told}", next_step)
    if not is_as_published(home):
        if patient.holder:
            return warning("published file", "it may be being replaced just now", "ask again when the lock is free.")
        return failed(
            "published file",
            f"{home.published_file} does not have the bytes noted in {home.published_checksum.name}: someone wrote "
            "into it, or it was damaged",
            f"{_PUBLISH_ANEW} Do not quote it before.",
            exit_code=1,
        )
    return ok(
        "published file",
        f"edition {edition.edition}, {edition.weeks} weeks to {edition.last_week_start}, byte for byte as published at "
        f"{edition.published_at_utc:%Y-%m-%d %H:%M} UTC",
    )


def made_by(patient: Patient) -> Diagnosis:
    """Whether the published file is what this program would make of these reference files and snapshots."""
    edition = _edition_or_none(patient.home)
    if edition is None:
        return ok("made by", "nothing readable is published")
    by = f"tokentide {edition.software_version}, code {edition.code_version}"
    changed = [
        what
        for what, made_from, at_hand in (
            ("version", edition.software_version, SOFTWARE_VERSION),
            ("code", edition.code_version, code_version()),
            ("reference files", edition.reference_hash, reference_hash(REFERENCE_DIRECTORY)),
        )
        if made_from != at_hand
    ]
    if changed:
        return warning("made by", f"{by}; since then changed: {', '.join(changed)}", _PUBLISH_ANEW)
    return ok("made by", f"{by}: this program and these reference files")


def snapshots(patient: Patient) -> Diagnosis:
    """Whether every sidecar can be read and its body is there in its length; where asked, with its very bytes."""
    store = SnapshotStore(patient.home)
    try:
        stored = store.snapshots()
    except SnapshotCorrupted as error:
        return failed("snapshots", str(error.args[0]), error.next_step, exit_code=1)
    is_good = store.is_whole if patient.is_deep else store.has_its_length
    if bad := [one for one in stored if not is_good(one)]:
        try:
            store.read(bad[0])
        except SnapshotCorrupted as error:
            more = f" And {len(bad) - 1} more." if len(bad) > 1 else ""
            return failed("snapshots", f"{error.args[0]}{more}", error.next_step, exit_code=1)
    how = "every byte hashed anew" if patient.is_deep else "there in their length; `--deep` hashes every byte"
    return ok("snapshots", f"{len(stored)}, {sum(one.size_bytes for one in stored) / 1e6:,.1f} MB: {how}")


def freshness(patient: Patient) -> Diagnosis:
    """How old the newest figures are: those at hand, and those that are published."""
    with suppress(SnapshotCorrupted):
        stored = SnapshotStore(patient.home).snapshots()
        usage = [one for one in stored if kind_of(one.origin.format) == USAGE]
        if not usage:
            return warning("freshness", "no figures are at hand", "tokentide run.")
        return _freshness(patient, stored, usage)
    return ok("freshness", "not judged: see snapshots")


def _freshness(patient: Patient, stored: list[Snapshot], usage: list[Snapshot]) -> Diagnosis:
    as_of, fetched = max(one.origin.as_of_utc for one in usage), max(one.origin.fetched_at_utc for one in stored)
    observed = f"at hand are figures as of {as_of:%Y-%m-%d %H:%M} UTC, last fetched {fetched:%Y-%m-%d %H:%M}; "
    edition = _edition_or_none(patient.home)
    observed += f"published are figures to {_last_day(patient.home)}" if edition else "nothing readable is published"
    if edition and edition.raw_hash != raw_hash(one.sha256 for one in stored):
        return warning("freshness", f"{observed}, made from other snapshots than are at hand", "tokentide run.")
    if patient.now_utc - as_of > _LATE:
        return warning("freshness", f"{observed}: {(patient.now_utc - as_of).days} days old", "tokentide run --live.")
    return ok("freshness", observed)


def _edition(home: Home) -> Edition:
    with open_published(home) as published:
        return read_edition(published)


def _edition_or_none(home: Home) -> Edition | None:
    try:
        return _edition(home)
    except (TokentideError, duckdb.Error):
        return None


def _last_day(home: Home) -> object:
    with open_published(home) as published:
        return fetch_one(published, "SELECT max(date) FROM staging.model_day_tokens")[0]
