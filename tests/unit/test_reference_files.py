"""The curated reference files: the real ones load and cover the archive; each rule names file and line."""

import csv
import gzip
import io
import json
import re
from datetime import date, datetime
from pathlib import Path

import pyarrow.parquet
import pytest
from building import SHARED_DATA, shared_file

from pipeline.archive import ARCHIVE_DIRECTORY
from warehouse.errors import ReferenceInvalid
from warehouse.reference_files import REFERENCE_FILES, read_reference_files

COLUMNS = {file.name: file.columns.names for file in REFERENCE_FILES}
READ = {"evidence_url": "https://example.org/page", "evidence_read_on": "2026-11-24", "evidence_says": "So."}
LAB = {"author": "qwen", "lab": "Qwen", "country_code": "CN", "valid_from": "2025-01-01", **READ}
ALIAS = {
    "cloaked_slug": "stealth/x-alpha",
    "revealed_as": "X",
    "author": "qwen",
    "known_from_utc": "2026-01-02T03:04:05Z",
    "confidence": "official",
    **READ,
}
OVERRIDE = {"model_permaslug": "a/b", "method": "override", "author": "qwen", **READ}
LINEAGE = {"model_permaslug": "a/b", "base_model": "Q", "base_author": "qwen", "derivation": "merge", **READ}
OPENNESS = {"model_permaslug": "a/b", "weights": "open", "weights_name": "A/B", **READ}
PRICE_SOURCE = {"source": "list", "snapshot_source": "archive", "completeness": "complete", "meaning": "Its price."}
CORRECTION = {
    "source": "list",
    "model_id": "qwen/b",
    "rule": "zero_on_paid",
    "observed_from_utc": "2026-01-02T03:04:05Z",
    "action": "ignore",
    "reason": "An outage.",
}
MODEL_NAME = {"model_permaslug": "a/b", "model_id": "a/c", "valid_from": "2026-01-02", "reason": "Renamed."}
GENAI_PRICE = {
    "model_id": "a/b",
    "provider": "openrouter",
    "price_kind": "input",
    "usd_per_million_tokens": "1.5",
    "seen_on": "2026-01-02",
}
GOOD = {
    "labs": LAB,
    "aliases": ALIAS,
    "overrides": OVERRIDE,
    "lineage": LINEAGE,
    "openness": OPENNESS,
    "price_sources": PRICE_SOURCE,
    "price_corrections": CORRECTION,
    "genai_prices": GENAI_PRICE,
    "model_names": MODEL_NAME,
}


def write(directory: Path, name: str, *rows: dict[str, str]) -> Path:
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS[name], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    (directory / f"{name}.csv").write_text(text.getvalue(), encoding="utf-8")
    return directory / f"{name}.csv"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Every file with one good line."""
    for name, row in GOOD.items():
        write(tmp_path, name, row)
    return tmp_path


def test_the_real_files_load() -> None:
    tables = read_reference_files()
    assert set(tables) == set(GOOD)
    assert tables["labs"].num_rows >= 49
    assert tables["price_sources"].num_rows >= 4
    assert tables["price_corrections"].num_rows >= 100
    assert tables["model_names"].num_rows >= 15
    assert all(table.schema == file.columns for file in REFERENCE_FILES for table in [tables[file.name]])


def test_every_author_of_the_archive_is_listed() -> None:
    archive = pyarrow.parquet.read_table(ARCHIVE_DIRECTORY / "usage.parquet", columns=["model"])
    authors = {slug.split("/")[0] for slug in archive.column("model").unique().to_pylist() if slug != "other"}
    assert authors - set(read_reference_files()["labs"].column("author").to_pylist()) == set()


def authors_of_shared_data() -> set[str]:
    """Every author slug of catalogue, endpoints, prices, exports and vintages in ../shared/data."""
    ids: set[str] = set()
    for name in ("models/api_v1_models_2026-07-17.json.gz", "models/api_v1_models_2026-07-19.json.gz"):
        said = json.loads(gzip.decompress(shared_file(name).read_bytes()))
        ids |= {model["id"] for model in (said["data"] if isinstance(said, dict) else said)}
    for name in sorted(
        path.relative_to(SHARED_DATA).as_posix()
        for folder in ("endpoints", "prices", "exports", "usage")
        for path in (SHARED_DATA / folder).glob("*.csv*")
    ):
        body = shared_file(name).read_bytes()
        text = (gzip.decompress(body) if name.endswith(".gz") else body).decode()
        for row in csv.DictReader(io.StringIO(text, newline="")):
            ids |= {value for column, value in row.items() if column and column.startswith("model") and value}
    return {one.split("/")[0].split("%2F")[0] for one in ids if "/" in one or "%2F" in one}


def test_every_author_of_the_shared_data_is_listed() -> None:
    listed = set(read_reference_files()["labs"].column("author").to_pylist())
    routers = {"switchpoint"}  # overrides.csv: it picks among models of others
    missing = {author for author in authors_of_shared_data() if not author.startswith("~")} - listed - routers
    assert missing == set()


def test_every_author_that_reveals_and_bases_name_is_listed() -> None:
    tables = read_reference_files()
    named = {
        *tables["aliases"].column("author").drop_null().to_pylist(),
        *tables["overrides"].column("author").drop_null().to_pylist(),
        *tables["lineage"].column("base_author").to_pylist(),
    }
    assert named - set(tables["labs"].column("author").to_pylist()) == set()


def test_models_of_lineage_aliases_and_names_exist_in_the_archive() -> None:
    archive = pyarrow.parquet.read_table(ARCHIVE_DIRECTORY / "usage.parquet", columns=["model"])
    seen = set(archive.column("model").unique().to_pylist())
    tables = read_reference_files()
    named = {
        *tables["lineage"].column("model_permaslug").to_pylist(),
        *tables["aliases"].column("cloaked_slug").to_pylist(),
        *tables["model_names"].column("model_permaslug").to_pylist(),
    }
    assert named - seen == set()
    bases = {model.split(":")[0] for model in seen}
    assert set(tables["openness"].column("model_permaslug").to_pylist()) - bases == set()


def test_good_lines_load_with_their_types(directory: Path) -> None:
    tables = read_reference_files(directory)
    assert {name: table.num_rows for name, table in tables.items()} == dict.fromkeys(GOOD, 1)
    [alias] = tables["aliases"].to_pylist()
    assert str(alias["known_from_utc"]) == "2026-01-02 03:04:05"
    assert alias["note"] is None
    [correction] = tables["price_corrections"].to_pylist()
    assert correction["observed_from_utc"] == datetime(2026, 1, 2, 3, 4, 5)
    assert correction["observed_to_utc"] is None
    [name] = tables["model_names"].to_pylist()
    assert (name["valid_from"], name["valid_to"]) == (date(2026, 1, 2), None)


ONE_LINE = {
    "empty author": ("labs", {"author": ""}, "author must not be empty"),
    "empty lab": ("labs", {"lab": ""}, "lab must not be empty"),
    "no country": ("labs", {"country_code": "XX"}, "country_code XX is no ISO 3166-1 alpha-2 code, nor ZZ"),
    "no such day": ("labs", {"valid_from": "2025-02-30"}, "valid_from: day is out of range for month"),
    "no address": ("labs", {"evidence_url": "example.org"}, "evidence_url example.org is no address"),
    "address with a blank": ("labs", {"evidence_url": "https://a b"}, "evidence_url https://a b is no address"),
    "url without day": ("labs", {"evidence_read_on": ""}, "evidence_url and evidence_read_on go together"),
    "day without url": ("labs", {"evidence_url": ""}, "evidence_url and evidence_read_on go together"),
    "country without evidence": (
        "labs",
        {"evidence_url": "", "evidence_read_on": ""},
        "a country needs evidence; without it the country_code is ZZ",
    ),
    "unknown confidence": ("aliases", {"confidence": "sure"}, "confidence must be one of none, official, reported"),
    "instant without zone": ("aliases", {"known_from_utc": "2026-01-02"}, "known_from_utc: time data '2026-01-02'"),
    "reveal without author": ("aliases", {"author": ""}, "an official or reported reveal needs author"),
    "reveal without instant": ("aliases", {"known_from_utc": ""}, "an official or reported reveal needs author"),
    "reveal without evidence": (
        "aliases",
        {"confidence": "reported", "evidence_url": "", "evidence_read_on": ""},
        "an official or reported reveal needs author, known_from_utc and evidence",
    ),
    "rumour without page": (
        "aliases",
        {"confidence": "rumoured", "evidence_url": "", "evidence_read_on": ""},
        "a rumour needs the page that has it",
    ),
    "unknown method": ("overrides", {"method": "guess"}, "method must be one of override, router"),
    "override without author": ("overrides", {"author": ""}, "an override needs author and evidence"),
    "override without evidence": (
        "overrides",
        {"evidence_url": "", "evidence_read_on": ""},
        "an override needs author and evidence",
    ),
    "unknown derivation": ("lineage", {"derivation": "copy"}, "derivation must be one of continued-pre-training"),
    "open without evidence": (
        "openness",
        {"evidence_url": "", "evidence_read_on": ""},
        "open or closed needs evidence; without it the weights are unknown",
    ),
    "unknown openness": ("openness", {"weights": "ajar"}, "weights must be one of closed, open, unknown"),
    "empty base": ("lineage", {"base_author": ""}, "base_author must not be empty"),
    "lab that ends before it begins": ("labs", {"valid_to": "2024-12-01"}, "valid_to must lie after valid_from"),
    "empty meaning": ("price_sources", {"meaning": ""}, "meaning must not be empty"),
    "unknown completeness": (
        "price_sources",
        {"completeness": "most"},
        "completeness must be one of changes, complete, sparse",
    ),
    "meaning that ends before it begins": (
        "price_sources",
        {"valid_from_utc": "2026-02-01T00:00:00Z", "valid_to_utc": "2026-01-31T23:59:59Z"},
        "valid_to_utc must lie after valid_from_utc",
    ),
    "unknown action": (
        "price_corrections",
        {"action": "halve"},
        "action must be one of accept, ignore, times_million",
    ),
    "unknown rule": (
        "price_corrections",
        {"rule": "dear"},
        "rule must be one of above_ceiling, genai_prices_disagree, listed_without_price",
    ),
    "correction without reason": ("price_corrections", {"reason": ""}, "reason must not be empty"),
    "correction of no time": (
        "price_corrections",
        {"observed_to_utc": "2026-01-02T03:04:05Z"},
        "observed_to_utc must lie after observed_from_utc",
    ),
    "correction from a day": (
        "price_corrections",
        {"observed_from_utc": "2026-01-02"},
        "observed_from_utc: time data '2026-01-02'",
    ),
    "name without id": ("model_names", {"model_id": ""}, "model_id must not be empty"),
    "name without reason": ("model_names", {"reason": ""}, "reason must not be empty"),
    "name that ends before it begins": (
        "model_names",
        {"valid_to": "2026-01-01"},
        "valid_to must lie after valid_from",
    ),
}


@pytest.mark.parametrize(("name", "change", "rule"), ONE_LINE.values(), ids=ONE_LINE)
def test_a_bad_line_is_named_by_file_line_and_rule(
    directory: Path, name: str, change: dict[str, str], rule: str
) -> None:
    good_with_another_key = GOOD[name] | {COLUMNS[name][0]: "another/one"}
    path = write(directory, name, good_with_another_key, GOOD[name] | change)
    with pytest.raises(ReferenceInvalid) as caught:
        read_reference_files(directory)
    assert str(caught.value).startswith(f"{path}, line 3: {rule}")


def test_a_country_in_lower_case_is_refused(directory: Path) -> None:
    write(directory, "labs", LAB | {"country_code": "cn"})
    with pytest.raises(ReferenceInvalid, match="country_code cn is no ISO 3166-1 alpha-2 code"):
        read_reference_files(directory)


@pytest.mark.parametrize("name", GOOD)
def test_a_doubled_key_names_both_lines(directory: Path, name: str) -> None:
    path = write(directory, name, GOOD[name], GOOD[name])
    with pytest.raises(ReferenceInvalid, match="is that of line 2") as caught:
        read_reference_files(directory)
    assert f"{path}, line 3: its key" in str(caught.value)


@pytest.mark.parametrize("name", GOOD)
def test_wrong_columns_are_named_in_line_1(directory: Path, name: str) -> None:
    path = directory / f"{name}.csv"
    path.write_text(path.read_text().replace(COLUMNS[name][0], "renamed", 1))
    with pytest.raises(ReferenceInvalid, match=f"line 1: the columns must be {','.join(COLUMNS[name])}"):
        read_reference_files(directory)


@pytest.mark.parametrize("line", ["too,few", ",".join("x" * 30)])
def test_a_line_with_too_few_or_too_many_fields_is_named(directory: Path, line: str) -> None:
    path = directory / "labs.csv"
    path.write_text(path.read_text() + line + "\n")
    with pytest.raises(ReferenceInvalid, match="line 3: it must have 11 fields"):
        read_reference_files(directory)


@pytest.mark.parametrize("valid_to", ["", "2025-06-02"])
def test_two_homes_at_once_are_refused(directory: Path, valid_to: str) -> None:
    earlier, later = LAB | {"valid_to": valid_to}, LAB | {"country_code": "US", "valid_from": "2025-06-01"}
    write(directory, "labs", later, earlier)
    with pytest.raises(ReferenceInvalid, match=r"labs\.csv: qwen has two homes from 2025-06-01 on"):
        read_reference_files(directory)


def test_a_home_may_begin_on_the_day_the_other_ends(directory: Path) -> None:
    write(directory, "labs", LAB | {"valid_to": "2025-06-01"}, LAB | {"country_code": "US", "valid_from": "2025-06-01"})
    assert read_reference_files(directory)["labs"].num_rows == 2


def test_a_corrected_home_stands_beside_its_correction(directory: Path) -> None:
    wrong, right = LAB | {"country_code": "SG", "known_to_utc": NOON}, LAB | {"known_from_utc": NOON}
    write(directory, "labs", wrong, right)
    assert read_reference_files(directory)["labs"].num_rows == 2


def test_a_correction_needs_the_corrected_line_to_end(directory: Path) -> None:
    write(directory, "labs", LAB | {"country_code": "SG"}, LAB | {"known_from_utc": NOON})
    with pytest.raises(ReferenceInvalid, match=r"qwen has two homes from 2025-01-01 on"):
        read_reference_files(directory)


def test_a_reveal_is_replaced_only_once_it_was_withdrawn(directory: Path) -> None:
    later = ALIAS | {"author": "openai", "known_from_utc": "2026-01-04T00:00:00Z"}
    write(directory, "aliases", ALIAS, later)
    with pytest.raises(ReferenceInvalid, match=r"stealth/x-alpha has two lines from 2026-01-04"):
        read_reference_files(directory)
    write(directory, "aliases", ALIAS | {"known_to_utc": later["known_from_utc"]}, later)
    assert read_reference_files(directory)["aliases"].num_rows == 2


def test_a_gap_between_two_homes_is_refused(directory: Path) -> None:
    earlier, later = LAB | {"valid_to": "2025-05-01"}, LAB | {"country_code": "US", "valid_from": "2025-06-01"}
    write(directory, "labs", later, earlier)
    with pytest.raises(ReferenceInvalid, match="qwen has no home from 2025-05-01 to 2025-06-01"):
        read_reference_files(directory)


def test_an_author_in_upper_case_is_refused(directory: Path) -> None:
    write(directory, "labs", LAB, LAB | {"author": "Qwen"})
    with pytest.raises(ReferenceInvalid, match="the author Qwen is not in lower case"):
        read_reference_files(directory)


NOON, EVENING = "2026-01-02T12:00:00Z", "2026-01-02T18:00:00Z"
NEW_MEANING = PRICE_SOURCE | {"source": "list-since", "valid_from_utc": NOON}
JUMP = CORRECTION | {"rule": "tenfold_jump", "observed_from_utc": NOON}
NEW_NAME = MODEL_NAME | {"model_permaslug": "a/d", "valid_from": "2026-02-01"}
TWO_AT_ONCE = {
    "meaning without end": ("price_sources", PRICE_SOURCE, NEW_MEANING, "archive has two meanings from"),
    "meaning that ends too late": (
        "price_sources",
        PRICE_SOURCE | {"valid_to_utc": EVENING},
        NEW_MEANING,
        "archive has two meanings from 2026-01-02 12:00:00 on",
    ),
    "meanings from the beginning": (
        "price_sources",
        PRICE_SOURCE | {"valid_to_utc": NOON},
        PRICE_SOURCE | {"source": "list-since", "valid_to_utc": EVENING},
        "archive has two meanings from the beginning on",
    ),
    "correction without end": ("price_corrections", CORRECTION, JUMP, "list qwen/b is corrected twice from"),
    "correction that ends too late": (
        "price_corrections",
        CORRECTION | {"observed_to_utc": EVENING},
        JUMP | {"action": "times_million"},
        "list qwen/b is corrected twice from 2026-01-02 12:00:00 on",
    ),
    "correction since ever": (
        "price_corrections",
        CORRECTION,
        JUMP | {"observed_from_utc": ""},
        "list qwen/b is corrected twice from 2026-01-02 03:04:05 on",
    ),
    "name without end": ("model_names", MODEL_NAME, NEW_NAME, "a/c names two models from 2026-02-01 on"),
    "name that ends too late": (
        "model_names",
        MODEL_NAME | {"valid_to": "2026-02-02"},
        NEW_NAME,
        "a/c names two models from 2026-02-01 on",
    ),
    "names since ever": (
        "model_names",
        MODEL_NAME | {"valid_from": "", "valid_to": "2026-02-02"},
        NEW_NAME | {"valid_from": ""},
        "a/c names two models from the beginning on",
    ),
}
IN_TURN = {
    "meanings": ("price_sources", PRICE_SOURCE | {"valid_to_utc": NOON}, NEW_MEANING),
    "meanings of two archives": ("price_sources", PRICE_SOURCE, NEW_MEANING | {"snapshot_source": "other"}),
    "corrections": ("price_corrections", CORRECTION | {"observed_to_utc": NOON}, JUMP),
    "corrections of two models": ("price_corrections", CORRECTION, JUMP | {"model_id": "qwen/c"}),
    "an accepted oddity beside a correction": ("price_corrections", CORRECTION, JUMP | {"action": "accept"}),
    "names": ("model_names", MODEL_NAME | {"valid_to": "2026-02-01"}, NEW_NAME),
    "two names of one model": ("model_names", MODEL_NAME, MODEL_NAME | {"model_id": "a/e"}),
}


@pytest.mark.parametrize(("name", "earlier", "later", "rule"), TWO_AT_ONCE.values(), ids=TWO_AT_ONCE)
def test_two_at_once_are_refused(
    directory: Path, name: str, earlier: dict[str, str], later: dict[str, str], rule: str
) -> None:
    path = write(directory, name, later, earlier)
    with pytest.raises(ReferenceInvalid, match=re.escape(f"{path}: {rule}")):
        read_reference_files(directory)


@pytest.mark.parametrize(("name", "earlier", "later"), IN_TURN.values(), ids=IN_TURN)
def test_one_after_the_other_is_allowed(
    directory: Path, name: str, earlier: dict[str, str], later: dict[str, str]
) -> None:
    write(directory, name, later, earlier)
    assert read_reference_files(directory)[name].num_rows == 2


def test_a_correction_of_an_unknown_source_is_refused(directory: Path) -> None:
    path = write(directory, "price_corrections", CORRECTION, JUMP | {"source": "lost", "action": "accept"})
    with pytest.raises(ReferenceInvalid, match=re.escape(f"{path}: lost is no source of price_sources.csv")):
        read_reference_files(directory)


def test_a_quote_that_is_never_closed_is_named(directory: Path) -> None:
    path = directory / "labs.csv"
    path.write_text(path.read_text() + '"qwen,')
    with pytest.raises(ReferenceInvalid, match=r"labs\.csv"):
        read_reference_files(directory)


def test_a_file_that_is_not_utf8_is_named(directory: Path) -> None:
    path = directory / "labs.csv"
    path.write_bytes(path.read_bytes() + b"\xff\n")
    with pytest.raises(ReferenceInvalid, match=r"labs\.csv"):
        read_reference_files(directory)


def test_a_missing_file_is_named(directory: Path) -> None:
    (directory / "lineage.csv").unlink()
    with pytest.raises(ReferenceInvalid, match=r"lineage\.csv"):
        read_reference_files(directory)
