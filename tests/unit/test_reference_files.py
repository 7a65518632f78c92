"""The curated reference files: the real ones load and cover the archive; each rule names file and line."""

import csv
import io
from pathlib import Path

import pyarrow.parquet
import pytest

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
GOOD = {"labs": LAB, "aliases": ALIAS, "overrides": OVERRIDE, "lineage": LINEAGE}


def write(directory: Path, name: str, *rows: dict[str, str]) -> Path:
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS[name], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    (directory / f"{name}.csv").write_text(text.getvalue(), encoding="utf-8")
    return directory / f"{name}.csv"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Four files of one good line each."""
    for name, row in GOOD.items():
        write(tmp_path, name, row)
    return tmp_path


def test_the_real_files_load() -> None:
    tables = read_reference_files()
    assert set(tables) == {"labs", "aliases", "overrides", "lineage"}
    assert tables["labs"].num_rows >= 49
    assert all(table.schema == file.columns for file in REFERENCE_FILES for table in [tables[file.name]])


def test_every_author_of_the_archive_is_listed() -> None:
    archive = pyarrow.parquet.read_table(ARCHIVE_DIRECTORY / "usage.parquet", columns=["model"])
    authors = {slug.split("/")[0] for slug in archive.column("model").unique().to_pylist() if slug != "other"}
    assert authors - set(read_reference_files()["labs"].column("author").to_pylist()) == set()


def test_every_author_that_reveals_and_bases_name_is_listed() -> None:
    tables = read_reference_files()
    named = {
        *tables["aliases"].column("author").drop_null().to_pylist(),
        *tables["overrides"].column("author").drop_null().to_pylist(),
        *tables["lineage"].column("base_author").to_pylist(),
    }
    used = {row["author"] for row in tables["aliases"].to_pylist() if row["confidence"] in ("official", "reported")}
    assert used <= named
    assert named - set(tables["labs"].column("author").to_pylist()) == set()


def test_models_of_lineage_and_aliases_exist_in_the_archive() -> None:
    archive = pyarrow.parquet.read_table(ARCHIVE_DIRECTORY / "usage.parquet", columns=["model"])
    seen = set(archive.column("model").unique().to_pylist())
    tables = read_reference_files()
    named = {
        *tables["lineage"].column("model_permaslug").to_pylist(),
        *tables["aliases"].column("cloaked_slug").to_pylist(),
    }
    assert named - seen == set()


def test_good_lines_load_with_their_types(directory: Path) -> None:
    tables = read_reference_files(directory)
    assert {name: table.num_rows for name, table in tables.items()} == dict.fromkeys(GOOD, 1)
    [alias] = tables["aliases"].to_pylist()
    assert str(alias["known_from_utc"]) == "2026-01-02 03:04:05"
    assert alias["note"] is None


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
    "empty base": ("lineage", {"base_author": ""}, "base_author must not be empty"),
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
    with pytest.raises(ReferenceInvalid, match="line 3: it must have 9 fields"):
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


def test_a_home_that_ends_before_it_begins_is_refused(directory: Path) -> None:
    write(directory, "labs", LAB | {"valid_to": "2024-12-01"})
    with pytest.raises(ReferenceInvalid, match="line 2"):
        read_reference_files(directory)
