"""Reads the curated files of `reference/` strictly: a bad line is named by file, line and rule, and nothing is used.

What the files mean is told in reference/README.md; what is made of them is in sql/attribution/.
"""

import csv
import io
import re
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pycountry

from warehouse.contracts import CONTRACTS
from warehouse.errors import ReferenceInvalid

REFERENCE_DIRECTORY = Path(__file__).parent / "reference"

_OVERRIDES = pa.schema(
    [
        pa.field("model_permaslug", pa.string(), nullable=False),
        pa.field("method", pa.string(), nullable=False),
        pa.field("author", pa.string()),
        pa.field("evidence_url", pa.string()),
        pa.field("evidence_read_on", pa.date32()),
        pa.field("evidence_says", pa.string()),
        pa.field("note", pa.string()),
    ]
)
_LINEAGE = pa.schema(
    [
        pa.field("model_permaslug", pa.string(), nullable=False),
        pa.field("base_model", pa.string(), nullable=False),
        pa.field("base_author", pa.string(), nullable=False),
        pa.field("derivation", pa.string(), nullable=False),
        pa.field("evidence_url", pa.string()),
        pa.field("evidence_read_on", pa.date32()),
        pa.field("evidence_says", pa.string()),
        pa.field("note", pa.string()),
    ]
)
_COUNTRY_CODES = {country.alpha_2 for country in pycountry.countries}
_ALLOWED = {
    "confidence": {"official", "reported", "rumoured", "none"},
    "derivation": {"fine-tune", "merge", "distillation", "continued-pre-training"},
    "method": {"override", "router"},
}


@dataclass(frozen=True)
class ReferenceFile:
    """A file's name, its columns (types and nullability) and its key."""

    name: str
    columns: pa.Schema
    key: tuple[str, ...]


REFERENCE_FILES = [
    ReferenceFile("labs", CONTRACTS["attribution.labs"].columns, ("author", "valid_from")),
    ReferenceFile("aliases", CONTRACTS["attribution.aliases"].columns, ("cloaked_slug",)),
    ReferenceFile("overrides", _OVERRIDES, ("model_permaslug",)),
    ReferenceFile("lineage", _LINEAGE, ("model_permaslug",)),
]


def read_reference_files(directory: Path = REFERENCE_DIRECTORY) -> dict[str, pa.Table]:
    """Each file as a table under its name. Raises ReferenceInvalid with file, line and rule."""
    tables = {file.name: _read(file, directory / f"{file.name}.csv") for file in REFERENCE_FILES}
    _check_labs_do_not_overlap(tables["labs"], directory / "labs.csv")
    return tables


def _read(file: ReferenceFile, path: Path) -> pa.Table:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _invalid(path, 1, f"the file cannot be read as UTF-8 text: {error}") from error
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        return _read_rows(file, path, reader)
    except csv.Error as error:
        raise _invalid(path, reader.line_num, f"it is no CSV: {error}") from error


def _read_rows(file: ReferenceFile, path: Path, reader: "csv.DictReader[str]") -> pa.Table:
    if reader.fieldnames != file.columns.names:
        raise _invalid(path, 1, f"the columns must be {','.join(file.columns.names)}")
    rows: list[dict[str, object]] = []
    seen: dict[tuple[object, ...], int] = {}
    for row in reader:
        line = reader.line_num
        if None in row or None in row.values():
            raise _invalid(path, line, f"it must have {len(file.columns)} fields")
        values = {field.name: _value(field, row[field.name], path, line) for field in file.columns}
        key = tuple(values[name] for name in file.key)
        if key in seen:
            raise _invalid(path, line, f"its key {key} is that of line {seen[key]}")
        seen[key] = line
        _check_evidence(values, path, line)
        rows.append(values)
    return pa.Table.from_pylist(rows, schema=file.columns)


def _value(field: pa.Field, text: str, path: Path, line: int) -> object:
    if text == "":
        if not field.nullable:
            raise _invalid(path, line, f"{field.name} must not be empty")
        return None
    if field.name in _ALLOWED and text not in _ALLOWED[field.name]:
        raise _invalid(path, line, f"{field.name} must be one of {', '.join(sorted(_ALLOWED[field.name]))}")
    if field.name == "country_code" and text != "ZZ" and text not in _COUNTRY_CODES:
        raise _invalid(path, line, f"country_code {text} is no ISO 3166-1 alpha-2 code, nor ZZ")
    if field.name == "evidence_url" and not re.fullmatch(r"https?://\S+", text):
        raise _invalid(path, line, f"evidence_url {text} is no address")
    try:
        if field.type == pa.date32():
            return date.fromisoformat(text)
        if field.type == pa.timestamp("us"):
            return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ")
    except ValueError as error:
        raise _invalid(path, line, f"{field.name}: {error}") from error
    return text


def _check_evidence(values: dict[str, object], path: Path, line: int) -> None:
    """A decision without evidence is no decision: then it has to say unknown."""
    has_evidence = values["evidence_url"] is not None
    if has_evidence != (values["evidence_read_on"] is not None):
        raise _invalid(path, line, "evidence_url and evidence_read_on go together")
    if values.get("country_code", "ZZ") != "ZZ" and not has_evidence:
        raise _invalid(path, line, "a country needs evidence; without it the country_code is ZZ")
    if values.get("confidence") in ("official", "reported") and not (
        has_evidence and values["author"] and values["known_from_utc"]
    ):
        raise _invalid(path, line, "an official or reported reveal needs author, known_from_utc and evidence")
    if values.get("confidence") == "rumoured" and not has_evidence:
        raise _invalid(path, line, "a rumour needs the page that has it")
    if values.get("method") == "router" and values["author"] is not None:
        raise _invalid(path, line, "a router has no author: it picks among models of others")
    if values.get("valid_to") is not None and values["valid_to"] <= values["valid_from"]:  # type: ignore[operator]
        raise _invalid(path, line, "valid_to must lie after valid_from")
    if values.get("method") == "override" and (not has_evidence or values["author"] is None):
        raise _invalid(path, line, "an override needs author and evidence")


def _check_labs_do_not_overlap(labs: pa.Table, path: Path) -> None:
    rows = sorted(labs.to_pylist(), key=lambda row: (row["author"], row["valid_from"]))
    for earlier, later in pairwise(rows):
        if earlier["author"] != later["author"]:
            continue
        if earlier["valid_to"] is None or earlier["valid_to"] > later["valid_from"]:
            raise ReferenceInvalid(
                f"{path}: {later['author']} has two homes from {later['valid_from']} on.",
                "end the earlier row (valid_to) where the later begins.",
            )


def _invalid(path: Path, line: int, rule: str) -> ReferenceInvalid:
    return ReferenceInvalid(f"{path}, line {line}: {rule}.", "correct that line and run again.")
