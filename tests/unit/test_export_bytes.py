"""From figures to the bytes of the export: parsing them gives the figures back, and their order does not matter."""

import random
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.export_bytes import HEADER, export_bytes, shortest_decimal
from warehouse.parsers import EXPORT_FORMAT, parse_usage

MONDAY, TUESDAY = date(2026, 1, 5), date(2026, 1, 6)
slugs = st.from_regex(r"[a-z0-9][a-z0-9.-]{0,12}/[A-Za-z0-9][A-Za-z0-9.:_-]{0,20}", fullmatch=True)
figures = st.lists(
    st.tuples(
        st.dates(date(2024, 12, 30), date(2030, 1, 1)),
        st.one_of(slugs, st.just("other")),
        st.one_of(st.integers(0, 9), st.integers(0, 10**15)),
    ),
    min_size=1,
    max_size=30,
    unique_by=lambda row: row[:2],
)


def test_a_file_as_the_source_writes_it() -> None:
    rows = [
        (TUESDAY, "a/x", 5),
        (MONDAY, "other", 60),
        (MONDAY, "b/y:free", 10),
        (MONDAY, "a/z", 10),
        (MONDAY, "c/w", 20),
    ]
    assert export_bytes(rows) == (
        b"date,model_permaslug,rank,total_tokens,share_of_daily_tokens\r\n"
        b"2026-01-05,c/w,1,20,0.2\r\n"
        b"2026-01-05,a/z,2,10,0.1\r\n"
        b"2026-01-05,b/y:free,3,10,0.1\r\n"
        b"2026-01-05,other,,60,0.6\r\n"
        b"2026-01-06,a/x,1,5,1\r\n"
    )


def test_a_day_without_tokens_has_no_shares() -> None:
    assert export_bytes([(MONDAY, "a/x", 0)]).splitlines()[1] == b"2026-01-05,a/x,1,0,0"


@given(rows=figures)
def test_parsing_what_was_built_gives_the_figures_back(rows: list) -> None:
    parsed = parse_usage(export_bytes(rows), EXPORT_FORMAT).to_pylist()
    found = [(date.fromisoformat(row["date_text"]), row["model_permaslug"], int(row["tokens_text"])) for row in parsed]
    assert sorted(found) == sorted(rows)
    assert [row[0] for row in found] == sorted(row[0] for row in rows)


@given(rows=figures, seed=st.integers())
def test_the_order_of_the_rows_does_not_matter(rows: list, seed: int) -> None:
    shuffled = random.Random(seed).sample(rows, len(rows))
    assert export_bytes(shuffled) == export_bytes(rows)


@given(rows=figures)
def test_every_line_has_rank_and_share_and_ends_with_crlf(rows: list) -> None:
    header, *lines, end = export_bytes(rows).decode().split("\r\n")
    assert (header, end) == (HEADER, "")
    totals: dict[str, int] = {}
    for day, _, tokens in rows:
        totals[str(day)] = totals.get(str(day), 0) + tokens
    ranks: dict[str, list[int]] = {}
    for line in lines:
        day, model, rank, tokens, share = line.split(",")
        assert (rank == "") == (model == "other")
        if rank:
            ranks.setdefault(day, []).append(int(rank))
        assert float(share) == (int(tokens) / totals[day] if totals[day] else 0)
    assert all(of_day == list(range(1, len(of_day) + 1)) for of_day in ranks.values())


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.17878289305008183, "0.17878289305008183"),
        (1e-05, "0.00001"),
        (1.5e-06, "0.0000015"),
        (1e-06, "0.000001"),
        (9.5e-07, "9.5e-7"),
        (1e-10, "1e-10"),
        (0.0, "0"),
        (1.0, "1"),
    ],
)
def test_small_shares_are_written_as_the_source_would(share: float, text: str) -> None:
    assert shortest_decimal(share) == text


@given(share=st.floats(0, 1, allow_subnormal=False))
def test_a_share_reads_back_as_itself(share: float) -> None:
    text = shortest_decimal(share)
    assert float(text) == share
    assert "e" not in text or share < 1e-6
