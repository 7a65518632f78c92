"""Compiles the built-in price archives: what OpenRouter's catalogue was seen to ask, and what models.dev recorded.

Run by a maintainer when newer observations are at hand, one command a source:

    python -m pipeline.archive.compile_prices sightings completion_price.csv --provenance "..."
    python -m pipeline.archive.compile_prices catalogue 2026-07-17=models.json.gz 2026-07-18=... --provenance "..."
    python -m pipeline.archive.compile_prices models-dev price_changes.csv --provenance "..."

Each writes a Parquet file of one shape (a row an instant, model, price kind and prompt-length tier; a model listed
without a price is one row without a kind) and a JSON file with licence, citation, provenance and hash beside this file.
Prices keep their decimals: they are text, in USD per million tokens.
"""

import argparse
import csv
import gzip
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa

from pipeline.archive import ARCHIVE_DIRECTORY
from pipeline.archive.write_archive import write_archive
from warehouse.parsers import CATALOGUE_FORMAT, PRICE_ARCHIVE_FORMAT, TEXT_PRICE_KINDS, parse_prices

_COLUMNS = {
    "observed_at": "instant of the observation, UTC",
    "model": "model id in the source",
    "canonical_slug": "the model's permaslug, where the source states it",
    "hugging_face_id": "name of its open weights, where the source states it",
    "created_at": "when the source first listed it, seconds since 1970, where it says so",
    "status": "`listed`, or `removed` from a source that records its changes",
    "kind": "`input`, `output`, `cache_read`, `cache_write`, `cache_write_1h`, `reasoning`; empty if without a price",
    "over_prompt_tokens": "the price holds for prompts longer than this",
    "usd_per_million": "price as decimal text, USD per million tokens, or `varies`",
}
_ARCHIVE = pa.schema([(name, pa.string()) for name in _COLUMNS])


def sighting_rows(path: Path) -> Iterator[dict[str, str | None]]:
    """From a CSV of sightings: model_id, seen_at, usd_per_million_tokens (the output price)."""
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            seen_at = datetime.fromisoformat(row["seen_at"]).astimezone(UTC)
            yield {
                "observed_at": _instant(seen_at),
                "model": row["model_id"],
                "status": "listed",
                "kind": "output",
                "over_prompt_tokens": "0",
                "usd_per_million": row["usd_per_million_tokens"],
            }


def catalogue_rows(day: str, path: Path) -> Iterator[dict[str, str | None]]:
    """From the `data` list of one answer of `GET /api/v1/models`, gzipped; only the day is known, so 00:00 UTC."""
    models = json.loads(gzip.decompress(path.read_bytes()))
    parsed = parse_prices(json.dumps({"data": models}).encode(), CATALOGUE_FORMAT).to_pylist()
    priced = {row["model_id"] for row in parsed if row["price_kind"] in TEXT_PRICE_KINDS}
    for row in parsed:
        is_text_price = row["price_kind"] in TEXT_PRICE_KINDS
        if is_text_price or row["model_id"] not in priced:
            priced.add(row["model_id"])  # listed without a price of text tokens: one row without a kind
            yield {
                "observed_at": f"{day}T00:00:00Z",
                "model": row["model_id"],
                "canonical_slug": row["canonical_slug"],
                "hugging_face_id": row["hugging_face_id"],
                "created_at": row["created_at_text"],
                "status": row["status"],
                "kind": row["price_kind"] if is_text_price else None,
                "over_prompt_tokens": row["over_prompt_tokens_text"] if is_text_price else None,
                "usd_per_million": row["price_text"] if is_text_price else None,
            }


def change_rows(path: Path) -> Iterator[dict[str, str | None]]:
    """From a CSV of changes: model_id, observed_at, status, one column a price kind, tiers_over_prompt_tokens
    (`200000:input=10 output=37.5`, several tiers apart by `;`)."""
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            statement: dict[str, str | None] = {
                "observed_at": row["observed_at"],
                "model": row["model_id"],
                "status": row["status"],
            }
            prices = [("0", kind, row.get(f"{kind}_usd_per_million", "")) for kind in TEXT_PRICE_KINDS]
            for tier in filter(None, row["tiers_over_prompt_tokens"].split(";")):
                over, _, kinds = tier.strip().partition(":")
                prices += [(over, *price.split("=", 1)) for price in kinds.split()]
            stated = [price for price in prices if price[2]]
            for over, kind, price in stated:
                yield statement | {"over_prompt_tokens": over, "kind": kind, "usd_per_million": price}
            if not stated:
                yield statement


def compile_prices(
    name: str,
    rows: Iterable[dict[str, str | None]],
    description: dict[str, object],
    provenance: str,
    directory: Path = ARCHIVE_DIRECTORY,
) -> dict[str, object]:
    """Writes the archive `name` and its description into `directory` and returns the description."""
    order = [
        ("observed_at", "ascending"),
        ("model", "ascending"),
        ("kind", "ascending"),
        ("over_prompt_tokens", "ascending"),
    ]
    empty = dict.fromkeys(_ARCHIVE.names)
    table = pa.Table.from_pylist([empty | row for row in rows], schema=_ARCHIVE).sort_by(order)
    instants = table.column("observed_at").unique().to_pylist()
    return write_archive(
        name,
        table,
        {
            **description,
            "format": PRICE_ARCHIVE_FORMAT,
            "as_of": max(instants),
            "provenance": provenance,
            "columns": _COLUMNS,
            "models": len(table.column("model").unique()),
            "instants": len(instants),
            "first_instant": min(instants),
        },
        directory,
    )


_OPENROUTER: dict[str, object] = {
    "url": "https://openrouter.ai/api/v1/models",
    "license": "none stated",
    "license_url": None,
}
SOURCES: dict[str, dict[str, object]] = {
    "sightings": {
        "title": "Output price of paid models, as OpenRouter's catalogue showed it 20 times from January to March 2026",
        "source": "openrouter-catalogue-sightings",
        "citation": "Source: OpenRouter's model catalogue (openrouter.ai/models), as seen January to March 2026.",
        **_OPENROUTER,
    },
    "catalogue": {
        "title": "Prices of every model in OpenRouter's catalogue on three days of July 2026",
        "source": "openrouter-catalogue",
        "citation": "Source: OpenRouter's model catalogue (openrouter.ai/models), as of 2026-07-17 to 2026-07-19.",
        **_OPENROUTER,
    },
    "models-dev": {
        "title": "Every change of an OpenRouter model's price recorded in models.dev, June 2025 to June 2026",
        "source": "models-dev",
        "url": "https://github.com/anomalyco/models.dev",
        "license": "MIT",
        "license_url": "https://github.com/anomalyco/models.dev/blob/18f2f21da6a4eeffc76657b98e30459db65f1537/LICENSE",
        "citation": "Source: models.dev (github.com/anomalyco/models.dev), providers/openrouter/models, to 2026-06-30.",
    },
}


def main() -> None:
    parser = argparse.ArgumentParser(description="Compile one of the built-in price archives.")
    parser.add_argument("source", choices=SOURCES)
    parser.add_argument("files", nargs="+", help="a CSV; for the catalogue DAY=FILE, one for each day")
    parser.add_argument("--provenance", required=True, help="how the figures came to us")
    arguments = parser.parse_args()
    if arguments.source == "catalogue":
        days = [given.split("=", 1) for given in arguments.files]
        rows = [row for day, file in days for row in catalogue_rows(day, Path(file))]
    else:
        read = sighting_rows if arguments.source == "sightings" else change_rows
        rows = [row for file in arguments.files for row in read(Path(file))]
    name = f"prices-{arguments.source}"
    print(json.dumps(compile_prices(name, rows, SOURCES[arguments.source], arguments.provenance), indent=2))


def _instant(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


if __name__ == "__main__":
    main()
