"""The built-in archive: OpenRouter's public daily token totals as our own compilation, and how it enters the store."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from warehouse.parsers import ARCHIVE_FORMAT
from warehouse.snapshots import Origin

ARCHIVE_DIRECTORY = Path(__file__).parent


class BuiltInArchive:
    """The figures that come with the program: one observation, dated by its own provenance."""

    def observations(self) -> Iterator[tuple[bytes, Origin, str]]:
        """Body, origin and the published sha256 of the body."""
        said = json.loads((ARCHIVE_DIRECTORY / "usage.json").read_text(encoding="utf-8"))
        origin = Origin(
            source="openrouter-rankings-daily",
            format=ARCHIVE_FORMAT,
            as_of_utc=_instant(said["as_of"]),
            fetched_at_utc=_instant(said["as_of"]),
            url=said["url"],
            license=said["license"],
            license_url=said["license_url"],
            citation=said["citation"],
            provenance=said["provenance"],
        )
        yield (ARCHIVE_DIRECTORY / "usage.parquet").read_bytes(), origin, said["sha256"]


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)
