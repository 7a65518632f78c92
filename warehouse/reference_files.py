"""Reads the curated files of `reference/` strictly: a bad line is named by file, line and rule, and nothing is used.

What the files mean is told in reference/README.md; what is made of them is in sql/attribution/ and sql/prices/.
"""

import csv
import io
import re
from dataclasses import dataclass
from datetime import date, datetime
from itertools import combinations, groupby, pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pycountry

from warehouse.contracts import CONTRACTS
from warehouse.errors import ReferenceInvalid

REFERENCE_DIRECTORY = Path(__file__).parent / "reference"

# When a line was corrected by another; empty while it stands. Only the file has it: tables hold what stands.
_KNOWN_TO = pa.field("known_to_utc", pa.timestamp("us"))
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
_OPENNESS = pa.schema(
    [
        pa.field("model_permaslug", pa.string(), nullable=False),
        pa.field("weights", pa.string(), nullable=False),
        pa.field("weights_name", pa.string()),
        pa.field("evidence_url", pa.string()),
        pa.field("evidence_read_on", pa.date32()),
        pa.field("evidence_says", pa.string()),
        pa.field("note", pa.string()),
    ]
)
_MODEL_NAMES = pa.schema(
    [
        pa.field("model_permaslug", pa.string(), nullable=False),
        pa.field("model_id", pa.string(), nullable=False),
        pa.field("valid_from", pa.date32()),
        pa.field("valid_to", pa.date32()),
        pa.field("reason", pa.string(), nullable=False),
    ]
)
# Made by pipeline/archive/compile_genai_prices.py, not by hand. `seen_on` is the last day of which the package can
# tell: what it has no end for is known to have stood until then.
_GENAI_PRICES = pa.schema(
    [
        pa.field("model_id", pa.string(), nullable=False),
        pa.field("provider", pa.string(), nullable=False),
        pa.field("price_kind", pa.string(), nullable=False),
        pa.field("valid_from", pa.date32()),
        pa.field("valid_to", pa.date32()),
        pa.field("usd_per_million_tokens", pa.string(), nullable=False),
        pa.field("seen_on", pa.date32(), nullable=False),
    ]
)
_COUNTRY_CODES = {country.alpha_2 for country in pycountry.countries}
_ALLOWED = {
    "confidence": {"official", "reported", "rumoured", "none"},
    "derivation": {"fine-tune", "merge", "distillation", "continued-pre-training"},
    "method": {"override", "router"},
    "weights": {"open", "closed", "unknown"},
    "completeness": {"complete", "changes", "sparse"},
    "action": {"ignore", "times_million", "accept"},
    "rule": {
        "percent_encoded_name",
        "per_token",
        "above_ceiling",
        "zero_on_paid",
        "tenfold_jump",
        "listed_without_price",
        "sources_disagree",
        "genai_prices_disagree",
    },
    "metric": {
        "tokens",
        "share",
        "ratio",
        "change",
        "rank",
        "first_time_ahead",
        "weeks_ahead",
        "top_n_count",
        "top_n_share",
        "price",
        "price_ratio",
        "other",
    },
    "subject_kind": {"country", "lab", "model", "all", "other"},
    "comparison": {"equals", "about", "at_least", "at_most", "more_than"},
    "unit": {"trillion tokens", "%", "times", "rank", "weeks", "models", "USD per million tokens", "week"},
    "price_kind": {"input", "output"},
}
# Pairs of columns that bound a span: the first within, the second outside.
_VALID, _KNOWN = ("valid_from", "valid_to"), ("known_from_utc", "known_to_utc")
_VALID_UTC, _OBSERVED = ("valid_from_utc", "valid_to_utc"), ("observed_from_utc", "observed_to_utc")
_SPANS = (_VALID, _KNOWN, _VALID_UTC, _OBSERVED)


@dataclass(frozen=True)
class ReferenceFile:
    """A file's name, its columns (types and nullability) and its key."""

    name: str
    columns: pa.Schema
    key: tuple[str, ...]


def _with_known_to(columns: pa.Schema) -> pa.Schema:
    return columns.insert(columns.get_field_index("known_from_utc") + 1, _KNOWN_TO)


REFERENCE_FILES = [
    ReferenceFile(
        "labs", _with_known_to(CONTRACTS["attribution.labs"].columns), ("author", "valid_from", "known_from_utc")
    ),
    ReferenceFile(
        "aliases", _with_known_to(CONTRACTS["attribution.aliases"].columns), ("cloaked_slug", "known_from_utc")
    ),
    ReferenceFile("overrides", _OVERRIDES, ("model_permaslug",)),
    ReferenceFile("lineage", _LINEAGE, ("model_permaslug",)),
    ReferenceFile("openness", _OPENNESS, ("model_permaslug",)),
    ReferenceFile("price_sources", CONTRACTS["prices.sources"].columns, ("source",)),
    ReferenceFile(
        "price_corrections",
        CONTRACTS["prices.corrections"].columns,
        ("source", "model_id", "rule", "observed_from_utc"),
    ),
    ReferenceFile("genai_prices", _GENAI_PRICES, ("model_id", "provider", "price_kind", "valid_from")),
    ReferenceFile("model_names", _MODEL_NAMES, ("model_permaslug", "model_id", "valid_from")),
]


# The files that are a table as they stand (but for what was corrected), and those that only SELECTs read.
FILES_OF_TABLES = {
    "attribution.labs": "labs",
    "attribution.aliases": "aliases",
    "prices.sources": "price_sources",
    "prices.corrections": "price_corrections",
}
FILES_READ_BY_SQL = [file for file in REFERENCE_FILES if file.name not in FILES_OF_TABLES.values()]


def read_reference_files(directory: Path = REFERENCE_DIRECTORY) -> dict[str, pa.Table]:
    """Each file as a table under its name. Raises ReferenceInvalid with file, line and rule."""
    tables = {file.name: read_reference_file(file, directory / f"{file.name}.csv") for file in REFERENCE_FILES}
    for name, of_one, what, spans in (
        ("labs", ("author",), "has two homes", (_VALID, _KNOWN)),
        ("aliases", ("cloaked_slug",), "has two lines", (_KNOWN,)),
        ("price_sources", ("snapshot_source",), "has two meanings", (_VALID_UTC,)),
        ("model_names", ("model_id",), "names two models", (_VALID,)),
    ):
        _check_no_overlap(tables[name].to_pylist(), of_one, what, spans, directory / f"{name}.csv")
    _check_homes(tables["labs"].to_pylist(), directory / "labs.csv")
    _check_corrections(tables, directory / "price_corrections.csv")
    return tables


def read_reference_file(file: ReferenceFile, path: Path) -> pa.Table:
    """One file, line by line. Raises ReferenceInvalid with file, line and rule."""
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
        _check_span(values, path, line)
        if "evidence_url" in values:
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
        if field.type == pa.int32():
            return int(text)
        if field.type == pa.float64():
            return float(text)
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
    if values.get("weights", "unknown") != "unknown" and not has_evidence:
        raise _invalid(path, line, "open or closed needs evidence; without it the weights are unknown")
    if values.get("confidence") == "rumoured" and not has_evidence:
        raise _invalid(path, line, "a rumour needs the page that has it")
    if values.get("method") == "router" and values["author"] is not None:
        raise _invalid(path, line, "a router has no author: it picks among models of others")
    if values.get("method") == "override" and (not has_evidence or values["author"] is None):
        raise _invalid(path, line, "an override needs author and evidence")


def _check_span(values: dict[str, Any], path: Path, line: int) -> None:
    for start, end in _SPANS:
        if values.get(start) is not None and values.get(end) is not None and values[end] <= values[start]:
            raise _invalid(path, line, f"{end} must lie after {start}")


def _check_no_overlap(
    rows: list[dict[str, Any]], of_one: tuple[str, ...], what: str, spans: tuple[tuple[str, str], ...], path: Path
) -> None:
    """Lines of one thing follow each other in at least one of the spans; an empty start is the beginning, an empty end
    for ever."""
    start, end = spans[0]
    rows = sorted(rows, key=lambda row: (*(row[name] for name in of_one), str(row[start] or "")))
    for key, lines in groupby(rows, key=lambda row: tuple(row[name] for name in of_one)):
        for earlier, later in combinations(lines, 2):
            if all(_overlap(earlier, later, *span) for span in spans):
                raise ReferenceInvalid(
                    f"{path}: {' '.join(map(str, key))} {what} from {later[start] or 'the beginning'} on.",
                    f"end the earlier row ({end}) where the later begins.",
                )


def _overlap(one: dict[str, Any], two: dict[str, Any], start: str, end: str) -> bool:
    def begins_before_end(row: dict[str, Any], other: dict[str, Any]) -> bool:
        return row[start] is None or other[end] is None or row[start] < other[end]

    return begins_before_end(one, two) and begins_before_end(two, one)


def _check_homes(rows: list[dict[str, Any]], path: Path) -> None:
    """Author slugs are in lower case, as in the data; and of one author no day between two homes is left out."""
    for row in rows:
        if row["author"] != row["author"].lower():
            raise ReferenceInvalid(
                f"{path}: the author {row['author']} is not in lower case.", "write it in lower case."
            )
    in_force = sorted(
        (row for row in rows if row["known_to_utc"] is None), key=lambda r: (r["author"], r["valid_from"])
    )
    for earlier, later in pairwise(in_force):
        if earlier["author"] == later["author"] and earlier["valid_to"] < later["valid_from"]:
            raise ReferenceInvalid(
                f"{path}: {later['author']} has no home from {earlier['valid_to']} to {later['valid_from']}.",
                "write a line for those days; ZZ where nothing was found.",
            )


def _check_corrections(tables: dict[str, pa.Table], path: Path) -> None:
    """A correction is of a source that there is, and no statement is corrected in two ways."""
    corrections = tables["price_corrections"].to_pylist()
    sources = set(tables["price_sources"].column("source").to_pylist())
    for row in corrections:
        if row["source"] not in sources:
            raise ReferenceInvalid(
                f"{path}: {row['source']} is no source of price_sources.csv.", "correct its name, or add the source."
            )
    _check_no_overlap(
        corrections,
        ("source", "model_id", "rule"),
        "has two lines for one statement",
        (_OBSERVED,),
        path,
    )
    changing = [row for row in corrections if row["action"] != "accept"]
    _check_no_overlap(changing, ("source", "model_id"), "is corrected twice", (_OBSERVED,), path)


def _invalid(path: Path, line: int, rule: str) -> ReferenceInvalid:
    return ReferenceInvalid(f"{path}, line {line}: {rule}.", "correct that line and run again.")
