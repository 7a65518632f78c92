"""The snapshot store: bytes as received, kept once under their sha256, with a sidecar that says where they came from.

Nothing here reads a body's content; that is what the parsers are for. Nothing is ever overwritten or deleted, except
that putting the same bytes again restores an object that was damaged.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa

from warehouse.contracts import CONTRACTS
from warehouse.errors import SnapshotCorrupted, SnapshotRejected
from warehouse.home import Home
from warehouse.whole_files import write_whole

# How far a source's clock may be ahead of ours.
CLOCK_TOLERANCE = timedelta(minutes=10)


@dataclass(frozen=True)
class Origin:
    """What is said of a body when it arrives. Instants are UTC."""

    source: str
    format: str
    as_of_utc: datetime
    fetched_at_utc: datetime
    url: str
    license: str
    license_url: str | None
    citation: str
    parameters: str | None = None
    http_status: int | None = None
    http_headers: str | None = None
    provenance: str | None = None


@dataclass(frozen=True)
class Snapshot:
    """One observation: a row of `raw.snapshots`."""

    snapshot_id: str
    sha256: str
    size_bytes: int
    origin: Origin


class SnapshotStore:
    """`raw/objects/<first two>/<sha256>` for bodies, `raw/sidecars/<snapshot_id>.json` for what was said of them."""

    def __init__(self, home: Home) -> None:
        self._objects = home.raw / "objects"
        self._sidecars = home.raw / "sidecars"

    def put(
        self,
        body: bytes,
        origin: Origin,
        expected_sha256: str | None = None,
        expected_bytes: int | None = None,
    ) -> Snapshot:
        """Stores an observation; putting the same one again changes nothing.

        Raises SnapshotRejected where the body lacks its announced length or hash, or is stated for a time still to
        come, StorageFailed where it cannot be written.
        """
        if origin.as_of_utc > origin.fetched_at_utc + CLOCK_TOLERANCE:
            raise SnapshotRejected(
                f"{origin.url}: its figures are as of {origin.as_of_utc:%Y-%m-%d %H:%M:%S} UTC, and it was fetched at "
                f"{origin.fetched_at_utc:%Y-%m-%d %H:%M:%S} by this machine's clock.",
                "set the clock (`date -u` shows it) and fetch again; nothing was stored.",
            )
        sha256 = hashlib.sha256(body).hexdigest()
        if expected_bytes is not None and len(body) != expected_bytes:
            raise SnapshotRejected(
                f"{origin.url}: {len(body)} bytes arrived, {expected_bytes} were announced.",
                "fetch it again.",
            )
        if expected_sha256 is not None and sha256 != expected_sha256:
            raise SnapshotRejected(
                f"{origin.url}: its sha256 is {sha256}, published is {expected_sha256}.",
                "fetch it again; if it stays so, the file was altered on its way or at its source.",
            )
        snapshot_id = f"{origin.source}/{origin.fetched_at_utc:%Y%m%dT%H%M%SZ}-{sha256[:12]}"
        snapshot = Snapshot(snapshot_id, sha256, len(body), origin)
        if not self.is_whole(snapshot):
            write_whole(self._object_path(sha256), body)
        sidecar = self._sidecars / f"{snapshot_id}.json"
        if not sidecar.exists():
            write_whole(sidecar, json.dumps(_to_json(snapshot), indent=2).encode())
        return snapshot

    def put_all(self, observations: Iterable[tuple[bytes, Origin, str | None]]) -> list[Snapshot]:
        """Stores what a source gives, in its order: body, origin and, where it is published, the body's sha256."""
        return [self.put(body, origin, sha256) for body, origin, sha256 in observations]

    def snapshots(self) -> list[Snapshot]:
        """All observations, by snapshot_id. Raises SnapshotCorrupted where a sidecar cannot be read."""
        return sorted((_read_sidecar(path) for path in self._sidecars.rglob("*.json")), key=lambda s: s.snapshot_id)

    def read(self, snapshot: Snapshot) -> bytes:
        """The body, verified. Raises SnapshotCorrupted where it is missing, truncated or altered."""
        path = self._object_path(snapshot.sha256)
        try:
            body = path.read_bytes()
        except FileNotFoundError:
            raise _corrupted(snapshot, path, "it is missing") from None
        if len(body) != snapshot.size_bytes:
            raise _corrupted(snapshot, path, f"it has {len(body)} bytes instead of {snapshot.size_bytes}")
        if hashlib.sha256(body).hexdigest() != snapshot.sha256:
            raise _corrupted(snapshot, path, "its bytes do not hash to its name")
        return body

    def is_whole(self, snapshot: Snapshot) -> bool:
        """Whether its body can be read and is what its name promises."""
        try:
            self.read(snapshot)
        except SnapshotCorrupted:
            return False
        return True

    def has_its_length(self, snapshot: Snapshot) -> bool:
        """Whether a body of its length is there; its bytes are not read."""
        path = self._object_path(snapshot.sha256)
        return path.is_file() and path.stat().st_size == snapshot.size_bytes

    def _object_path(self, sha256: str) -> Path:
        return self._objects / sha256[:2] / sha256


def snapshots_to_arrow(snapshots: Iterable[Snapshot]) -> pa.Table:
    """The rows of `raw.snapshots`."""
    return pa.Table.from_pylist([as_row(s) for s in snapshots], schema=CONTRACTS["raw.snapshots"].columns)


def as_row(snapshot: Snapshot) -> dict[str, object]:
    """A snapshot as a row of `raw.snapshots`."""
    identity = {name: getattr(snapshot, name) for name in ("snapshot_id", "sha256", "size_bytes")}
    return {**asdict(snapshot.origin), **identity}


def _corrupted(snapshot: Snapshot, path: Path, why: str) -> SnapshotCorrupted:
    return SnapshotCorrupted(
        f"Snapshot {snapshot.snapshot_id} is corrupted: {path}: {why}.",
        "restore that file from a backup; an export's is restored by `tokentide fetch`, the built-in archive's by "
        "`tokentide run` itself. "
        "The published file is as it was.",
    )


def _to_json(snapshot: Snapshot) -> dict[str, object]:
    said = asdict(snapshot.origin)
    for name in ("as_of_utc", "fetched_at_utc"):
        said[name] = getattr(snapshot.origin, name).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return {
        "snapshot_id": snapshot.snapshot_id,
        "sha256": snapshot.sha256,
        "size_bytes": snapshot.size_bytes,
        **said,
    }


def _read_sidecar(path: Path) -> Snapshot:
    try:
        said = json.loads(path.read_text())
        for name in ("as_of_utc", "fetched_at_utc"):
            said[name] = datetime.fromisoformat(said[name]).astimezone(UTC).replace(tzinfo=None)
        origin = Origin(**{field.name: said[field.name] for field in fields(Origin)})
        return Snapshot(said["snapshot_id"], said["sha256"], said["size_bytes"], origin)
    except (ValueError, KeyError, TypeError) as error:
        raise SnapshotCorrupted(
            f"Sidecar {path} cannot be read: {error!r}.", "restore it from a backup; its body is untouched."
        ) from error
