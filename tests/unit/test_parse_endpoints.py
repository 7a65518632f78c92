"""Bytes of endpoints and providers to rows of text, as OpenRouter serves them; and which kind a format is of."""

import contextlib
import json

import pyarrow as pa
import pytest
from building import endpoint, endpoints_body, providers_body
from hypothesis import given
from hypothesis import strategies as st

from warehouse.errors import SnapshotUnreadable
from warehouse.parsers import (
    CATALOGUE_FORMAT,
    ENDPOINTS,
    ENDPOINTS_FORMAT,
    KINDS,
    PRICES,
    PROVIDERS,
    PROVIDERS_FORMAT,
    USAGE,
    Kind,
    kind_of,
)

TEXT_MODEL = endpoint(
    "novita/fp8",
    {
        "prompt": "0.00000015",
        "completion": "0.0000009",
        "input_cache_read": "0.00000003",
        "discount": 0.25,
        "overrides": [{"min_prompt_tokens": 200000, "prompt": "0.0000003"}],
        "display_pricing": [{"kind": "token", "sku_label": "Input Price", "price": "0.00000015"}],
    },
)
FILM_MODEL = endpoint(
    "alibaba",
    {
        "prompt": "0",
        "completion": "0",
        "discount": 0,
        "display_pricing": [{"kind": "unit", "sku_label": "Video", "price": "0.0988", "unitLabel": "/second"}],
    },
)


def parsed(*endpoints: dict) -> pa.Table:
    return ENDPOINTS.parse(endpoints_body("a/b", endpoints), ENDPOINTS_FORMAT)


def prices(table: pa.Table) -> list[tuple]:
    names = ["row_number", "price_kind", "over_prompt_tokens_text", "price_text"]
    return [tuple(row.values()) for row in table.select(names).to_pylist()]


def test_an_endpoint_has_a_row_a_price_per_million_tokens() -> None:
    table = parsed(TEXT_MODEL)
    assert table.schema == ENDPOINTS.columns
    assert prices(table) == [
        (1, "input", "0", "0.15"),
        (1, "output", "0", "0.9"),
        (1, "cache_read", "0", "0.03"),
        (1, "input", "200000", "0.3"),
    ]
    row = table.to_pylist()[0]
    assert (row["model_id"], row["endpoint_tag"], row["provider_name"]) == ("a/b", "novita/fp8", "Novita")
    assert (row["context_length_text"], row["status_text"], row["uptime_text"], row["discount_text"]) == (
        "131072",
        "0",
        "99.5",
        "0.25",
    )


def test_what_is_priced_per_second_is_told_apart_from_what_is_priced_per_token() -> None:
    assert prices(parsed(FILM_MODEL)) == [
        (1, "input", "0", "0"),
        (1, "output", "0", "0"),
        (1, "other_unit", "0", "0.0988"),
    ]


def test_an_endpoint_without_prices_and_a_model_without_endpoints_are_a_row_each() -> None:
    assert prices(parsed(TEXT_MODEL | {"pricing": None})) == [(1, None, None, None)]
    assert prices(parsed()) == [(0, None, None, None)]


def test_pricing_of_another_shape_stays_to_be_judged() -> None:
    assert prices(parsed(endpoint("x", ["1"]))) == [(1, "input", "0", "pricing of another shape")]


def test_providers_are_a_row_each_with_headquarters_or_none() -> None:
    table = PROVIDERS.parse(providers_body({"novita": "US", "poolside": None}), PROVIDERS_FORMAT)
    assert table.to_pylist() == [
        {"row_number": 1, "provider_slug": "novita", "provider_name": "Novita", "headquarters_text": "US"},
        {"row_number": 2, "provider_slug": "poolside", "provider_name": "Poolside", "headquarters_text": None},
    ]


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        (b"{", "not whole JSON"),
        (b'{"data": []}', "no object under `data`"),
        (b'{"data": {"id": "a/b"}}', "no list of objects under `data.endpoints`"),
        (b'{"data": {"id": "a/b", "endpoints": [1]}}', "no list of objects under `data.endpoints`"),
        (b'{"data": {"id": "a/b", "id": "a/c", "endpoints": []}}', "the key 'id' stands twice"),
    ],
)
def test_a_body_that_is_no_answer_is_refused(body: bytes, rule: str) -> None:
    with pytest.raises(SnapshotUnreadable, match=rule):
        ENDPOINTS.parse(body, ENDPOINTS_FORMAT)


def test_a_directory_without_providers_is_refused() -> None:
    with pytest.raises(SnapshotUnreadable, match="no providers"):
        PROVIDERS.parse(json.dumps({"data": []}).encode(), PROVIDERS_FORMAT)


@given(body=st.binary(max_size=200), kind=st.sampled_from([ENDPOINTS, PROVIDERS]))
def test_any_bytes_are_rows_or_refused(body: bytes, kind: Kind) -> None:
    [body_format] = kind.parsers
    with contextlib.suppress(SnapshotUnreadable):
        assert kind.parse(body, body_format).schema == kind.columns


def test_every_format_is_of_one_kind_and_an_unknown_one_is_rejected_as_usage() -> None:
    formats = [body_format for kind in KINDS for body_format in kind.parsers]
    assert len(formats) == len(set(formats))
    assert [kind_of(name) for name in (CATALOGUE_FORMAT, ENDPOINTS_FORMAT, PROVIDERS_FORMAT)] == [
        PRICES,
        ENDPOINTS,
        PROVIDERS,
    ]
    assert kind_of("carrier-pigeon") == USAGE
    with pytest.raises(SnapshotUnreadable, match="no parser for the format carrier-pigeon"):
        USAGE.parse(b"", "carrier-pigeon")
