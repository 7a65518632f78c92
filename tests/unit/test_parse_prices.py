"""Bytes of prices to rows of text: our archive, and the catalogue as OpenRouter serves it."""

import contextlib
import gzip
import io
import json
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet
import pytest
from building import catalogue_body, catalogue_model, listed, price_archive_body, removed, shared_file
from hypothesis import given
from hypothesis import strategies as st

from pipeline.archive import ARCHIVE_DIRECTORY
from warehouse.errors import SnapshotUnreadable
from warehouse.parsers import CATALOGUE_FORMAT, PARSED_PRICES, PRICE_ARCHIVE_FORMAT, PRICE_PARSERS, parse_prices

AT = "2026-01-05T00:00:00Z"
STATEMENTS = [
    listed(AT, "us/a", input="0.30", output="1.10", tiers={200_000: {"output": "2.2"}}, canonical_slug="us/a-0105"),
    listed(AT, "us/b"),
    removed(AT, "us/c"),
]
MODELS = [catalogue_model("us/a", prompt="0.0000003", completion="0.0000011"), catalogue_model("us/b", prompt="0")]
DAYS = ["2026-07-17", "2026-07-18", "2026-07-19"]


def rows(table: pa.Table) -> list[tuple]:
    """Model, kind, tier and price of each row."""
    names = ["model_id", "price_kind", "over_prompt_tokens_text", "price_text"]
    return [tuple(row.values()) for row in table.select(names).to_pylist()]


def catalogue(*models: dict) -> pa.Table:
    return parse_prices(catalogue_body(models), CATALOGUE_FORMAT)


def price(per_token: object) -> str:
    """What is made of one price, given as the JSON value."""
    return catalogue(catalogue_model("us/a", prompt=per_token)).column("price_text")[0].as_py()


# --- archive ---


def test_archive_keeps_every_statement_as_text() -> None:
    parsed = parse_prices(price_archive_body(STATEMENTS), PRICE_ARCHIVE_FORMAT)
    assert parsed.schema == PARSED_PRICES
    assert rows(parsed) == [
        ("us/a", "input", "0", "0.30"),
        ("us/a", "output", "0", "1.10"),
        ("us/a", "output", "200000", "2.2"),
        ("us/b", None, None, None),
        ("us/c", None, None, None),
    ]
    assert parsed.column("row_number").to_pylist() == [1, 2, 3, 4, 5]
    assert parsed.column("status").to_pylist() == ["listed"] * 4 + ["removed"]
    assert parsed.column("canonical_slug").to_pylist() == ["us/a-0105"] * 3 + [None] * 2
    assert set(parsed.column("observed_at_text").to_pylist()) == {AT}


def test_truncated_archive_is_refused() -> None:
    with pytest.raises(SnapshotUnreadable, match="not a whole Parquet file"):
        parse_prices(price_archive_body(STATEMENTS)[:-20], PRICE_ARCHIVE_FORMAT)


def test_archive_without_a_column_names_it() -> None:
    buffer = io.BytesIO()
    table = pyarrow.parquet.read_table(io.BytesIO(price_archive_body(STATEMENTS)))
    pyarrow.parquet.write_table(table.drop_columns(["status"]), buffer)
    with pytest.raises(SnapshotUnreadable, match="the Parquet file has no column status"):
        parse_prices(buffer.getvalue(), PRICE_ARCHIVE_FORMAT)


def test_archive_without_rows_is_refused() -> None:
    with pytest.raises(SnapshotUnreadable, match="the Parquet file has no rows"):
        parse_prices(price_archive_body([]), PRICE_ARCHIVE_FORMAT)


# --- catalogue ---


@pytest.mark.parametrize(
    ("per_token", "per_million"),
    [
        ("0.000003", "3"),
        ("0.00000009", "0.09"),
        ("0.0000011", "1.1"),
        ("3e-7", "0.3"),
        ("0", "0"),
        ("0.000000123456789", "0.123456789"),
        (0.0000003, "0.3"),  # a JSON number keeps its digits, too
    ],
)
def test_prices_per_token_come_out_per_million_exactly(per_token: object, per_million: str) -> None:
    found = price(per_token)
    assert Decimal(found) == Decimal(per_million)
    assert "E" not in found.upper()


@pytest.mark.parametrize("per_token", ["-1", "-1.0", -1])
def test_minus_one_is_a_price_that_varies(per_token: object) -> None:
    assert price(per_token) == "varies"


@pytest.mark.parametrize("text", ["", "free", "0,5", "NaN", "Infinity", "[1]"])
def test_what_is_no_number_stays_as_it_is_for_staging_to_judge(text: str) -> None:
    assert price(text) == text


def test_other_negative_prices_stay_negative() -> None:
    assert price("-0.000002") == "-2"


def test_kinds_of_text_tokens_get_our_names_and_others_keep_theirs() -> None:
    pricing = ["prompt", "completion", "input_cache_read", "input_cache_write", "input_cache_write_1h"]
    pricing += ["internal_reasoning", "image", "web_search", "never_seen_before"]
    parsed = catalogue(catalogue_model("us/a", **dict.fromkeys(pricing, "0.000001")))
    assert parsed.column("price_kind").to_pylist() == [
        *("input", "output", "cache_read", "cache_write", "cache_write_1h", "reasoning"),
        *("image", "web_search", "never_seen_before"),
    ]


def test_overrides_are_tiers_over_a_prompt_length() -> None:
    overrides = [
        {"min_prompt_tokens": 200_000, "prompt": "0.000002", "completion": "0.000009"},
        {"min_prompt_tokens": 500_000, "prompt": "0.000004"},
    ]
    assert rows(catalogue(catalogue_model("us/a", prompt="0.000001", overrides=overrides))) == [
        ("us/a", "input", "0", "1"),
        ("us/a", "input", "200000", "2"),
        ("us/a", "output", "200000", "9"),
        ("us/a", "input", "500000", "4"),
    ]


@pytest.mark.parametrize("pricing", [None, {}, {"prompt": None}, {"overrides": []}, {"overrides": None}])
def test_a_model_without_a_price_is_one_row_without_a_kind(pricing: object) -> None:
    model = {"id": "us/a", "canonical_slug": "us/a-0105", "pricing": pricing}
    parsed = catalogue(model, catalogue_model("us/b", prompt="0.000001"))
    assert rows(parsed) == [("us/a", None, None, None), ("us/b", "input", "0", "1")]
    assert parsed.column("row_number").to_pylist() == [1, 2]


def test_a_model_says_its_permaslug_weights_and_birth() -> None:
    model = catalogue_model("us/a", "us/a-0105", prompt="0") | {"hugging_face_id": "Us/A", "created": 1_784_215_858}
    [row] = catalogue(model).to_pylist()
    assert (row["canonical_slug"], row["hugging_face_id"], row["created_at_text"]) == (
        "us/a-0105",
        "Us/A",
        "1784215858",
    )
    assert (row["status"], row["observed_at_text"]) == ("listed", None)


@pytest.mark.parametrize("weights", ["", None])
def test_an_empty_name_of_weights_is_none(weights: str | None) -> None:
    parsed = catalogue(catalogue_model("us/a", prompt="0") | {"hugging_face_id": weights})
    assert parsed.column("hugging_face_id").to_pylist() == [None]


@pytest.mark.parametrize("pricing", [[], "0.1", 7, {"overrides": "x"}, {"overrides": {"a": 1}}, {"overrides": 7}])
def test_pricing_of_another_shape_is_no_price_of_that_model_alone(pricing: object) -> None:
    parsed = catalogue(MODELS[0], {"id": "us/b", "pricing": pricing}).to_pylist()
    assert [(row["row_number"], row["price_text"]) for row in parsed if row["model_id"] == "us/b"] == [
        (2, "pricing of another shape")
    ]
    assert len(parsed) > 1


@pytest.mark.parametrize("override", [None, "x", ["prompt"], {"prompt": "0.1"}])
def test_an_override_of_another_shape_spoils_the_model_by_name(override: object) -> None:
    parsed = catalogue(catalogue_model("us/a", prompt="0", overrides=[override]))
    assert parsed.column("price_text").to_pylist() == ["0", "price override of another shape"]


@pytest.mark.parametrize("body", [b"[]", b"null", b'{"error": {}}', b'{"data": {}}', b'{"data": ["x"]}'])
def test_a_catalogue_without_a_list_of_objects_is_refused(body: bytes) -> None:
    with pytest.raises(SnapshotUnreadable, match="no list of objects under `data`"):
        parse_prices(body, CATALOGUE_FORMAT)


def test_a_catalogue_without_models_is_refused() -> None:
    with pytest.raises(SnapshotUnreadable, match="the JSON has no models under `data`"):
        catalogue()


def test_a_key_twice_in_a_price_is_refused() -> None:
    body = b'{"data": [{"id": "us/a", "pricing": {"prompt": "0.1", "prompt": "0.2"}}]}'
    with pytest.raises(SnapshotUnreadable, match="the key 'prompt' stands twice"):
        parse_prices(body, CATALOGUE_FORMAT)


def test_a_truncated_catalogue_is_refused() -> None:
    with pytest.raises(SnapshotUnreadable, match="not whole JSON"):
        parse_prices(catalogue_body(MODELS)[:-3], CATALOGUE_FORMAT)


# --- never a crash ---


@given(body=st.binary(max_size=200), body_format=st.sampled_from(list(PRICE_PARSERS)))
def test_any_bytes_are_parsed_or_refused_but_never_crash(body: bytes, body_format: str) -> None:
    with contextlib.suppress(SnapshotUnreadable):
        assert parse_prices(body, body_format).schema == PARSED_PRICES


numbers = st.one_of(st.decimals(), st.floats(), st.integers(), st.from_regex(r"-?[0-9]{1,12}([.][0-9]{1,30})?")).map(
    str
)
json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), numbers),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["prompt", "completion", "overrides", "min_prompt_tokens", "x"]), inner),
    ),
    max_leaves=6,
)


@given(
    models=st.lists(
        st.fixed_dictionaries({}, optional={"id": json_values, "created": json_values, "pricing": json_values}),
        max_size=3,
    )
)
def test_any_json_is_parsed_or_refused_but_never_crashes(models: list[dict]) -> None:
    with contextlib.suppress(SnapshotUnreadable):
        parsed = parse_prices(catalogue_body(models), CATALOGUE_FORMAT)
        assert parsed.schema == PARSED_PRICES
        assert set(parsed.column("row_number").to_pylist()) == set(range(1, len(models) + 1))


@pytest.mark.parametrize("text", ["sNaN", "1e999999", "-sNaN"])
def test_numbers_that_decimal_cannot_multiply_stay_as_they_are(text: str) -> None:
    assert price(text) == text


@pytest.mark.parametrize("text", ["1_0", " 1", "\u0661"])
def test_only_plain_digits_are_a_number(text: str) -> None:
    assert price(text) == text


def test_a_price_of_more_digits_than_decimal_keeps_by_itself_is_exact() -> None:
    assert price("1.000000000000000000000000000000001") == "1000000.000000000000000000000000001"


# --- the real thing ---


@pytest.mark.parametrize("day", DAYS)
def test_real_days_agree_with_the_built_in_archive(day: str) -> None:
    models = json.loads(gzip.decompress(shared_file(f"models/api_v1_models_{day}.json.gz").read_bytes()))
    served = parse_prices(catalogue_body(models), CATALOGUE_FORMAT).to_pylist()
    archive = parse_prices((ARCHIVE_DIRECTORY / "prices-catalogue.parquet").read_bytes(), PRICE_ARCHIVE_FORMAT)
    kinds = {"input", "output", "cache_read", "cache_write", "cache_write_1h", "reasoning", None}
    said = [name for name in PARSED_PRICES.names if name not in ("row_number", "observed_at_text")]
    expected = {tuple(row[name] for name in said) for row in served if row["price_kind"] in kinds}
    assert len({row["model_id"] for row in served}) == len(models) >= 338
    assert {
        tuple(row[name] for name in said)
        for row in archive.to_pylist()
        if row["observed_at_text"] == f"{day}T00:00:00Z"
    } == expected
