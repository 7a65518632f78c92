"""Backups: what is in them, what is refused, and that a damaged file is named before anything is put in place."""

import json
import os
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest
from building import full_weeks, put_rows, week
from filelock import FileLock

from pipeline.backups import MANIFEST, BackupDamaged, BackupRefused, back_up, check_backup, restore
from pipeline.settings import Settings
from warehouse.editions import kept_editions, write_checksum
from warehouse.errors import LockHeld, PublishedFileInvalid, SnapshotCorrupted
from warehouse.home import Home

KEPT = (
    "as-of/2026-10-12T000000Z/tokentide.duckdb",
    "build.duckdb",
    "build.duckdb.wal",
    "editions/newer.duckdb",
    "editions/older.duckdb",
    "quarantine/weekly/reasons.json",
)
LEFT_OUT = (
    "dagster/dagster.yaml",
    "editions/newest.partial",
    "publish.lock",
    "raw/objects/.partial-x",
    "tokentide.duckdb.new",
    "tokentide.duckdb.wal",
)
HISTORY = "dagster/history/runs.db"


def quiet(_: str) -> None:
    pass


def settings_of(home: Home) -> Settings:
    return Settings(home=home.path, lock_wait_seconds=0)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with a file of each kind; their content is of no matter here, except where it is hashed."""
    home = Home(tmp_path / "home")
    put_rows(home, full_weeks([week(0)], {"openai/gpt-5": 10}), datetime(2026, 2, 1))
    for name in (*KEPT, *LEFT_OUT):
        path = home.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.urandom(500))
    os.utime(home.editions / "older.duckdb", (0, 0))
    home.published_file.write_bytes(os.urandom(5_000))
    for each in (home, Home(home.path / "as-of" / "2026-10-12T000000Z")):
        write_checksum(each, each.published_file)
    (home.path / HISTORY).parent.mkdir(parents=True)
    with closing(sqlite3.connect(home.path / HISTORY)) as history:
        history.execute("CREATE TABLE runs (id)")
    return home


@pytest.fixture
def backup(home: Home, tmp_path: Path) -> Path:
    return back_up(settings_of(home), tmp_path / "backup.zip", quiet)[0]


def content(home: Home) -> dict[str, bytes]:
    """All files of a home but Dagster's, by name."""
    files = (path for path in home.path.rglob("*") if path.is_file() and "dagster" not in path.parts)
    return {path.relative_to(home.path).as_posix(): path.read_bytes() for path in files}


def rewritten(backup: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """The backup with other members, whole in itself: what a zip's own checks cannot see."""
    with zipfile.ZipFile(backup) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    backup.unlink()
    with zipfile.ZipFile(backup, "w") as archive:
        for name, body in members.items():
            archive.writestr(name, body)
    return backup


def test_every_file_comes_back_and_the_order_of_editions(home: Home, backup: Path, tmp_path: Path) -> None:
    restored = Home(tmp_path / "elsewhere" / "restored")
    manifest, aside = restore(settings_of(restored), backup, False, quiet)
    assert aside is None
    assert manifest.edition == "newer"
    left_out = {Path(name).name for name in LEFT_OUT} | {"writer.lock", "writer.json"}
    assert content(restored) == {name: body for name, body in content(home).items() if Path(name).name not in left_out}
    assert set(KEPT) <= set(content(restored))
    assert kept_editions(restored) == kept_editions(home) == ["older", "newer"]
    assert [path.name for path in restored.dagster.rglob("*") if path.is_file()] == ["runs.db"]
    assert {path.name for path in tmp_path.iterdir()} == {"home", "backup.zip", "elsewhere"}


def test_it_copies_the_history_while_the_daemon_writes(home: Home, tmp_path: Path) -> None:
    with closing(sqlite3.connect(home.path / HISTORY, isolation_level=None)) as daemon:
        daemon.execute("PRAGMA journal_mode=WAL")
        daemon.execute("INSERT INTO runs VALUES ('committed, and not yet in the file itself')")
        daemon.execute("BEGIN IMMEDIATE")
        daemon.execute("INSERT INTO runs VALUES ('never committed')")
        backup, _ = back_up(settings_of(home), tmp_path, quiet)
    restored = Home(tmp_path / "restored")
    restore(settings_of(restored), backup, False, quiet)
    with closing(sqlite3.connect(restored.path / HISTORY)) as history:
        assert history.execute("SELECT id FROM runs").fetchall() == [("committed, and not yet in the file itself",)]


@pytest.mark.parametrize("name", ["tokentide.duckdb", "editions/older.duckdb", HISTORY, "build.duckdb.wal", MANIFEST])
def test_a_damaged_byte_is_refused_with_the_name_of_its_file(backup: Path, tmp_path: Path, name: str) -> None:
    with zipfile.ZipFile(backup) as archive:
        member = archive.getinfo(name)
    body = bytearray(backup.read_bytes())
    body[member.header_offset + 30 + len(name) + member.compress_size // 2] ^= 1
    backup.write_bytes(body)
    restored = Home(tmp_path / "restored")
    with pytest.raises(BackupDamaged, match=f"damaged at {name}: "):
        restore(settings_of(restored), backup, False, quiet)
    with pytest.raises(BackupDamaged, match=f"damaged at {name}: "):
        check_backup(backup, quiet)
    assert {path.name for path in tmp_path.iterdir()} == {"home", "backup.zip"}


def test_a_file_cut_short_is_refused(backup: Path) -> None:
    backup.write_bytes(backup.read_bytes()[:-100])
    with pytest.raises(BackupDamaged, match="table of contents"):
        check_backup(backup, quiet)


def test_other_bytes_under_a_name_are_refused_by_their_hash(backup: Path) -> None:
    rewritten(backup, lambda members: members.update({"build.duckdb": b"another"}))
    with pytest.raises(BackupDamaged, match=r"damaged at build\.duckdb: its bytes do not have the sha256"):
        check_backup(backup, quiet)


def test_a_missing_file_is_named(backup: Path) -> None:
    rewritten(backup, lambda members: members.pop("build.duckdb"))
    with pytest.raises(BackupDamaged, match=r"damaged at build\.duckdb: "):
        check_backup(backup, quiet)


@pytest.mark.parametrize("name", ["../outside", "/tmp/outside", "raw/../../outside"])
def test_nothing_is_written_outside_of_the_home(backup: Path, tmp_path: Path, name: str) -> None:
    def add(members: dict[str, bytes]) -> None:
        manifest = json.loads(members[MANIFEST])
        manifest["files"].append({"path": name, "size_bytes": 1, "sha256": "", "modified_ns": 0})
        members.update({name: b"x", MANIFEST: json.dumps(manifest).encode()})

    rewritten(backup, add)
    with pytest.raises(BackupDamaged, match="outside of a home"):
        restore(settings_of(Home(tmp_path / "restored")), backup, False, quiet)
    assert {path.name for path in tmp_path.iterdir()} == {"home", "backup.zip"}


def test_a_home_with_anything_in_it_is_refused_or_put_aside(home: Home, backup: Path, tmp_path: Path) -> None:
    before = content(home)
    with pytest.raises(BackupRefused, match="not empty"):
        restore(settings_of(home), backup, False, quiet)
    assert content(home) == before
    (home.path / "mine").write_text("kept")
    _, aside = restore(settings_of(home), backup, True, quiet)
    assert aside is not None
    assert (aside / "mine").read_text() == "kept"
    assert not (home.path / "mine").exists()
    assert set(KEPT) <= set(content(home))


def test_an_empty_folder_is_a_fine_place(backup: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    restore(settings_of(Home(tmp_path / "empty")), backup, False, quiet)
    assert set(KEPT) <= set(content(Home(tmp_path / "empty")))


def test_neither_happens_while_another_process_writes(home: Home, backup: Path, tmp_path: Path) -> None:
    before = content(home)
    with FileLock(home.writer_lock):
        with pytest.raises(LockHeld):
            back_up(settings_of(home), tmp_path / "second.zip", quiet)
        with pytest.raises(LockHeld):
            restore(settings_of(home), backup, True, quiet)
    assert content(home) == before
    assert {path.name for path in tmp_path.iterdir()} == {"home", "backup.zip"}


def test_damage_does_not_take_the_place_of_a_good_backup(home: Home, tmp_path: Path) -> None:
    published = home.published_file.read_bytes()
    home.published_file.write_bytes(published[:-1] + b"?")
    with pytest.raises(PublishedFileInvalid, match="not what was published"):
        back_up(settings_of(home), tmp_path / "backup.zip", quiet)
    home.published_file.write_bytes(published)
    (snapshot,) = (path for path in (home.raw / "objects").rglob("*") if len(path.name) == 64)
    snapshot.write_bytes(snapshot.read_bytes()[:-1] + b"?")
    with pytest.raises(SnapshotCorrupted, match=snapshot.name):
        back_up(settings_of(home), tmp_path / "backup.zip", quiet)
    assert {path.name for path in tmp_path.iterdir()} == {"home"}


def test_a_place_that_would_lose_something_is_refused(home: Home, backup: Path, tmp_path: Path) -> None:
    bytes_before = backup.read_bytes()
    with pytest.raises(BackupRefused, match="never overwrites"):
        back_up(settings_of(home), backup, quiet)
    assert backup.read_bytes() == bytes_before
    with pytest.raises(BackupRefused, match="lost together"):
        back_up(settings_of(home), home.quarantine, quiet)
    with pytest.raises(BackupRefused, match="no folder"):
        back_up(settings_of(home), tmp_path / "missing" / "backup.zip", quiet)


@pytest.mark.parametrize("target", ["backups/", "backups.zip/", "backups"])
def test_a_folder_that_is_missing_is_not_made_a_file(home: Home, tmp_path: Path, target: str) -> None:
    with pytest.raises(BackupRefused, match=f"{target} is neither a folder nor"):
        back_up(settings_of(home), f"{tmp_path}/{target}", quiet)
    assert {path.name for path in tmp_path.iterdir()} == {"home"}


def test_a_wrong_home_is_not_saved_as_an_empty_one(tmp_path: Path) -> None:
    with pytest.raises(BackupRefused, match="nothing to back up"):
        back_up(settings_of(Home(tmp_path / "wrong")), tmp_path / "backup.zip", quiet)
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_fills_leaves_no_half_backup(home: Home, tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full")
    (tmp_path / ".backup.zip.partial").symlink_to("/dev/full")
    with pytest.raises(Exception, match="No space left"):
        back_up(settings_of(home), tmp_path / "backup.zip", quiet)
    assert {path.name for path in tmp_path.iterdir()} == {"home"}
