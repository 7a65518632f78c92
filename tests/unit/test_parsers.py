"""Bytes to rows of text, in each of the three formats."""

import contextlib
import io
import json
from datetime import date

import pyarrow as pa
import pyarrow.parquet
import pytest
from building import BODIES, api_body, archive_body, export_body
from hypothesis import given
from hypothesis import strategies as st

from warehouse.errors import SnapshotUnreadable
from warehouse.parsers import API_FORMAT, EXPORT_FORMAT, PARSED_ROWS, USAGE_ARCHIVE_FORMAT, parse_usage

DAY = date(2026, 1, 5)
ROWS = [(DAY, "qwen/a-20260101:free", 7), (DAY, "perplexity/pplx-embed-v1-0.6B", 0), (DAY, "other", 12)]
HEADER = b"date,model_permaslug,rank,total_tokens,share_of_daily_tokens\r\n"
BEYOND_64_BITS = "123456789012345678901234567890"

slugs = st.from_regex(r"[a-z0-9][a-z0-9.-]{0,12}/[A-Za-z0-9][A-Za-z0-9.:_-]{0,20}", fullmatch=True)
valid_rows = st.lists(
    st.tuples(
        st.dates(date(2024, 12, 30), date(2030, 1, 1)),
        st.one_of(slugs, st.just("other")),
        st.integers(0, 2**63 - 1),
    ),
    min_size=1,
    max_size=30,
)


def texts(rows: pa.Table) -> list[tuple]:
    return [tuple(row.values()) for row in rows.to_pylist()]


def api(data: object) -> bytes:
    return json.dumps({"data": data}).encode()


def api_tokens(json_number: str) -> str | None:
    body = f'{{"data": [{{"date": "2026-01-05", "model_permaslug": "a/b", "total_tokens": {json_number}}}]}}'
    return parse_usage(body.encode(), API_FORMAT).column("tokens_text")[0].as_py()


@pytest.mark.parametrize("body_format", BODIES)
@given(rows=valid_rows)
def test_valid_rows_survive_the_round_trip(body_format: str, rows: list) -> None:
    parsed = parse_usage(BODIES[body_format](rows), body_format)
    expected = [(number, str(day), slug, str(tokens)) for number, (day, slug, tokens) in enumerate(rows, 1)]
    assert parsed.schema == PARSED_ROWS
    assert texts(parsed) == expected


@given(rows=valid_rows)
def test_three_formats_of_the_same_rows_parse_to_the_same_table(rows: list) -> None:
    api_rows, export_rows, archive_rows = (parse_usage(make(rows), name) for name, make in BODIES.items())
    assert api_rows == export_rows == archive_rows


@given(body=st.binary(max_size=200), body_format=st.sampled_from(list(BODIES)))
def test_any_bytes_are_parsed_or_refused_but_never_crash(body: bytes, body_format: str) -> None:
    with contextlib.suppress(SnapshotUnreadable):
        assert parse_usage(body, body_format).schema == PARSED_ROWS


def test_unknown_format_is_named() -> None:
    with pytest.raises(SnapshotUnreadable, match="no parser for the format carrier-pigeon"):
        parse_usage(b"", "carrier-pigeon")


@pytest.mark.parametrize("body_format", BODIES)
def test_empty_body_is_refused(body_format: str) -> None:
    with pytest.raises(SnapshotUnreadable):
        parse_usage(b"", body_format)


# --- archive (Parquet) ---


def test_truncated_archive_is_refused() -> None:
    with pytest.raises(SnapshotUnreadable, match="not a whole Parquet file"):
        parse_usage(archive_body(ROWS)[:-20], USAGE_ARCHIVE_FORMAT)


def test_archive_with_a_damaged_page_is_refused() -> None:
    with pytest.raises(SnapshotUnreadable, match="not a whole Parquet file"):
        parse_usage(b"PAR1" + b"\xff" * 200 + archive_body(ROWS)[-100:], USAGE_ARCHIVE_FORMAT)


def test_archive_without_a_column_names_it() -> None:
    buffer = io.BytesIO()
    pyarrow.parquet.write_table(pa.table({"day": [DAY], "model": ["a/b"]}), buffer)
    with pytest.raises(SnapshotUnreadable, match="the Parquet file has no column tokens"):
        parse_usage(buffer.getvalue(), USAGE_ARCHIVE_FORMAT)


def test_archive_nulls_stay_missing() -> None:
    assert texts(parse_usage(archive_body([(None, None, None)]), USAGE_ARCHIVE_FORMAT)) == [(1, None, None, None)]


# --- export (CSV) ---


def test_export_reads_crlf_and_plain_line_ends_alike() -> None:
    body = export_body(ROWS)
    assert parse_usage(body, EXPORT_FORMAT) == parse_usage(body.replace(b"\r\n", b"\n"), EXPORT_FORMAT)


def test_export_tolerates_extra_and_reordered_columns() -> None:
    body = b"total_tokens,extra,model_permaslug,date\r\n7,x,a/b,2026-01-05\r\n"
    assert texts(parse_usage(body, EXPORT_FORMAT)) == [(1, "2026-01-05", "a/b", "7")]


@pytest.mark.parametrize("column", ["date", "model_permaslug", "total_tokens"])
def test_export_without_a_column_names_it(column: str) -> None:
    body = export_body(ROWS).replace(column.encode(), b"renamed", 1)
    with pytest.raises(SnapshotUnreadable, match=f"the CSV has no column {column}"):
        parse_usage(body, EXPORT_FORMAT)


def test_export_truncated_in_its_last_line_is_refused() -> None:
    with pytest.raises(SnapshotUnreadable, match="truncated: it does not end with a line break"):
        parse_usage(export_body(ROWS)[:-5], EXPORT_FORMAT)


def test_export_line_with_too_few_fields_is_refused() -> None:
    with pytest.raises(SnapshotUnreadable, match="not a CSV of ASCII text"):
        parse_usage(HEADER + b"2026-01-05,a/b,1\r\n", EXPORT_FORMAT)


@pytest.mark.parametrize("text", ["é", "中"])
def test_export_with_a_header_that_is_not_ascii_is_refused(text: str) -> None:
    with pytest.raises(SnapshotUnreadable, match="not a CSV of ASCII text"):
        parse_usage(text.encode() + HEADER, EXPORT_FORMAT)


def test_export_with_broken_utf8_in_a_row_is_refused() -> None:
    with pytest.raises(SnapshotUnreadable, match="not a CSV of ASCII text"):
        parse_usage(HEADER + b"2026-01-05,a/b\xff,1,7,0.5\r\n", EXPORT_FORMAT)


def test_export_with_a_header_alone_is_refused() -> None:
    with pytest.raises(SnapshotUnreadable, match="the CSV has no rows"):
        parse_usage(HEADER, EXPORT_FORMAT)


def test_export_with_a_doubled_column_is_refused() -> None:
    with pytest.raises(SnapshotUnreadable):
        parse_usage(b"date,date,model_permaslug,total_tokens\r\n2026-01-05,2026-01-06,a/b,7\r\n", EXPORT_FORMAT)


@pytest.mark.parametrize("text", ["", "-5", "1.0", "1e3", "NULL", BEYOND_64_BITS, "007", " 7"])
def test_export_keeps_the_text_of_a_figure(text: str) -> None:
    parsed = parse_usage(export_body([(DAY, "a/b", text)]), EXPORT_FORMAT)
    assert parsed.column("tokens_text").to_pylist() == [text]


# --- API (JSON) ---


def test_api_tokens_may_be_strings_or_integers() -> None:
    assert api_tokens('"42"') == api_tokens("42") == "42"


@pytest.mark.parametrize("number", [BEYOND_64_BITS, f'"{BEYOND_64_BITS}"'])
def test_api_numbers_beyond_64_bits_keep_their_digits(number: str) -> None:
    assert api_tokens(number) == BEYOND_64_BITS


@pytest.mark.parametrize(
    ("number", "text"),
    [("1.0", "1.0"), ("1e3", "1e3"), ("true", "True"), ("null", None), ("NaN", "nan"), ("[1]", "['1']")],
)
def test_api_values_that_are_no_whole_numbers_stay_recognisable(number: str, text: str | None) -> None:
    assert api_tokens(number) == text


def test_api_tolerates_extra_fields() -> None:
    row = {"date": "2026-01-05", "model_permaslug": "a/b", "total_tokens": "7", "new": {"deep": 1}}
    assert texts(parse_usage(json.dumps({"data": [row], "more": 1}).encode(), API_FORMAT)) == [
        (1, "2026-01-05", "a/b", "7")
    ]


def test_api_row_without_a_field_leaves_it_missing() -> None:
    assert texts(parse_usage(api([{"date": "2026-01-05"}]), API_FORMAT)) == [(1, "2026-01-05", None, None)]


def test_api_without_rows_is_refused() -> None:
    with pytest.raises(SnapshotUnreadable, match="the JSON has no rows"):
        parse_usage(api([]), API_FORMAT)


def test_api_with_a_key_twice_in_a_row_is_refused() -> None:
    body = b'{"data": [{"date": "2026-01-05", "model_permaslug": "a/b", "total_tokens": "5", "total_tokens": "7"}]}'
    with pytest.raises(SnapshotUnreadable, match="the key 'total_tokens' stands twice"):
        parse_usage(body, API_FORMAT)


def test_truncated_json_is_refused() -> None:
    with pytest.raises(SnapshotUnreadable, match="not whole JSON"):
        parse_usage(api_body(ROWS)[:-10], API_FORMAT)


@pytest.mark.parametrize("body", [b"[]", b"null", b'{"error": {"code": 429}}', api({}), api(["x"]), api(None)])
def test_json_without_a_list_of_objects_is_refused(body: bytes) -> None:
    with pytest.raises(SnapshotUnreadable, match="no list of objects under `data`"):
        parse_usage(body, API_FORMAT)


@pytest.mark.parametrize(
    "body",
    [
        b'{"data": ' + b"[" * 100_000,
        b'{"data": [{"date": "2026-01-05", "model_permaslug": "a/\\ud800", "total_tokens": "7"}]}',
    ],
    ids=["nested too deeply", "half a surrogate pair"],
)
def test_json_that_python_cannot_hold_is_refused(body: bytes) -> None:
    with pytest.raises(SnapshotUnreadable):
        parse_usage(body, API_FORMAT)
