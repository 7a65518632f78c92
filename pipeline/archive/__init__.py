"""The built-in archive: our own compilations of public figures, one Parquet file and description each."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from warehouse.snapshots import Origin

ARCHIVE_DIRECTORY = Path(__file__).parent


class BuiltInArchive:
    """The figures that come with the program: one observation a file, dated by its own provenance."""

    def observations(self) -> Iterator[tuple[bytes, Origin, str]]:
        """Body, origin and the published sha256 of the body."""
        for description in sorted(ARCHIVE_DIRECTORY.glob("*.json")):
            said = json.loads(description.read_text(encoding="utf-8"))
            origin = Origin(
                source=said["source"],
                format=said["format"],
                as_of_utc=_instant(said["as_of"]),
                fetched_at_utc=_instant(said["as_of"]),
                url=said["url"],
                license=said["license"],
                license_url=said["license_url"],
                citation=said["citation"],
                provenance=said["provenance"],
            )
            yield description.with_suffix(".parquet").read_bytes(), origin, said["sha256"]


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)
