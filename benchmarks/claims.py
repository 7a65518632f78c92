"""All verdicts in one SELECT, beside a loop of a query a claim and definition: `python -m benchmarks.claims HOME`

HOME holds a published file (`tokentide run`). Both are timed in turn on the same connection, and must find the same
values. Not here: what a claim is and how it is judged (warehouse/sql/claims/).
"""

import argparse
import statistics
import time
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.children import markdown_table, median_and_range
from warehouse.contracts import CONTRACTS
from warehouse.database import connect, fetch_dicts, select_sql

POLICIES = {"lab_home": ("lab", "country_code"), "base_model_home": ("base_lab", "base_country_code")}
POPULATIONS = {"top_9": 9, "ranked": None, "platform": None}
UNITS = {"trillion tokens": 1e12, "%": 0.01}
Values = dict[tuple[object, ...], float | None]  # by claim, population, policy, knowledge


def in_one_select(connection: duckdb.DuckDBPyConnection) -> Values:
    rows = connection.execute(
        "SELECT claim_id, population, policy, knowledge, value "
        f"FROM ({select_sql(CONTRACTS['claims.verdicts'])}) AS verdicts WHERE population IS NOT NULL"
    ).fetchall()
    return {row[:4]: row[4] for row in rows}


def in_a_loop(connection: duckdb.DuckDBPyConnection) -> Values:
    """The figures that are sums over a span, as a script would get them: most claims by far."""
    labs = dict(
        connection.execute("SELECT author, max_by(lab, valid_from) FROM attribution.labs GROUP BY 1").fetchall()
    )
    claims = fetch_dicts(connection, "SELECT * FROM claims.claims WHERE not_recomputable IS NULL")
    values: Values = {}
    for claim in claims:
        if claim["metric"] not in ("tokens", "share", "ratio", "change", "rank", "top_n_count", "top_n_share"):
            continue
        populations = {f"top_{claim['top_n']}": claim["top_n"]} if claim["top_n"] else POPULATIONS
        for (population, largest), policy, knowledge in product(
            populations.items(), POLICIES, ("as_known_now", "as_known_then")
        ):
            sides = [
                list(_rows(connection, claim, start, end, population == "platform", largest, policy, knowledge))
                for start, end in (("span_start", "span_end"), ("baseline_start", "baseline_end"))
                if claim[start]
            ]
            values[claim["claim_id"], population, policy, knowledge] = _value(claim, sides, labs)
    return values


def _rows(
    connection: duckdb.DuckDBPyConnection,
    claim: dict[str, Any],
    start: str,
    end: str,
    has_other: bool,
    largest: int | None,
    policy: str,
    knowledge: str,
) -> Iterator[tuple[str, str, str, int]]:
    """What it counts as, model, kind and tokens of each row of the population."""
    lab, country = POLICIES[policy]
    later = "known_from_utc >= CAST($end AS TIMESTAMP) + INTERVAL 1 DAY" if knowledge == "as_known_then" else "FALSE"
    column = {"country": f"CASE WHEN {later} THEN 'ZZ' ELSE {country} END", "model": "model_permaslug"}.get(
        claim["subject_kind"], f"CASE WHEN {later} THEN 'unknown' ELSE {lab} END"
    )
    kinds = "" if has_other else "AND row_kind = 'model'"
    limit = f"QUALIFY dense_rank() OVER (ORDER BY of_model DESC, model_permaslug) <= {largest}" if largest else ""
    yield from connection.execute(
        f"SELECT counted_as, model_permaslug, row_kind, tokens FROM (SELECT *, sum(tokens) OVER "
        f"(PARTITION BY model_permaslug) AS of_model FROM (SELECT {column} AS counted_as, model_permaslug, row_kind, "
        f"sum(tokens) AS tokens FROM attribution.model_day_tokens WHERE date BETWEEN $start AND $end {kinds} "
        f"GROUP BY ALL)) {limit}",
        {"start": claim[start], "end": claim[end]},
    ).fetchall()


def _value(claim: dict[str, Any], sides: list[list[tuple[str, str, str, int]]], labs: dict[str, str]) -> float | None:
    def named(column: str) -> set[str]:
        names = (claim[column] or "").split("+")
        return {labs.get(name, name) if claim["subject_kind"] == "lab" else name for name in names}

    def tokens(rows: list[tuple[str, str, str, int]], names: set[str]) -> int:
        return sum(row[3] for row in rows if claim["subject_kind"] == "all" or row[0] in names)

    rows, subject, unit = sides[0], named("subject"), UNITS.get(claim["unit"], 1)
    if not rows:
        return None
    match claim["metric"]:
        case "tokens":
            return tokens(rows, subject) / unit
        case "ratio":
            against = tokens(rows, named("against"))
            return tokens(rows, subject) / against if against and tokens(rows, subject) else None
        case "change":
            before = tokens(sides[1], subject)
            return (tokens(rows, subject) / before - 1) / unit if before and tokens(rows, subject) else None
        case "top_n_count":
            return len({row[1] for row in rows if row[0] in subject})
        case "rank":
            totals: dict[str, int] = {}
            for counted_as, _, kind, amount in rows:
                if kind == "model" and counted_as not in ("ZZ", "unknown"):
                    totals[counted_as] = totals.get(counted_as, 0) + amount
            order = sorted(totals, key=lambda name: (-totals[name], name))
            return next((order.index(name) + 1 for name in subject if name in totals), None)
    return tokens(rows, subject) / sum(row[3] for row in rows) / unit


def differing(one: Values, loop: Values) -> list[tuple[object, ...]]:
    """Where the loop found another value."""

    def is_same(a: float | None, b: float | None) -> bool:
        return a is b or (a is not None and b is not None and abs(a - b) <= 1e-9 * max(1.0, abs(a)))

    return [key for key, value in loop.items() if not is_same(one[key], value)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("home", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    connection = connect(given.home / "tokentide.duckdb", read_only=True)
    seconds: dict[str, list[float]] = {"one SELECT": [], "a loop, one query a claim and definition": []}
    found = []
    for _ in range(given.rounds):
        found = []
        for name, compute in zip(seconds, (in_one_select, in_a_loop), strict=True):
            started = time.perf_counter()
            found.append(compute(connection))
            seconds[name].append(time.perf_counter() - started)
    if wrong := differing(*found):
        raise SystemExit(f"{len(wrong)} values differ; the first: {wrong[0]}")
    medians = {name: statistics.median(of) for name, of in seconds.items()}
    best = min(medians.values())
    rows = [
        [name, str(len(values)), median_and_range(seconds[name], 2), f"{medians[name] / best:.1f}"]
        for name, values in zip(seconds, found, strict=True)
    ]
    print(markdown_table(["", "verdicts", "s", "ratio"], rows))
    print(f"\nSame values in all {len(found[1])} that the loop computes.")


if __name__ == "__main__":
    main()
