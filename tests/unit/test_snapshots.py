"""The snapshot store: bytes as received, once under their hash, never half written, never silently changed."""

import hashlib
import json
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from building import origin

from warehouse import whole_files
from warehouse.contracts import CONTRACTS
from warehouse.errors import SnapshotCorrupted, SnapshotRejected, StorageFailed
from warehouse.home import Home
from warehouse.snapshots import CLOCK_TOLERANCE, SnapshotStore, snapshots_to_arrow

BODY = b'{"data": []}'
SHA256 = hashlib.sha256(BODY).hexdigest()
ORIGIN = origin(as_of=datetime(2026, 1, 5, 1, 46, 15, 433000), fetched_at=datetime(2026, 1, 5, 2, 30))


@pytest.fixture
def store(home: Home) -> SnapshotStore:
    return SnapshotStore(home)


def files(home: Home) -> set[str]:
    return {path.relative_to(home.raw).as_posix() for path in home.raw.rglob("*") if path.is_file()}


def object_file(home: Home) -> Path:
    return home.raw / "objects" / SHA256[:2] / SHA256


def sidecar_file(home: Home) -> Path:
    return home.raw / "sidecars" / "test-source" / f"20260105T023000Z-{SHA256[:12]}.json"


def test_body_and_sidecar_lie_under_hash_and_name(home: Home, store: SnapshotStore) -> None:
    store.put(BODY, ORIGIN)
    assert object_file(home).read_bytes() == BODY
    assert json.loads(sidecar_file(home).read_text()) == {
        "snapshot_id": f"test-source/20260105T023000Z-{SHA256[:12]}",
        "sha256": SHA256,
        "size_bytes": len(BODY),
        "source": "test-source",
        "format": "openrouter-rankings-daily-json",
        "as_of_utc": "2026-01-05T01:46:15.433000Z",
        "fetched_at_utc": "2026-01-05T02:30:00.000000Z",
        "url": "https://example.org/rankings",
        "license": "CC BY 4.0",
        "license_url": "https://creativecommons.org/licenses/by/4.0/",
        "citation": "Source: a test.",
        "parameters": None,
        "http_status": None,
        "http_headers": None,
        "provenance": None,
    }
    assert len(files(home)) == 2


def test_a_snapshot_comes_back_as_it_was_put(store: SnapshotStore) -> None:
    put = store.put(BODY, ORIGIN)
    assert store.snapshots() == [put]
    assert put.origin == ORIGIN
    assert store.read(put) == BODY


def test_sidecar_times_do_not_depend_on_the_machines_time_zone(store: SnapshotStore) -> None:
    put = store.put(BODY, ORIGIN)
    with pytest.MonkeyPatch.context() as elsewhere:
        elsewhere.setenv("TZ", "Asia/Shanghai")
        time.tzset()
        read_in_shanghai = store.snapshots()
    time.tzset()
    assert read_in_shanghai == [put]


def test_putting_the_same_observation_twice_adds_nothing(home: Home, store: SnapshotStore) -> None:
    first = store.put(BODY, ORIGIN)
    before = {name: (home.raw / name).stat().st_mtime_ns for name in files(home)}
    assert store.put(BODY, ORIGIN) == first
    assert {name: (home.raw / name).stat().st_mtime_ns for name in files(home)} == before


def test_same_bytes_fetched_again_are_another_observation_of_one_object(home: Home, store: SnapshotStore) -> None:
    store.put(BODY, ORIGIN)
    store.put(BODY, origin(as_of=ORIGIN.as_of_utc, fetched_at=datetime(2026, 1, 6)))
    assert len(store.snapshots()) == 2
    assert len(list((home.raw / "objects").rglob("*/*"))) == 1


def test_other_bytes_add_another_object_and_touch_nothing(home: Home, store: SnapshotStore) -> None:
    first = store.put(BODY, ORIGIN)
    second = store.put(b"other bytes", ORIGIN)
    assert len(files(home)) == 4
    assert [store.read(first), store.read(second)] == [BODY, b"other bytes"]


def test_right_announcement_is_accepted(store: SnapshotStore) -> None:
    assert store.put(BODY, ORIGIN, expected_sha256=SHA256, expected_bytes=len(BODY)).sha256 == SHA256


@pytest.mark.parametrize(
    ("announced", "message"),
    [
        ({"expected_bytes": 13}, "12 bytes arrived, 13 were announced"),
        ({"expected_sha256": "0" * 64}, f"its sha256 is {SHA256}, published is 0000"),
    ],
)
def test_a_body_unlike_its_announcement_is_rejected_and_not_stored(
    home: Home, store: SnapshotStore, announced: dict, message: str
) -> None:
    with pytest.raises(SnapshotRejected, match=message):
        store.put(BODY, ORIGIN, **announced)
    assert files(home) == set()
    assert store.snapshots() == []


def test_figures_of_a_time_to_come_are_not_stored_but_clocks_may_differ_a_little(
    home: Home, store: SnapshotStore
) -> None:
    """Stored, they would keep every later build out: no source knows figures before it is asked."""
    at = datetime(2026, 1, 5, 2, 30)
    with pytest.raises(SnapshotRejected, match=r"as of 2026-01-05 02:40:01 UTC, and it was fetched at .* 02:30:00"):
        store.put(BODY, origin(as_of=at + CLOCK_TOLERANCE + timedelta(seconds=1), fetched_at=at))
    assert files(home) == set()
    store.put(BODY, origin(as_of=at + CLOCK_TOLERANCE, fetched_at=at))
    assert len(store.snapshots()) == 1


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda path: path.unlink(), "it is missing"),
        (lambda path: path.write_bytes(BODY[:-1]), "it has 11 bytes instead of 12"),
        (lambda path: path.write_bytes(b"X" + BODY[1:]), "its bytes do not hash to its name"),
    ],
    ids=["missing", "truncated", "altered"],
)
def test_a_damaged_object_is_named_on_read_and_healed_by_the_same_bytes(
    home: Home, store: SnapshotStore, damage, message: str
) -> None:
    put = store.put(BODY, ORIGIN)
    damage(object_file(home))
    with pytest.raises(SnapshotCorrupted, match=message) as caught:
        store.read(put)
    assert put.snapshot_id in str(caught.value)
    assert str(object_file(home)) in str(caught.value)
    store.put(BODY, ORIGIN)
    assert store.read(put) == BODY


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"as_of_utc": 5, "fetched_at_utc": 5}', '{"as_of_utc": "noon"}']
)
def test_an_unreadable_sidecar_is_named(home: Home, store: SnapshotStore, text: str) -> None:
    store.put(BODY, ORIGIN)
    sidecar_file(home).write_text(text)
    with pytest.raises(SnapshotCorrupted, match=str(sidecar_file(home))):
        store.snapshots()


def test_a_sidecar_of_an_older_program_without_a_field_is_named(home: Home, store: SnapshotStore) -> None:
    store.put(BODY, ORIGIN)
    said = json.loads(sidecar_file(home).read_text())
    del said["citation"]
    sidecar_file(home).write_text(json.dumps(said))
    with pytest.raises(SnapshotCorrupted, match="citation"):
        store.snapshots()


def test_a_failing_write_leaves_no_file_behind(
    home: Home, store: SnapshotStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_space(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(whole_files.os, "fsync", no_space)
    with pytest.raises(StorageFailed, match="No space left on device"):
        store.put(BODY, ORIGIN)
    assert files(home) == set()


def test_a_write_killed_half_way_leaves_no_object_under_a_good_name(
    home: Home, store: SnapshotStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(whole_files.os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        store.put(BODY, ORIGIN)
    assert files(home) == set()


def test_a_failing_sidecar_write_can_be_made_good(home: Home, store: SnapshotStore) -> None:
    (home.raw).mkdir(parents=True)
    (home.raw / "sidecars").write_text("a file where the folder should be")
    with pytest.raises(StorageFailed, match="Could not write"):
        store.put(BODY, ORIGIN)
    (home.raw / "sidecars").unlink()
    put = store.put(BODY, ORIGIN)
    assert store.snapshots() == [put]


def test_table_of_snapshots_has_the_contracts_columns(store: SnapshotStore) -> None:
    assert snapshots_to_arrow(store.snapshots()).num_rows == 0
    put = store.put(BODY, ORIGIN)
    table = snapshots_to_arrow(store.snapshots())
    assert table.schema == CONTRACTS["raw.snapshots"].columns
    [row] = table.to_pylist()
    assert (row["snapshot_id"], row["sha256"], row["as_of_utc"]) == (put.snapshot_id, SHA256, ORIGIN.as_of_utc)
