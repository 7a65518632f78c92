"""`tokentide check-claim`: reads a claim from the command line and answers it as `tokentide claims` does.

Not here: how a claim is recomputed. That is sql/claims/verdicts.sql, run over the published file with this claim alone.
"""

import calendar
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import duckdb
import pyarrow as pa
import pycountry
from rich.console import Console

from pipeline.reports.claims import print_claim
from pipeline.reports.nearest_names import nearest_names
from pipeline.weeks import week_of
from warehouse.claim_files import broken_rule
from warehouse.contracts import CONTRACTS
from warehouse.database import connect, create_tables, select_sql
from warehouse.editions import open_published
from warehouse.errors import TokentideError
from warehouse.home import Home

EXIT_CODES = {
    "reproduced": 0,
    "near": 11,
    "depends_on_definition": 12,
    "contradicted": 13,
    "not_recomputable": 14,
}
# A part that is wrong says more than one that nobody can check.
_FROM_BEST_TO_WORST = ("reproduced", "near", "depends_on_definition", "not_recomputable", "contradicted")
_EXAMPLES = (
    '"CN over US, week 2026-02-09"; "CN 4.12T, US 2.94T, week 2026-02-09"; "MiniMax M2.5 5.44T, 2026-02"; '
    '"CN 45.8 %, week 2026-02-09"; "MiniMax M2.5 rank 1, 2026-02-27"; '
    '"price anthropic/claude-opus-4.6 : minimax/minimax-m2.5 output 22.7, 2026-02-19"'
)
_PLAIN_SQL = "regexp_replace(lower({}), '[^a-z0-9]', '', 'g')"


class ClaimUnreadable(TokentideError):
    """The claim is written in none of the ways that can be read."""

    exit_code = 2

    def __init__(self, why: str) -> None:
        super().__init__(why, f"write it like one of these: {_EXAMPLES}.")


def print_checked_claim(console: Console, home: Home, text: str) -> int:
    """Prints the answer to every part of the claim; returns the exit code of the worst."""
    with open_published(home) as published:
        claims = read_claim(published, text)
        with _with_claims(published, claims) as connection:
            for name in ("claims.verdicts", "claims.alternatives"):
                connection.execute(f"INSERT INTO {name} BY NAME {select_sql(CONTRACTS[name])}")
            summary = dict(
                connection.execute(
                    f"SELECT claim_id, verdict FROM ({select_sql(CONTRACTS['main.claims'])}) AS claims"
                ).fetchall()
            )
            for claim in claims:
                print_claim(console, connection, claim | {"verdict": summary[claim["claim_id"]]}, is_published=False)
    return EXIT_CODES[max(summary.values(), key=_FROM_BEST_TO_WORST.index)]


def read_claim(published: duckdb.DuckDBPyConnection, text: str) -> list[dict[str, Any]]:
    """The claim's parts as rows of claims.claims. Raises ClaimUnreadable."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if len(parts) < 2:
        raise ClaimUnreadable(f"{text!r} has no statement and span with a comma between them.")
    start, end = _span(parts[-1])
    claims = []
    for number, part in enumerate(parts[:-1], 1):
        claim = (
            dict.fromkeys(CONTRACTS["claims.claims"].column_names)
            | {
                "claim_id": f"part-{number}",
                "statement_en": f"{part}, {parts[-1]}",
                "language": "en",
                "source_name": "the command line",
                "span_start": start,
                "span_end": end,
                "comparison": "equals",
                "definition_stated": "unstated",
            }
            | _statement(published, part)
        )
        if broken := broken_rule(claim):
            raise ClaimUnreadable(f"{text!r} cannot be answered: {broken}.")
        claims.append(claim)
    return claims


def _span(text: str) -> tuple[date, date]:
    try:
        if week := re.fullmatch(r"week (?:of )?(\d{4}-\d{2}-\d{2})", text):
            monday = week_of(date.fromisoformat(week[1]))
            return monday, monday + timedelta(days=6)
        if days := re.fullmatch(r"(\d{4}-\d{2}-\d{2})\.\.(\d{4}-\d{2}-\d{2})", text):
            return date.fromisoformat(days[1]), date.fromisoformat(days[2])
        if month := re.fullmatch(r"(\d{4})-(\d{2})", text):
            year, number = int(month[1]), int(month[2])
            return date(year, number, 1), date(year, number, calendar.monthrange(year, number)[1])
        if year_alone := re.fullmatch(r"(\d{4})", text):
            return date(int(year_alone[1]), 1, 1), date(int(year_alone[1]), 12, 31)
        return date.fromisoformat(text), date.fromisoformat(text)
    except ValueError as error:
        raise ClaimUnreadable(
            f"{text!r} is no span: `week 2026-02-09`, `2026-02`, `2026-02-19`, `2026`, `2026-02-01..2026-02-14` are."
        ) from error


def _statement(published: duckdb.DuckDBPyConnection, text: str) -> dict[str, Any]:
    number = r"([0-9]+(?:\.[0-9]+)?)"
    if found := re.fullmatch(rf"price (\S+)(?: : (\S+))? (input|output) {number}", text):
        subject, against, kind, figure = found.groups()
        for model in filter(None, (subject, against)):
            _known_price(published, model)
        return {
            "metric": "price_ratio" if against else "price",
            "subject_kind": "model",
            "subject": subject,
            "against": against,
            "price_kind": kind,
            "expected": figure,
            "unit": "times" if against else "USD per million tokens",
        }
    if found := re.fullmatch(r"(.+) over (.+)", text):
        kind, subject = _subject(published, found[1])
        other_kind, against = _subject(published, found[2])
        if kind != other_kind:
            raise ClaimUnreadable(f"{found[1]!r} is a {kind}, {found[2]!r} a {other_kind}: they cannot be compared.")
        if subject == against:
            raise ClaimUnreadable(f"{found[1]!r} and {found[2]!r} are the same: neither is over the other.")
        return {
            "metric": "ratio",
            "subject_kind": kind,
            "subject": subject,
            "against": against,
            "expected": "1",
            "unit": "times",
            "comparison": "more_than",
            "tolerance": 0.0,
            "tolerance_reason": "ahead is ahead",
        }
    for pattern, metric, unit in (
        (rf"(.+?) {number} ?T", "tokens", "trillion tokens"),
        (rf"(.+?) {number} ?%", "share", "%"),
        (r"(.+?) rank ([0-9]+)", "rank", "rank"),
    ):
        if found := re.fullmatch(pattern, text):
            kind, subject = _subject(published, found[1])
            return {"metric": metric, "subject_kind": kind, "subject": subject, "expected": found[2], "unit": unit}
    raise ClaimUnreadable(f"{text!r} says neither tokens (4.12T), share (45.8 %), rank, `A over B`, nor price.")


def _subject(published: duckdb.DuckDBPyConnection, name: str) -> tuple[str, str]:
    """Kind and name as the tables have it: a country by code or name, a lab by name or author slug, a model."""
    name = name.strip()
    if name.lower() in {"all", "platform", "openrouter"}:
        return "all", "all"
    country = pycountry.countries.get(alpha_2=name.upper()) or pycountry.countries.get(name=name)
    if country:
        return "country", country.alpha_2
    plain = re.sub(r"[^a-z0-9]", "", name.lower())
    models = published.execute(
        "SELECT DISTINCT model_permaslug FROM staging.model_day_tokens WHERE row_kind = 'model' AND variant IS NULL "
        f"AND $plain IN ({_PLAIN_SQL.format('model_permaslug')}, {_PLAIN_SQL.format('model_name')}, "
        f"{_PLAIN_SQL.format('author || model_name')}) ORDER BY 1",
        {"plain": plain},
    ).fetchall()
    if len(models) == 1:
        return "model", models[0][0]
    if models:
        raise ClaimUnreadable(f"{name!r} may be {', '.join(row[0] for row in models)}: name one in full.")
    labs = published.execute(
        f"SELECT DISTINCT author FROM attribution.labs "
        f"WHERE $plain IN ({_PLAIN_SQL.format('author')}, {_PLAIN_SQL.format('lab')}) ORDER BY 1",
        {"plain": plain},
    ).fetchall()
    if labs:
        return "lab", labs[0][0]
    nearest = nearest_names(published, "attribution.models", "model_permaslug", name.lower())
    raise ClaimUnreadable(f"{name!r} is no country code, lab or model; nearest models: {nearest}.")


def _known_price(published: duckdb.DuckDBPyConnection, model_id: str) -> None:
    if not published.execute("SELECT 1 FROM prices.model_prices WHERE model_id = ? LIMIT 1", [model_id]).fetchall():
        nearest = nearest_names(published, "prices.model_prices", "model_id", model_id)
        raise ClaimUnreadable(f"No price source lists {model_id!r}; nearest ids: {nearest}.")


@contextmanager
def _with_claims(
    published: duckdb.DuckDBPyConnection, claims: list[dict[str, Any]]
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory that reads the published tables and holds these claims in place of the published ones."""
    file = published.execute("SELECT path FROM duckdb_databases() WHERE database_name = current_database()").fetchall()
    connection = connect(":memory:")
    try:
        connection.execute(f"ATTACH '{str(file[0][0]).replace(chr(39), chr(39) * 2)}' AS published (READ_ONLY)")
        for contract in CONTRACTS.values():
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {contract.schema_name}")
            if contract.schema_name not in {"main", "claims"}:
                connection.execute(f"CREATE VIEW {contract.name} AS SELECT * FROM published.{contract.name}")
        create_tables(connection, [contract for contract in CONTRACTS.values() if contract.schema_name == "claims"])
        connection.register("given", pa.Table.from_pylist(claims, schema=_nullable("claims.claims")))
        connection.execute("INSERT INTO claims.claims BY NAME SELECT * FROM given")
        yield connection
    finally:
        connection.close()


def _nullable(name: str) -> pa.Schema:
    return pa.schema([field.with_nullable(True) for field in CONTRACTS[name].columns])
