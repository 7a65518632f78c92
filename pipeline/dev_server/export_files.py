"""What is published beside an export: its manifest, and the index of all.

The CSV itself follows from the figures (warehouse/export_bytes.py); the rule of the JSON is not known to the byte.
"""

import hashlib
from datetime import date, datetime, timedelta

from pipeline.clients.exports import DATASET, EXPORTS
from pipeline.export_manifest import EXPORT_DAYS

_LICENSE = {"name": "CC BY 4.0", "url": "https://creativecommons.org/licenses/by/4.0/"}
_ATTRIBUTION = (
    "Source: OpenRouter (openrouter.ai), licensed under CC BY 4.0: reuse and republish with attribution to OpenRouter."
)


def window(snapshot_date: date) -> list[date]:
    """The days that an export of this date holds."""
    return [snapshot_date - timedelta(days=back) for back in range(EXPORT_DAYS, 0, -1)]


def retrieved_at(snapshot_date: date) -> datetime:
    """When the figures of an export were taken, to the fraction of a second as recorded on 2026-10-08."""
    return datetime(snapshot_date.year, snapshot_date.month, snapshot_date.day, 1, 46, 15, 433_000)


def manifest(snapshot_date: date, body: bytes, base_url: str, note: str | None = None) -> dict[str, object]:
    """As published beside an export, the JSON file left out; a note follows the attribution."""
    exports = base_url + EXPORTS
    return {
        "dataset": DATASET,
        "schema_version": "v1",
        "snapshot_date": snapshot_date.isoformat(),
        "retrieved_at": _in_milliseconds(retrieved_at(snapshot_date)),
        "row_count": body.count(b"\n") - 1,
        "update_cadence": "daily",
        "license": _LICENSE,
        "attribution": f"{_ATTRIBUTION} {note}" if note else _ATTRIBUTION,
        "readme_url": f"{exports}/README.md",
        "files": {
            "csv": {
                "url": f"{exports}/{DATASET}/{snapshot_date}.csv",
                "encoding_format": "text/csv",
                "bytes": len(body),
                "sha256": hashlib.sha256(body).hexdigest(),
            }
        },
        "latest": {
            "csv": f"{exports}/{DATASET}/latest.csv",
            "manifest": f"{exports}/{DATASET}/latest.manifest.json",
        },
    }


def index(latest: date, base_url: str, note: str | None = None) -> dict[str, object]:
    """As published, the other data sets left out; a note follows the attribution."""
    exports = base_url + EXPORTS
    return {
        "schema_version": "v1",
        "updated_at": _in_milliseconds(retrieved_at(latest)),
        "update_cadence": "daily",
        "license": _LICENSE,
        "attribution": f"{_ATTRIBUTION} {note}" if note else _ATTRIBUTION,
        "readme_url": f"{exports}/README.md",
        "license_url": f"{exports}/LICENSE",
        "datasets": [
            {
                "id": DATASET,
                "title": "OpenRouter model rankings, daily token share",
                "latest_snapshot_date": latest.isoformat(),
                "latest_manifest_url": f"{exports}/{DATASET}/latest.manifest.json",
            }
        ],
    }


def _in_milliseconds(at: datetime) -> str:
    return f"{at.isoformat(timespec='milliseconds')}Z"
