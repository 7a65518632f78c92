"""`tokentide ingest`: puts an export that a person downloaded into the store, if it is what its manifest says.

Not here: building tables from it (`tokentide run`) or fetching it.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from pipeline.export_manifest import export_origin, read_manifest, verify_export
from pipeline.settings import Settings
from warehouse.errors import TokentideError
from warehouse.lock import writer_lock
from warehouse.parsers import EXPORT_FORMAT
from warehouse.snapshots import Snapshot, SnapshotStore


class FileUnreadable(TokentideError):
    """The file to be ingested cannot be read."""


def print_ingestion(console: Console, settings: Settings, file: Path, manifest_file: Path) -> None:
    """Stores the file and says so. Raises SnapshotRejected where it is not the file of that manifest."""

    def warn(what: str) -> None:
        console.print(f"Warning: {what}.", markup=False, highlight=False, soft_wrap=True)

    snapshot, is_new = ingest_export(settings, file, manifest_file, warn)
    console.print(
        f"{'Stored' if is_new else 'Already stored'}: {escape(snapshot.snapshot_id)}, {snapshot.size_bytes:,} bytes, "
        f"as of {snapshot.origin.as_of_utc:%Y-%m-%d %H:%M:%S} UTC; length and sha256 are those of the manifest.\n"
        "Next: `tokentide run` builds from it, then `tokentide prove` rebuilds it from the tables.",
        highlight=False,
        soft_wrap=True,
    )


def ingest_export(
    settings: Settings, file: Path, manifest_file: Path, report: Callable[[str], None] = lambda _: None
) -> tuple[Snapshot, bool]:
    """The stored snapshot, and whether it is new: the same export given twice is one observation.

    `report` hears where file and manifest contradict each other without harm. Raises SnapshotRejected where the file is
    not that of the manifest.
    """
    manifest, text = read_manifest(manifest_file)
    try:
        body = file.read_bytes()
    except OSError as error:
        raise FileUnreadable(f"{file} cannot be read: {error.strerror}.", "name an existing file.") from error
    next_step = f"name the file that {manifest_file} was published with, or download both anew. Nothing was stored."
    verify_export(body, manifest, str(file), next_step, report)
    published = manifest.files.csv
    with writer_lock(settings.state, settings.lock_wait_seconds):
        store = SnapshotStore(settings.state)
        stored = [
            snapshot
            for snapshot in store.snapshots()
            if (snapshot.origin.format, snapshot.sha256, snapshot.origin.as_of_utc)
            == (EXPORT_FORMAT, published.sha256, manifest.as_of_utc)
        ]
        origin = stored[0].origin if stored else export_origin(manifest, text, datetime.now(UTC).replace(tzinfo=None))
        return store.put(body, origin, published.sha256, published.bytes), not stored
