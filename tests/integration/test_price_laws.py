"""Laws that hold for any prices: no row is lost, one price at a time, and the order of snapshots changes nothing."""

import tempfile
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import duckdb
from building import (
    TABLES,
    PriceRow,
    build_tables,
    days_of,
    lab,
    listed,
    put_prices,
    put_rows,
    query,
    references,
    removed,
    up_to,
    week,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from warehouse.home import Home

FEW = settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
FIRST = datetime(2026, 1, 1)
SOURCES = ["test-complete", "test-changes", "test-sparse"]
MODELS = ["cn/a", "cn/a:free", "us/b", "us/c", "~us/latest"]
IGNORED = (FIRST + timedelta(days=3), FIRST + timedelta(days=6))
REFERENCES = references(
    labs=[lab("cn", "CN"), lab("us", "US")],
    price_corrections=[
        {
            "source": source,
            "model_id": "us/b",
            "rule": "zero_on_paid",
            "observed_from_utc": IGNORED[0],
            "observed_to_utc": IGNORED[1],
            "action": "ignore",
            "reason": "A test.",
        }
        for source in SOURCES
    ],
)

Connection = duckdb.DuckDBPyConnection
# source, hours since FIRST, model, prices by kind of the base tier, price over 1000 tokens; no prices: removed
Said = tuple[str, int, str, dict | None, str | None]

price_texts = st.sampled_from(["0", "1", "1.0", "2", "varies"])
statements = st.tuples(
    st.sampled_from(SOURCES),
    st.integers(0, 9).map(lambda number: number * 24),
    st.sampled_from(MODELS),
    st.one_of(st.none(), *[st.dictionaries(st.sampled_from(["input", "output", "image"]), price_texts)] * 5),
    st.one_of(st.none(), price_texts),
)
some_statements = st.lists(statements, min_size=1, max_size=40, unique_by=lambda said: said[:3])
broken = st.sampled_from(
    [
        {"usd_per_million": "-1"},
        {"usd_per_million": "free"},
        {"usd_per_million": None},
        {"kind": None},
        {"model": "nonsense"},
        {"status": "gone"},
        {"over_prompt_tokens": "x"},
        {"observed_at": "yesterday"},
    ]
)


def rows_of(said: Said) -> list[PriceRow]:
    _, hours, model, prices, over = said
    at = FIRST + timedelta(hours=hours)
    if prices is None:
        return removed(at, model)
    return listed(at, model, {} if over is None else {1000: {"output": over}}, **prices)


def put_all(home: Home, said: list[Said]) -> None:
    """One snapshot a source."""
    for source in SOURCES:
        if of_source := [rows_of(one) for one in said if one[0] == source]:
            put_prices(home, of_source, source, as_of=FIRST + timedelta(days=60))


@FEW
@given(said=some_statements, damage=st.lists(st.tuples(st.integers(0, 39), broken), max_size=5))
def test_no_row_is_lost(connection: Connection, said: list[Said], damage: list[tuple]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder))
        bodies = [rows_of(one) for one in said]
        for number, columns in damage:
            bodies[number % len(bodies)][0].update(columns)
        put_prices(home, bodies, as_of=FIRST)
        put_prices(home, bodies[::2], as_of=FIRST, fetched_at=FIRST + timedelta(days=1))
        build_tables(connection, home, reference_tables=REFERENCES, tables=up_to("staging.catalogue_prices"))
    rows = query(
        connection, "SELECT status, sum(raw_rows), sum(staged_prices) FROM staging.catalogue_statements GROUP BY ALL"
    )
    assert query(connection, "SELECT count(*) FROM parsed_prices") == [(sum(row[1] for row in rows),)]
    staged = {row[0]: row[2] for row in rows}.get("staged", 0)
    assert query(connection, "SELECT count(*) FROM staging.catalogue_prices") == [(staged,)]
    assert query(connection, "SELECT count(*) FROM staging.catalogue_models") == query(
        connection, "SELECT count(*) FROM staging.catalogue_statements WHERE status = 'staged'"
    )


@FEW
@given(said=some_statements)
def test_spans_of_a_series_never_overlap_and_cover_every_observation(connection: Connection, said: list[Said]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder))
        put_all(home, said)
        build_tables(connection, home, reference_tables=REFERENCES, tables=up_to("prices.model_prices"))
    series: dict[tuple, list[tuple]] = {}
    for *key, start, end, last_seen, price, ended_by in query(
        connection,
        "SELECT source, model_id, price_kind, over_prompt_tokens, valid_from_utc, valid_to_utc, last_seen_utc, "
        "usd_per_million_tokens, ended_by FROM prices.model_prices ORDER BY ALL",
    ):
        assert start <= last_seen < (end or datetime.max)
        assert (end is None) == (ended_by is None)
        series.setdefault(tuple(key), []).append((start, end, price))
    for spans in series.values():
        assert all(before[1] is not None and before[1] <= after[0] for before, after in pairwise(spans))

    stated: dict[tuple, Decimal | None] = {}
    for source, hours, model, prices, over in said:
        at = FIRST + timedelta(hours=hours)
        if prices is None or (model == "us/b" and IGNORED[0] <= at < IGNORED[1]):
            continue
        found = {(kind, 0): price for kind, price in prices.items() if kind != "image"}
        if over is not None:
            found["output", 1000] = over
        for (kind, tier), price in found.items():
            stated[source, model, kind, tier, at] = None if price == "varies" else Decimal(price)
    assert {key[:4] for key in stated} == series.keys()
    # at every observation of a model its prices are those that were said, and no others
    for source, hours, model, _, _ in said:
        at = FIRST + timedelta(hours=hours)
        for key, spans in series.items():
            if key[:2] == (source, model):
                holding = [price for start, end, price in spans if start <= at < (end or datetime.max)]
                assert holding == ([stated[*key, at]] if (*key, at) in stated else []), (key, at)
    # where a complete source looked and did not list a model, it has no price
    looked = {hours for source, hours, *_ in said if source == "test-complete"}
    saw = {(hours, model) for source, hours, model, *_ in said if source == "test-complete"}
    for key, spans in series.items():
        if key[0] == "test-complete":
            for hours in looked - {seen for seen, model in saw if model == key[1]}:
                at = FIRST + timedelta(hours=hours)
                assert [span for span in spans if span[0] <= at < (span[1] or datetime.max)] == []


@settings(FEW, max_examples=5)
@given(data=st.data(), said=some_statements)
def test_order_and_number_of_snapshots_do_not_matter(
    connection: Connection, data: st.DataObject, said: list[Said]
) -> None:
    found = []
    tables = up_to("prices.suspicions", "prices.model_prices")
    at_once = [[one for one in said if one[0] == source] for source in SOURCES]
    one_by_one = [[one] for one in said]
    for pieces in (at_once, data.draw(st.permutations(one_by_one)), one_by_one + at_once):
        with tempfile.TemporaryDirectory() as folder:
            home = Home(Path(folder))
            for number, piece in enumerate(pieces):
                if piece:
                    fetched_at = FIRST + timedelta(days=60, seconds=number)
                    put_prices(home, [rows_of(one) for one in piece], piece[0][0], FIRST, fetched_at)
            build_tables(connection, home, reference_tables=REFERENCES, tables=tables)
        found.append(
            [
                query(connection, f"SELECT {columns} FROM {table} ORDER BY ALL")
                for table, columns in {
                    "staging.catalogue_models": "* EXCLUDE (snapshot_id)",
                    "staging.catalogue_prices": "* EXCLUDE (snapshot_id)",
                    "prices.suspicions": "*",
                    "prices.model_prices": "*",
                }.items()
            ]
        )
    assert found[0] == found[1] == found[2]


tokens = st.lists(
    st.tuples(
        st.sampled_from(days_of(week(0))),
        st.sampled_from([*MODELS[:4], "xx/d", *(f"us/small-{number}" for number in range(8)), "other"]),
        st.integers(1, 10**15),
    ),
    min_size=1,
    max_size=60,
    unique_by=lambda row: row[:2],
)


@settings(FEW, max_examples=5)
@given(said=some_statements, rows=tokens)
def test_tokens_and_their_cost_are_conserved(connection: Connection, said: list[Said], rows: list[tuple]) -> None:
    connection.execute("DELETE FROM weekly.model_tokens")
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder))
        put_rows(home, rows)
        put_all(home, said)
        needless = {"weekly.lab_tokens", "weekly.country_tokens", "weekly.weeks", "weekly.overtakes"}
        build_tables(
            connection,
            home,
            [week(0)],
            reference_tables=REFERENCES,
            tables=[name for name in TABLES if name not in needless],
        )
    asked = query(
        connection,
        "SELECT DISTINCT source, price_kind FROM prices.model_prices WHERE price_kind IN ('input', 'output')",
    )
    for population, condition in {"ranked": "row_kind = 'model'", "top_9": "is_top_9"}.items():
        [(all_tokens,)] = query(connection, f"SELECT sum(tokens) FROM weekly.model_tokens WHERE {condition}")
        if all_tokens is None:  # a week of `other` alone
            continue
        by_country = query(
            connection,
            "SELECT source, price_kind, sum(tokens), sum(priced_tokens), sum(free_tokens) "
            "FROM prices.country_week_prices WHERE population = ? GROUP BY ALL",
            [population],
        )
        assert {row[:3] for row in by_country} == {(*series, all_tokens) for series in asked}
        coverage = query(
            connection,
            "SELECT source, price_kind, tokens, priced_tokens, free_tokens FROM prices.week_coverage "
            "WHERE population = ? AND source <> 'any'",
            [population],
        )
        assert sorted(by_country) == sorted(coverage)
        cost = query(
            connection,
            "SELECT source, price_kind, CAST(sum(usd_per_million_tokens * tokens) AS DOUBLE) "
            "FROM prices.model_week_prices INNER JOIN weekly.model_tokens USING (week_start, model_permaslug) "
            f"WHERE {condition} AND over_prompt_tokens = 0 AND usd_per_million_tokens IS NOT NULL GROUP BY ALL",
        )
        for source, kind, usd in cost:
            [(averaged,)] = query(
                connection,
                "SELECT CAST(sum(usd_per_million_tokens * priced_tokens) AS DOUBLE) FROM prices.country_week_prices "
                "WHERE population = ? AND source = ? AND price_kind = ?",
                [population, source, kind],
            )
            # an average has nine decimals
            assert abs(averaged - usd) <= 1e-8 * all_tokens
