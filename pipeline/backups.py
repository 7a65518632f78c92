"""Backups of TOKENTIDE_HOME: one .zip whose manifest names every file with its sha256, and the way back.

A backup has all that a person would miss: snapshots, published files and editions, quarantine, the working file
(without it a schedule's single week would find no other weeks to publish with) and Dagster's history in SQLite (runs,
and which schedules are on). Left out is what every start makes anew. Not here: Dagster's history in PostgreSQL, which
pg_dump saves.
"""

import hashlib
import json
import os
import shutil
import sqlite3
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from pipeline.settings import Settings
from warehouse.database import storage_failed
from warehouse.editions import is_as_published, kept_editions
from warehouse.errors import PublishedFileInvalid, StorageFailed, TokentideError
from warehouse.home import Home
from warehouse.lock import writer_lock
from warehouse.snapshots import SnapshotStore
from warehouse.version import SOFTWARE_VERSION

Report = Callable[[str], None]

MANIFEST = "tokentide-backup.json"
_BLOCK_BYTES = 1 << 20
_TOLD_EVERY_BYTES = 500_000_000
# what zipfile raises for bytes that are not as they were written, and what does not fit the manifest
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, KeyError, ValueError, TypeError)


class BackupRefused(TokentideError):
    """Nothing to back up, or no place to put it."""


class BackupDamaged(TokentideError):
    """A backup is not, byte for byte, what was written."""

    exit_code = 1


@dataclass(frozen=True)
class BackedUpFile:
    """A file of the home, by its path in it."""

    path: str
    size_bytes: int
    sha256: str
    modified_ns: int


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself. The instant is UTC."""

    made_at_utc: datetime
    software_version: str
    edition: str | None
    files: list[BackedUpFile]

    @property
    def size_bytes(self) -> int:
        return sum(file.size_bytes for file in self.files)


def back_up(settings: Settings, target: str | Path, report: Report) -> tuple[Path, Manifest]:
    """Writes a backup to the .zip file `target`, or under its own name into the folder `target`, and reads it again.

    Holds the writer's lock. Raises BackupRefused, and SnapshotCorrupted or PublishedFileInvalid where what is to be
    saved is damaged already: that must not take the place of an older, good backup.
    """
    home = settings.state
    made_at = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    is_folder = Path(target).is_dir()
    if not is_folder and not str(target).endswith(".zip"):
        raise BackupRefused(f"{target} is neither a folder nor the name of a .zip file.", "make it, or name another.")
    file = Path(target, f"tokentide-{made_at:%Y%m%dT%H%M%SZ}.zip" if is_folder else "").resolve()
    _require_place(file, home)
    if not home.raw.is_dir():
        raise BackupRefused(
            f"There is nothing to back up: {home.path} has no snapshots.", "name the right one with TOKENTIDE_HOME."
        )
    with ExitStack() as held:
        for each in [home, *_homes_as_of(home)]:
            held.enter_context(writer_lock(each, settings.lock_wait_seconds, report))
        _require_whole(home, report)
        partial = file.with_name(f".{file.name}.partial")
        try:
            with tempfile.TemporaryDirectory(prefix=".tokentide-backup-", dir=file.parent) as copies:
                sources = dict(_files_of(home)) | _history_of(home, Path(copies))
                files = [_describe(name, source) for name, source in sorted(sources.items())]
                edition = next(reversed(kept_editions(home)), None)
                manifest = Manifest(made_at, SOFTWARE_VERSION, edition, files)
                with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED, strict_timestamps=False) as archive:
                    for each_file in _telling(files, "writing", report):
                        archive.write(sources[each_file.path], each_file.path)
                    archive.writestr(MANIFEST, json.dumps(asdict(manifest), default=datetime.isoformat, indent=1))
            check_backup(partial, report)
            partial.replace(file)
        except OSError as error:
            raise storage_failed(error) from error
        finally:
            partial.unlink(missing_ok=True)
    return file, manifest


def check_backup(file: Path, report: Report) -> Manifest:
    """Reads every byte. Raises BackupDamaged with the name of the file that is not as it was."""
    return _read(file, None, report)


def restore(settings: Settings, file: Path, is_replacing: bool, report: Report) -> tuple[Manifest, Path | None]:
    """Puts a backup in the place of the home, once every byte of it is verified; gives where the former home now is.

    A home with anything in it is refused, or with `is_replacing` put aside, never deleted. Raises BackupRefused or
    BackupDamaged; the home is then as it was.
    """
    home = settings.state
    if _has_content(home) and not is_replacing:
        raise _not_empty(home)
    staging = home.path.with_name(f".{home.path.name}.restoring-{os.getpid()}")
    try:
        staging.mkdir(parents=True)
        manifest = _read(file, staging, report)
        os.sync()  # a power cut after the renaming finds whole files
        return manifest, _put_in_place(staging, settings, report)
    except OSError as error:
        raise storage_failed(error) from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _put_in_place(staging: Path, settings: Settings, report: Report) -> Path | None:
    home = settings.state
    if not _has_content(home):
        try:
            staging.rename(home.path)  # which the system refuses where something has appeared there meanwhile
        except OSError:
            if not _has_content(home):
                raise
            raise _not_empty(home) from None
        return None
    aside = home.path.with_name(f"{home.path.name}.before-{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
    with writer_lock(home, settings.lock_wait_seconds, report):
        home.path.rename(aside)
        try:
            staging.rename(home.path)
        except OSError:
            aside.rename(home.path)
            raise
    return aside


def _has_content(home: Home) -> bool:
    return home.path.exists() and (not home.path.is_dir() or any(home.path.iterdir()))


def _not_empty(home: Home) -> BackupRefused:
    return BackupRefused(
        f"{home.path} is not empty, and a restore never overwrites.",
        "name an empty folder with --home, or put what is there aside with --replace.",
    )


def _require_place(file: Path, home: Home) -> None:
    if file.exists():
        raise BackupRefused(f"{file} exists, and a backup never overwrites.", "name another file, or a folder.")
    if not file.parent.is_dir():
        raise BackupRefused(f"There is no folder {file.parent}.", "make it, or name another.")
    if file.is_relative_to(home.path):
        raise BackupRefused(
            f"{file} is inside of {home.path}: it would be lost together with what it saves.",
            "name a file elsewhere, best on another disk.",
        )


def _require_whole(home: Home, report: Report) -> None:
    store = SnapshotStore(home)
    snapshots = store.snapshots()
    report(f"hashing {len(snapshots):,} snapshots and what is published")
    for snapshot in snapshots:
        store.read(snapshot)
    for each in [home, *_homes_as_of(home)]:
        if each.published_file.exists() and not is_as_published(each):
            raise PublishedFileInvalid(
                f"{each.published_file} is not what was published.", "publish anew, then back up: `tokentide run`."
            )


def _homes_as_of(home: Home) -> list[Home]:
    return [Home(path) for path in sorted(home.path.glob("as-of/*/"))]


def _files_of(home: Home) -> Iterator[tuple[str, Path]]:
    """All files of the home but Dagster's, locks, what is half-written and a stranger's write-ahead log."""
    left_out = {home.writer_lock.name, home.writer.name, home.publish_lock.name, home.published_wal.name}
    for folder, subfolders, names in os.walk(home.path, followlinks=True):
        if Path(folder) == home.path and home.dagster.name in subfolders:
            subfolders.remove(home.dagster.name)
        for name in names:
            if name not in left_out and not name.startswith(".partial-") and not name.endswith((".partial", ".new")):
                path = Path(folder, name)
                yield path.relative_to(home.path).as_posix(), path


def _history_of(home: Home, copies: Path) -> dict[str, Path]:
    """Consistent copies of Dagster's SQLite files, which its daemon may be writing into."""
    found = {}
    for path in sorted(home.dagster.rglob("*.db")):
        name = path.relative_to(home.path).as_posix()
        found[name] = copies / name
        found[name].parent.mkdir(parents=True, exist_ok=True)
        try:
            with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(found[name])) as copy:
                source.backup(copy)
        except sqlite3.Error as error:
            raise StorageFailed(
                f"Dagster's history {path} cannot be copied: {error}.",
                "free space; if the file is damaged, move it away: it holds past runs, no data.",
            ) from error
    return found


def _describe(name: str, source: Path) -> BackedUpFile:
    with source.open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    status = source.stat()
    return BackedUpFile(name, status.st_size, sha256, status.st_mtime_ns)


def _read(file: Path, into: Path | None, report: Report) -> Manifest:
    """Verifies every file against the manifest, and writes it below `into` where one is given."""
    if not file.is_file():
        raise BackupRefused(f"There is no file {file}.", "name a file that `tokentide backup` wrote.")
    at = "its table of contents, at the end of the file"
    try:
        with zipfile.ZipFile(file) as archive:
            at = MANIFEST
            manifest = _parse(archive.read(MANIFEST))
            for expected in _telling(manifest.files, "verifying" if into is None else "restoring", report):
                at = expected.path
                _read_file(archive, expected, into)
            return manifest
    except _DAMAGE as error:
        raise BackupDamaged(
            f"The backup {file} is damaged at {at}: {error}.",
            "take another backup; nothing was put in place. Single whole files of it can be had with `unzip`.",
        ) from error


def _parse(text: bytes) -> Manifest:
    said = json.loads(text)
    files = [BackedUpFile(**each) for each in said.pop("files")]
    for each in files:
        path = PurePosixPath(each.path)
        if path.is_absolute() or ".." in path.parts:
            raise ValueError(f"it names {each.path}, outside of a home")
    said["made_at_utc"] = datetime.fromisoformat(said["made_at_utc"])
    return Manifest(files=files, **said)


def _read_file(archive: zipfile.ZipFile, expected: BackedUpFile, into: Path | None) -> None:
    digest = hashlib.sha256()
    with archive.open(expected.path) as stored, ExitStack() as opened:
        restored = None
        if into is not None:
            path = into / expected.path
            path.parent.mkdir(parents=True, exist_ok=True)
            restored = opened.enter_context(path.open("xb"))
        while block := stored.read(_BLOCK_BYTES):
            digest.update(block)
            if restored is not None:
                restored.write(block)
    if digest.hexdigest() != expected.sha256:
        raise ValueError("its bytes do not have the sha256 of the manifest")
    if into is not None:  # the age of an edition decides which are kept
        os.utime(into / expected.path, ns=(expected.modified_ns, expected.modified_ns))


def _telling(files: Iterable[BackedUpFile], what: str, report: Report) -> Iterator[BackedUpFile]:
    """The files one after the other; says how far it is at the beginning and after each 500 MB."""
    files = list(files)
    all_bytes = sum(file.size_bytes for file in files)
    report(f"{what} {len(files):,} files, {all_bytes / 1e6:,.1f} MB")
    done, next_told = 0, _TOLD_EVERY_BYTES
    for file in files:
        yield file
        done += file.size_bytes
        if done >= next_told:
            report(f"{what}: {done / all_bytes:.0%} done")
            next_told = done + _TOLD_EVERY_BYTES
