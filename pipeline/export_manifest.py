"""The manifest that OpenRouter publishes beside each keyless export: when it was made, and the hash of its bytes.

Its text stays with the snapshot as its provenance. Here, too, is whether a body is the one it speaks of. Not here:
fetching either, or storing them.
"""

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Literal

from pydantic import AwareDatetime, BaseModel, Field, ValidationError

from warehouse.errors import SnapshotRejected, TokentideError
from warehouse.parsers import EXPORT_FORMAT
from warehouse.snapshots import Origin, Snapshot

EXPORT_SOURCE = "openrouter-rankings-export"
EXPORT_DAYS = 30  # each export holds the days before its date


class ManifestInvalid(TokentideError):
    """A text that is no manifest of an export of daily rankings."""


class PublishedFile(BaseModel):
    """Where a file was published, its length and its sha256."""

    url: str
    bytes: int
    sha256: str = Field(pattern="^[0-9a-f]{64}$")


class PublishedFiles(BaseModel):
    csv: PublishedFile


class DataLicense(BaseModel):
    name: str
    url: str


class ExportManifest(BaseModel):
    """What we read of a manifest; the rest of it is kept unread."""

    schema_version: Literal["v1"]
    dataset: Literal["rankings-daily"]
    snapshot_date: date
    retrieved_at: AwareDatetime
    row_count: int
    license: DataLicense
    files: PublishedFiles

    @property
    def as_of_utc(self) -> datetime:
        return self.retrieved_at.astimezone(UTC).replace(tzinfo=None)


def parse_manifest(text: str, where: str) -> ExportManifest:
    """Raises ManifestInvalid with what is wrong; `where` names the text."""
    try:
        return ExportManifest.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ManifestInvalid(
            f"{where} is no manifest of a rankings-daily export: {place + ': ' if place else ''}{first['msg']}.",
            "take the file <date>.manifest.json that OpenRouter publishes beside the CSV, as it is.",
        ) from error


def read_manifest(path: Path) -> tuple[ExportManifest, str]:
    """The manifest and its text. Raises ManifestInvalid."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ManifestInvalid(f"The manifest {path} cannot be read: {error}.", "name an existing file.") from error
    return parse_manifest(text, str(path)), text


def verify_export(
    body: bytes, manifest: ExportManifest, where: str, next_step: str, report: Callable[[str], None]
) -> None:
    """Length and sha256 prove the body, wherever it comes from; `where` names it. Raises SnapshotRejected.

    A number of rows that contradicts them is the manifest's own fault, so `report` hears of it, and staging judges the
    days as ever.
    """
    published = manifest.files.csv
    sha256 = hashlib.sha256(body).hexdigest()
    if len(body) != published.bytes:
        why = f"it has {len(body)} bytes, its manifest says {published.bytes}"
    elif sha256 != published.sha256:
        why = f"its sha256 is {sha256}, its manifest says {published.sha256}"
    else:
        if (rows := len(body.splitlines()) - 1) != manifest.row_count:
            report(
                f"{where} has {rows} rows, though its manifest says {manifest.row_count}; length and sha256 are those "
                "published, so it is taken as it is, and staging judges its days"
            )
        return
    raise SnapshotRejected(f"{where} is not what was published: {why}.", next_step)


def manifest_of(snapshot: Snapshot) -> ExportManifest | None:
    """The manifest that was kept with a stored export; None where there was none."""
    try:
        return parse_manifest(snapshot.origin.provenance or "", snapshot.snapshot_id)
    except ManifestInvalid:
        return None


def export_date(snapshot: Snapshot) -> date:
    """The date by which an export goes: the day on which it was made."""
    manifest = manifest_of(snapshot)
    return manifest.snapshot_date if manifest else snapshot.origin.as_of_utc.date()


def export_origin(manifest: ExportManifest, text: str, fetched_at_utc: datetime) -> Origin:
    """What is said of the CSV that this manifest speaks of."""
    return Origin(
        source=EXPORT_SOURCE,
        format=EXPORT_FORMAT,
        as_of_utc=manifest.as_of_utc,
        fetched_at_utc=fetched_at_utc,
        url=manifest.files.csv.url,
        license=manifest.license.name,
        license_url=manifest.license.url,
        citation=f"Source: OpenRouter (openrouter.ai/rankings), as of {manifest.as_of_utc:%Y-%m-%dT%H:%M:%SZ}.",
        parameters=json.dumps({"snapshot_date": manifest.snapshot_date.isoformat()}),
        provenance=text,
    )
