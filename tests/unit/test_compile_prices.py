"""Compiling the built-in price archives: no figure changed, and the same figures give the same bytes."""

import gzip
import hashlib
import json
from pathlib import Path

import pytest
from building import catalogue_model, shared_file

from pipeline.archive import ARCHIVE_DIRECTORY
from pipeline.archive.compile_prices import SOURCES, catalogue_rows, change_rows, compile_prices, sighting_rows
from warehouse.parsers import PRICE_ARCHIVE_FORMAT, parse_prices

CHANGES = (
    "model_id,observed_at,commit,status,input_usd_per_million,output_usd_per_million,cache_read_usd_per_million,"
    "cache_write_usd_per_million,reasoning_usd_per_million,tiers_over_prompt_tokens\n"
)


def compiled(name: str, rows: object, directory: Path) -> tuple[dict, list[dict]]:
    """The description, and the rows as the parser reads them."""
    said = compile_prices(f"prices-{name}", rows, SOURCES[name], "a test", directory)
    body = (directory / f"prices-{name}.parquet").read_bytes()
    return said, parse_prices(body, PRICE_ARCHIVE_FORMAT).to_pylist()


def figures(rows: list[dict]) -> list[tuple]:
    names = ("observed_at_text", "model_id", "status", "price_kind", "over_prompt_tokens_text", "price_text")
    return [tuple(row[name] for name in names) for row in rows]


def changes(text: str, directory: Path) -> list[tuple]:
    (directory / "changes.csv").write_text(CHANGES + text)
    return figures(compiled("models-dev", change_rows(directory / "changes.csv"), directory)[1])


def test_changes_keep_each_price_and_its_decimals(tmp_path: Path) -> None:
    assert changes("us/a,2026-05-15T15:12:02Z,22416dda64,listed,2,8.50,,,0,\n", tmp_path) == [
        ("2026-05-15T15:12:02Z", "us/a", "listed", "input", "0", "2"),
        ("2026-05-15T15:12:02Z", "us/a", "listed", "output", "0", "8.50"),
        ("2026-05-15T15:12:02Z", "us/a", "listed", "reasoning", "0", "0"),
    ]


def test_tiers_are_prices_over_a_prompt_length(tmp_path: Path) -> None:
    tiers = "200000:input=10 output=37.5;500000:output=50"
    assert changes(f"us/a,2026-05-15T15:12:02Z,22416dda64,listed,5,25,,,,{tiers}\n", tmp_path) == [
        ("2026-05-15T15:12:02Z", "us/a", "listed", "input", "0", "5"),
        ("2026-05-15T15:12:02Z", "us/a", "listed", "input", "200000", "10"),
        ("2026-05-15T15:12:02Z", "us/a", "listed", "output", "0", "25"),
        ("2026-05-15T15:12:02Z", "us/a", "listed", "output", "200000", "37.5"),
        ("2026-05-15T15:12:02Z", "us/a", "listed", "output", "500000", "50"),
    ]


@pytest.mark.parametrize("status", ["removed", "listed"])
def test_a_change_without_prices_is_one_row_without_a_kind(tmp_path: Path, status: str) -> None:
    assert changes(f"us/a,2026-05-15T15:12:02Z,22416dda64,{status},,,,,,\n", tmp_path) == [
        ("2026-05-15T15:12:02Z", "us/a", status, None, None, None)
    ]


def test_sightings_are_output_prices_in_utc(tmp_path: Path) -> None:
    (tmp_path / "seen.csv").write_text(
        "model_id,seen_at,usd_per_million_tokens\nus/a,2026-01-07 12:43:05+00,8.0\nus/b,2026-01-07 14:43:05+02,1.10\n"
    )
    said, rows = compiled("sightings", sighting_rows(tmp_path / "seen.csv"), tmp_path)
    assert figures(rows) == [
        ("2026-01-07T12:43:05Z", "us/a", "listed", "output", "0", "8.0"),
        ("2026-01-07T12:43:05Z", "us/b", "listed", "output", "0", "1.10"),
    ]
    assert (said["models"], said["instants"], said["first_instant"]) == (2, 1, "2026-01-07T12:43:05Z")


def test_the_catalogue_is_compiled_per_million_without_prices_of_anything_but_text(tmp_path: Path) -> None:
    models = [
        catalogue_model("us/a", "us/a-0105", prompt="0.000003", image="0.1"),
        catalogue_model("us/b", image="0.1"),
        catalogue_model("us/c"),
    ]
    (tmp_path / "models.json.gz").write_bytes(gzip.compress(json.dumps(models).encode()))
    said, rows = compiled("catalogue", catalogue_rows("2026-07-17", tmp_path / "models.json.gz"), tmp_path)
    assert [(row["model_id"], row["canonical_slug"], row["price_kind"]) for row in rows if row["price_kind"]] == [
        ("us/a", "us/a-0105", "input")
    ]
    assert {row["observed_at_text"] for row in rows} == {"2026-07-17T00:00:00Z"}
    assert [row["model_id"] for row in rows if row["price_kind"] is None][-1] == "us/c"
    assert said["as_of"] == "2026-07-17T00:00:00Z"


def test_a_model_priced_by_the_image_alone_stays_listed_in_the_compilation(tmp_path: Path) -> None:
    (tmp_path / "models.json.gz").write_bytes(gzip.compress(json.dumps([catalogue_model("us/b", image="1")]).encode()))
    assert [row["model"] for row in catalogue_rows("2026-07-17", tmp_path / "models.json.gz")] == ["us/b"]


def test_the_same_figures_in_another_order_give_the_same_bytes(tmp_path: Path) -> None:
    lines = [f"us/{name},2026-05-1{day}T15:12:02Z,x,listed,{day},2,,,,\n" for name in "ab" for day in range(3)]
    shas = []
    for text in (lines, lines[::-1]):
        (tmp_path / "changes.csv").write_text(CHANGES + "".join(text))
        shas.append(compiled("models-dev", change_rows(tmp_path / "changes.csv"), tmp_path)[0])
    assert shas[0] == shas[1]
    body = (tmp_path / "prices-models-dev.parquet").read_bytes()
    assert (shas[0]["sha256"], shas[0]["bytes"]) == (hashlib.sha256(body).hexdigest(), len(body))
    assert json.loads((tmp_path / "prices-models-dev.json").read_text()) == shas[0]


def built_in(source: str, directory: Path) -> tuple[list[dict], list[dict]]:
    """Descriptions and rows of the source, as compiled from the real figures and as they are built in."""
    days = ("2026-07-17", "2026-07-18", "2026-07-19")
    rows = {
        "sightings": lambda: sighting_rows(shared_file("prices/wayback_completion_price_2026Q1.csv")),
        "models-dev": lambda: change_rows(shared_file("prices/models_dev_openrouter_price_changes.csv")),
        "catalogue": lambda: [
            row for day in days for row in catalogue_rows(day, shared_file(f"models/api_v1_models_{day}.json.gz"))
        ],
    }[source]()
    descriptions = [json.loads((ARCHIVE_DIRECTORY / f"prices-{source}.json").read_text())]
    compile_prices(f"prices-{source}", rows, SOURCES[source], str(descriptions[0]["provenance"]), directory)
    descriptions.append(json.loads((directory / f"prices-{source}.json").read_text()))
    bodies = [(folder / f"prices-{source}.parquet").read_bytes() for folder in (ARCHIVE_DIRECTORY, directory)]
    assert descriptions[0]["sha256"] == hashlib.sha256(bodies[0]).hexdigest()
    return descriptions, [parse_prices(body, PRICE_ARCHIVE_FORMAT).to_pylist() for body in bodies]


@pytest.mark.parametrize("source", SOURCES)
def test_the_real_figures_compile_to_the_built_in_archive(tmp_path: Path, source: str) -> None:
    _, [archive, compiled_rows] = built_in(source, tmp_path)
    assert compiled_rows == archive


@pytest.mark.parametrize("source", ["sightings", "catalogue", "models-dev"])
def test_the_built_in_archive_is_described_as_it_is_compiled(tmp_path: Path, source: str) -> None:
    [archive, compiled_now], _ = built_in(source, tmp_path)
    # the bytes may differ with the version of pyarrow that wrote them
    written_by = {"sha256": "", "bytes": 0}
    assert compiled_now | written_by == archive | written_by
