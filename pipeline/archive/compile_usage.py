"""Compiles the built-in usage archive from a CSV of OpenRouter's daily rankings (date, model_permaslug, total_tokens).

Run by a maintainer when a newer history is at hand:

    python -m pipeline.archive.compile_usage rankings_daily.csv.gz --as-of 2026-10-11T00:27:00Z --provenance "..."

Writes usage.parquet (columns day, model, tokens) and usage.json (citation, licence, provenance, hash, sums)
beside this file.
"""

import argparse
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.csv

from pipeline.archive import ARCHIVE_DIRECTORY
from pipeline.archive.write_archive import write_archive
from warehouse.parsers import USAGE_ARCHIVE_FORMAT

_ARCHIVE = pa.schema([("day", pa.date32()), ("model", pa.string()), ("tokens", pa.int64())])


def compile_usage(
    csv_path: Path, as_of: str, provenance: str, directory: Path = ARCHIVE_DIRECTORY
) -> dict[str, object]:
    """Writes the archive and its description into `directory` and returns the description."""
    types = {"date": pa.date32(), "model_permaslug": pa.string(), "total_tokens": pa.int64()}
    table = pyarrow.csv.read_csv(csv_path, convert_options=pyarrow.csv.ConvertOptions(column_types=types))
    table = table.select(list(types)).rename_columns(_ARCHIVE.names).cast(_ARCHIVE)
    table = table.sort_by([("day", "ascending"), ("model", "ascending")])
    days = table.column("day").unique()
    description: dict[str, object] = {
        "title": "OpenRouter model rankings: daily prompt plus completion tokens of each day's top 50 and the rest",
        "source": "openrouter-rankings-daily",
        "format": USAGE_ARCHIVE_FORMAT,
        "url": "https://openrouter.ai/api/v1/datasets/rankings-daily",
        "as_of": as_of,
        "license": "CC BY 4.0",
        "license_url": "https://creativecommons.org/licenses/by/4.0/",
        "citation": f"Source: OpenRouter (openrouter.ai/rankings), as of {as_of}.",
        "provenance": provenance,
        "columns": {"day": "UTC day", "model": "model permaslug, or `other`", "tokens": "tokens of the day"},
        "days": len(days),
        "first_day": str(min(days.to_pylist())),
        "last_day": str(max(days.to_pylist())),
        "tokens": sum(table.column("tokens").to_pylist()),
    }
    return write_archive("usage", table, description, directory)


def main() -> None:
    parser = argparse.ArgumentParser(description="Compile the built-in usage archive.")
    parser.add_argument("csv", type=Path, help="CSV (optionally gzipped) with date, model_permaslug, total_tokens")
    parser.add_argument("--as-of", required=True, help="instant for which the source stated the figures, ISO 8601 UTC")
    parser.add_argument("--provenance", required=True, help="how the figures came to us")
    arguments = parser.parse_args()
    print(json.dumps(compile_usage(arguments.csv, arguments.as_of, arguments.provenance), indent=2))


if __name__ == "__main__":
    main()
