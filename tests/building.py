"""What tests build with: bodies and snapshots from rows, reference tables, and all tables in their order."""

import io
import json
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet
import pytest

from pipeline.archive import BuiltInArchive
from warehouse.build_inputs import fill_input
from warehouse.contracts import CONTRACTS, Build, Contract
from warehouse.home import Home
from warehouse.ingesting import load_parsed_rows, quarantine_days
from warehouse.parsers import API_FORMAT, ARCHIVE_FORMAT, EXPORT_FORMAT
from warehouse.reference_files import REFERENCE_FILES, read_reference_files
from warehouse.results import CheckResult, Validator
from warehouse.snapshots import Origin, Snapshot, SnapshotStore
from warehouse.writing import BuildReport, build_weeks, build_whole

REPOSITORY = Path(__file__).parents[1]
SHARED_DATA = REPOSITORY.parent / "shared" / "data"

# Tables in the order in which assets build them; a weekly one takes the weeks at hand.
TABLES = [
    "raw.snapshots",
    "staging.snapshot_days",
    "staging.model_day_token_vintages",
    "staging.model_day_tokens",
    "attribution.labs",
    "attribution.aliases",
    "attribution.models",
    "attribution.model_day_tokens",
    "weekly.model_tokens",
    "weekly.lab_tokens",
    "weekly.country_tokens",
    "weekly.weeks",
    "weekly.overtakes",
]
LONG_AFTER = datetime(2026, 12, 1)
MONDAY = date(2026, 1, 5)

Row = tuple[object, object, object]  # date, model_permaslug, total_tokens


def week(number: int) -> date:
    """The Monday of the numbered week: week(0) is MONDAY."""
    return MONDAY + timedelta(weeks=number)


def days_of(week_start: date) -> list[date]:
    return [week_start + timedelta(days=day) for day in range(7)]


def api_body(rows: Iterable[Row]) -> bytes:
    """As the Data API answers: tokens are decimal strings."""
    data = [
        {
            "date": str(day),
            "model_permaslug": slug,
            "total_tokens": str(tokens) if isinstance(tokens, int) else tokens,
        }
        for day, slug, tokens in rows
    ]
    return json.dumps({"data": data, "meta": {"version": "v1"}}).encode()


def export_body(rows: Iterable[Row]) -> bytes:
    """As the keyless export is served: CRLF, with the rank and share that we do not read."""
    lines = ["date,model_permaslug,rank,total_tokens,share_of_daily_tokens"]
    lines += [f"{day},{slug},{number},{tokens},0.5" for number, (day, slug, tokens) in enumerate(rows, 1)]
    return "".join(f"{line}\r\n" for line in lines).encode()


def archive_body(rows: Iterable[Row]) -> bytes:
    rows = list(rows)
    columns = {
        "day": pa.array([row[0] for row in rows], pa.date32()),
        "model": pa.array([row[1] for row in rows], pa.string()),
        "tokens": pa.array([row[2] for row in rows], pa.int64()),
    }
    buffer = io.BytesIO()
    pyarrow.parquet.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


BODIES: dict[str, Callable[[Iterable[Row]], bytes]] = {
    API_FORMAT: api_body,
    EXPORT_FORMAT: export_body,
    ARCHIVE_FORMAT: archive_body,
}


def origin(
    as_of: datetime = LONG_AFTER,
    fetched_at: datetime | None = None,
    body_format: str = API_FORMAT,
    source: str = "test-source",
) -> Origin:
    return Origin(
        source=source,
        format=body_format,
        as_of_utc=as_of,
        fetched_at_utc=fetched_at or as_of,
        url="https://example.org/rankings",
        license="CC BY 4.0",
        license_url="https://creativecommons.org/licenses/by/4.0/",
        citation="Source: a test.",
    )


def put_rows(
    home: Home,
    rows: Iterable[Row],
    as_of: datetime = LONG_AFTER,
    fetched_at: datetime | None = None,
    body_format: str = API_FORMAT,
) -> Snapshot:
    return put_body(home, BODIES[body_format](rows), as_of, fetched_at, body_format)


def put_body(
    home: Home,
    body: bytes,
    as_of: datetime = LONG_AFTER,
    fetched_at: datetime | None = None,
    body_format: str = API_FORMAT,
) -> Snapshot:
    return SnapshotStore(home).put(body, origin(as_of, fetched_at, body_format))


def full_day(day: date, tokens: Mapping[str, int] | None = None, other: int = 500, fill: int = 100) -> list[Row]:
    """A day as the source gives it: 50 named rows (given ones, then small ones of OpenAI's) and `other`."""
    named = dict(tokens or {})
    for number in range(50 - len(named)):
        named[f"openai/small-{number:02}"] = fill - number
    return [(day, slug, amount) for slug, amount in named.items()] + [(day, "other", other)]


def full_weeks(weeks: Iterable[date], tokens: Mapping[str, int] | None = None, other: int = 500) -> list[Row]:
    return [row for week_start in weeks for day in days_of(week_start) for row in full_day(day, tokens, other)]


def references(**rows: list[dict[str, object]]) -> dict[str, pa.Table]:
    """Reference tables from the columns that matter to a test; the others are empty, labs begin in 2025."""
    tables = {}
    for file in REFERENCE_FILES:
        given = [
            dict.fromkeys(file.columns.names) | {"valid_from": date(2025, 1, 1)} | row
            for row in rows.get(file.name, [])
        ]
        tables[file.name] = pa.Table.from_pylist(given, schema=file.columns)
    return tables


def lab(author: str, country_code: str, **columns: object) -> dict[str, object]:
    return {"author": author, "lab": f"Lab {author}", "country_code": country_code, **columns}


def accept_all(_: duckdb.DuckDBPyConnection, __: Contract) -> list[CheckResult]:
    """For tests of SQL alone: rows that the real suites would reject for being few."""
    return []


def build_tables(
    connection: duckdb.DuckDBPyConnection,
    home: Home,
    weeks: Collection[date] | None = None,
    validate: Validator = accept_all,
    reference_tables: dict[str, pa.Table] | None = None,
    tables: Collection[str] = TABLES,
) -> dict[str, BuildReport]:
    """Builds the tables in their order as assets/*.py do, for the given weeks or all that the snapshots speak of."""
    store = SnapshotStore(home)
    reference_tables = read_reference_files() if reference_tables is None else reference_tables
    given = {
        "raw.snapshots": store.to_arrow(),
        "attribution.labs": reference_tables["labs"],
        "attribution.aliases": reference_tables["aliases"],
    }
    load_parsed_rows(connection, store)
    for name, rows in reference_tables.items():
        fill_input(connection, f"reference_{name}", rows)
    reports = {}
    for name in (name for name in TABLES if name in tables):
        contract = CONTRACTS[name]
        if contract.build is Build.WHOLE:
            reports[name] = build_whole(connection, contract, validate, home, given.get(name))
        else:
            at_hand = weeks_staged(connection) if weeks is None else weeks
            reports[name] = build_weeks(connection, contract, at_hand, validate, home)
        if name == "staging.snapshot_days":
            quarantine_days(connection, home)
    return reports


def weeks_staged(connection: duckdb.DuckDBPyConnection) -> list[date]:
    rows = query(connection, "SELECT DISTINCT week_start FROM staging.snapshot_days WHERE week_start IS NOT NULL")
    return sorted(row[0] for row in rows)


def put_archive(home: Home) -> None:
    for body, archive_origin, sha256 in BuiltInArchive().observations():
        SnapshotStore(home).put(body, archive_origin, sha256)


def query(connection: duckdb.DuckDBPyConnection, sql: str, parameters: object = None) -> list[tuple]:
    return connection.execute(sql, parameters).fetchall()


def shared_file(name: str) -> Path:
    """A file of ../shared/data, or a skip where a machine has none."""
    path = SHARED_DATA / name
    if not path.exists():
        pytest.skip(f"needs {path.relative_to(REPOSITORY.parent)} beside the repository")
    return path
