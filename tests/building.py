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

from assets.lineage import tables_read
from pipeline.archive import BuiltInArchive
from warehouse.contracts import CONTRACTS
from warehouse.database import sql_path
from warehouse.from_raw import build_from_raw, tables_in_order
from warehouse.home import Home
from warehouse.known_facts import facts_known_at, read_facts
from warehouse.parsers import (
    API_FORMAT,
    CATALOGUE_FORMAT,
    ENDPOINTS_FORMAT,
    EXPORT_FORMAT,
    PRICE_ARCHIVE_FORMAT,
    PROVIDERS_FORMAT,
    USAGE_ARCHIVE_FORMAT,
)
from warehouse.reference_files import REFERENCE_FILES
from warehouse.results import CheckResult, Validator
from warehouse.snapshots import Origin, Snapshot, SnapshotStore
from warehouse.writing import BuildReport

REPOSITORY = Path(__file__).parents[1]
SHARED_DATA = REPOSITORY.parent / "shared" / "data"

TABLES = [contract.name for contract in tables_in_order()]


def up_to(*tables: str) -> list[str]:
    """The tables and all that they are made from, in their order: a test builds no more than it asks about."""
    found: set[str] = set()
    to_follow = {*tables}
    while to_follow:
        name = to_follow.pop()
        found.add(name)
        if sql_path(CONTRACTS[name]).exists():
            to_follow |= tables_read(name) - found
    return [name for name in TABLES if name in found]


LONG_AFTER = datetime(2026, 12, 1)
MONDAY = date(2026, 1, 5)

Row = tuple[object, object, object]  # date, model_permaslug, total_tokens
PriceRow = dict[str, object]  # a row of the price archives

# A price source of each completeness, read from snapshots of the same name.
PRICE_SOURCES: list[dict[str, object]] = [
    {
        "source": f"test-{completeness}",
        "snapshot_source": f"test-{completeness}",
        "completeness": completeness,
        "meaning": "A test's price",
    }
    for completeness in ("complete", "changes", "sparse")
]


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


def listed(
    at: datetime | str, model: str, tiers: Mapping[int, Mapping[str, object]] | None = None, **prices: object
) -> list[PriceRow]:
    """The rows of one statement: prices by kind of the base tier, then of tiers by prompt length; or no price at all.

    Columns of the archive that are no price may be given too, such as canonical_slug.
    """
    said: PriceRow = {
        "observed_at": instant(at),
        "model": model,
        "status": prices.pop("status", "listed"),
        **{name: prices.pop(name) for name in ("canonical_slug", "hugging_face_id", "created_at") if name in prices},
    }
    stated = [(over, kind, price) for over, of in {0: prices, **(tiers or {})}.items() for kind, price in of.items()]
    return [
        said | {"kind": kind, "over_prompt_tokens": over, "usd_per_million": price} for over, kind, price in stated
    ] or [said]


def removed(at: datetime | str, model: str) -> list[PriceRow]:
    return listed(at, model, status="removed")


def instant(at: datetime | str) -> str:
    return at if isinstance(at, str) else f"{at:%Y-%m-%dT%H:%M:%SZ}"


def price_archive_body(statements: Iterable[list[PriceRow]]) -> bytes:
    """Statements as listed() and removed() make them, in the format of the built-in price archives."""
    rows = [row for statement in statements for row in statement]
    names = ["observed_at", "model", "canonical_slug", "hugging_face_id", "created_at", "status", "kind"]
    names += ["over_prompt_tokens", "usd_per_million"]
    texts = [{name: None if row.get(name) is None else str(row[name]) for name in names} for row in rows]
    buffer = io.BytesIO()
    pyarrow.parquet.write_table(
        pa.Table.from_pylist(texts, schema=pa.schema([(name, pa.string()) for name in names])), buffer
    )
    return buffer.getvalue()


def catalogue_model(model: str, canonical_slug: str | None = None, **pricing: object) -> dict[str, object]:
    """One model of `GET /api/v1/models`: prices are decimal strings per token (prompt, completion, overrides, ...)."""
    return {
        "id": model,
        "canonical_slug": canonical_slug or model,
        "hugging_face_id": "",
        "created": 1_750_000_000,
        "name": "A model",
        "pricing": pricing,
    }


def catalogue_body(models: Iterable[Mapping[str, object]]) -> bytes:
    """As `GET /api/v1/models` answers."""
    return json.dumps({"data": list(models)}).encode()


def endpoint(tag: str, pricing: object = None, **said: object) -> dict[str, object]:
    """One endpoint of `GET /api/v1/models/{author}/{slug}/endpoints`; the pricing is per token, as in the catalogue."""
    return {
        "name": f"{tag} | a model",
        "model_name": "A model",
        "context_length": 131072,
        "pricing": pricing,
        "provider_name": tag.split("/")[0].title(),
        "tag": tag,
        "quantization": "fp8",
        "status": 0,
        "uptime_last_30m": 99.5,
    } | said


def endpoints_body(model_id: str, endpoints: Iterable[Mapping[str, object]]) -> bytes:
    """As that address answers."""
    return json.dumps({"data": {"id": model_id, "name": "A model", "endpoints": list(endpoints)}}).encode()


def providers_body(headquarters: Mapping[str, str | None]) -> bytes:
    """As `GET /api/v1/providers` answers, from headquarters by slug."""
    data = [{"name": slug.title(), "slug": slug, "headquarters": country} for slug, country in headquarters.items()]
    return json.dumps({"data": data}).encode()


BODIES: dict[str, Callable[[Iterable[Row]], bytes]] = {
    API_FORMAT: api_body,
    EXPORT_FORMAT: export_body,
    USAGE_ARCHIVE_FORMAT: archive_body,
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


def put_prices(
    home: Home,
    statements: Iterable[list[PriceRow]],
    source: str = "test-complete",
    as_of: datetime | None = None,
    fetched_at: datetime | None = None,
) -> Snapshot:
    """A snapshot in the format of the built-in price archives, as of its last instant unless told."""
    statements = list(statements)
    if as_of is None:
        as_of = max(
            datetime.strptime(str(row["observed_at"]), "%Y-%m-%dT%H:%M:%SZ") for rows in statements for row in rows
        )
    price_origin = origin(as_of, fetched_at, PRICE_ARCHIVE_FORMAT, source)
    return SnapshotStore(home).put(price_archive_body(statements), price_origin)


def put_catalogue(
    home: Home,
    models: Iterable[Mapping[str, object]],
    as_of: datetime,
    source: str = "test-complete",
    fetched_at: datetime | None = None,
) -> Snapshot:
    """A snapshot of the catalogue as it is served, see catalogue_model()."""
    return SnapshotStore(home).put(catalogue_body(models), origin(as_of, fetched_at, CATALOGUE_FORMAT, source))


def put_endpoints(
    home: Home,
    model_id: str,
    endpoints: Iterable[Mapping[str, object]],
    as_of: datetime,
    fetched_at: datetime | None = None,
) -> Snapshot:
    """A snapshot of one model's endpoints, see endpoint()."""
    said = origin(as_of, fetched_at, ENDPOINTS_FORMAT, "openrouter-endpoints")
    return SnapshotStore(home).put(endpoints_body(model_id, endpoints), said)


def put_providers(home: Home, headquarters: Mapping[str, str | None], as_of: datetime) -> Snapshot:
    said = origin(as_of, body_format=PROVIDERS_FORMAT, source="openrouter-providers")
    return SnapshotStore(home).put(providers_body(headquarters), said)


def full_day(day: date, tokens: Mapping[str, int] | None = None, other: int = 500, fill: int = 100) -> list[Row]:
    """A day as the source gives it: 50 named rows (given ones, then small ones of OpenAI's) and `other`."""
    named = dict(tokens or {})
    for number in range(50 - len(named)):
        named[f"openai/small-{number:02}"] = fill - number
    return [(day, slug, amount) for slug, amount in named.items()] + [(day, "other", other)]


def full_weeks(weeks: Iterable[date], tokens: Mapping[str, int] | None = None, other: int = 500) -> list[Row]:
    return [row for week_start in weeks for day in days_of(week_start) for row in full_day(day, tokens, other)]


def references(**rows: list[dict[str, object]]) -> dict[str, pa.Table]:
    """Reference tables from the columns that matter to a test; the others are empty, but for PRICE_SOURCES.

    What is valid from a day is so from 2025 on.
    """
    rows = {"price_sources": PRICE_SOURCES, **rows}
    tables = {}
    for file in REFERENCE_FILES:
        given = [
            dict.fromkeys(file.columns.names) | {"valid_from": date(2025, 1, 1)} | row
            for row in rows.get(file.name, [])
        ]
        tables[file.name] = pa.Table.from_pylist(given, schema=file.columns)
    claims = CONTRACTS["claims.claims"].columns
    tables["claims"] = pa.Table.from_pylist(
        [dict.fromkeys(claims.names) | row for row in rows.get("claims", [])], claims
    )
    return tables


def claim(claim_id: str, metric: str, subject: str, expected: str, **columns: object) -> dict[str, object]:
    """A claim about a country in week 0, if nothing else is said."""
    return {
        "claim_id": claim_id,
        "statement_en": f"{subject} {expected}",
        "language": "en",
        "source_name": "a test",
        "metric": metric,
        "subject_kind": "country",
        "subject": subject,
        "span_start": MONDAY,
        "span_end": MONDAY + timedelta(days=6),
        "expected": expected,
        "unit": "%",
        "comparison": "equals",
        "definition_stated": "unstated",
    } | columns


def lab(author: str, country_code: str, **columns: object) -> dict[str, object]:
    return {"author": author, "lab": f"Lab {author}", "country_code": country_code, **columns}


def accept_all(_: duckdb.DuckDBPyConnection, __: object) -> list[CheckResult]:
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
    """Builds the tables from all snapshots, for the given weeks or all that the snapshots speak of."""
    store = SnapshotStore(home)
    facts = read_facts() if reference_tables is None else facts_known_at(reference_tables, None)
    return build_from_raw(connection, home, store, store.snapshots(), facts, validate, weeks, tables)


def put_archive(home: Home) -> None:
    SnapshotStore(home).put_all(BuiltInArchive().observations())


def query(connection: duckdb.DuckDBPyConnection, sql: str, parameters: object = None) -> list[tuple]:
    return connection.execute(sql, parameters).fetchall()


def shared_file(name: str) -> Path:
    """A file of ../shared/data, or a skip where a machine has none."""
    path = SHARED_DATA / name
    if not path.exists():
        pytest.skip(f"needs {path.relative_to(REPOSITORY.parent)} beside the repository")
    return path
