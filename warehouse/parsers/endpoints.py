"""Bodies of who serves what: the endpoints of one model (`GET /api/v1/models/{author}/{slug}/endpoints`) and the
directory of providers (`GET /api/v1/providers`).

One row a price of an endpoint, in USD per million tokens; an endpoint without a price, and a model that nobody serves,
are one row each without a kind.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa

from warehouse.errors import SnapshotUnreadable
from warehouse.parsers.bodies import open_json_data, open_json_object, row_numbers, text_column
from warehouse.parsers.prices import stated_prices

ENDPOINTS_FORMAT = "openrouter-endpoints-json"
PROVIDERS_FORMAT = "openrouter-providers-json"

PARSED_ENDPOINTS = pa.schema(
    [
        ("row_number", pa.int64()),  # the endpoint's place in the answer; 0 on the one row of a model nobody serves
        ("model_id", pa.string()),
        ("provider_name", pa.string()),
        ("endpoint_tag", pa.string()),
        ("endpoint_name", pa.string()),
        ("quantization", pa.string()),
        ("context_length_text", pa.string()),
        ("status_text", pa.string()),
        ("uptime_text", pa.string()),  # per cent, of the last 30 minutes
        ("discount_text", pa.string()),
        ("price_kind", pa.string()),
        ("over_prompt_tokens_text", pa.string()),
        ("price_text", pa.string()),  # USD per million tokens, or `varies`
    ]
)
PARSED_PROVIDERS = pa.schema(
    [
        ("row_number", pa.int64()),
        ("provider_slug", pa.string()),
        ("provider_name", pa.string()),
        ("headquarters_text", pa.string()),
    ]
)
# What a price of other things than tokens is called here: pictures, seconds of film, searches for documents.
OTHER_UNIT = "other_unit"

_NAMES_IN_ANSWER = ("provider_name", "tag", "name", "quantization", "context_length", "status", "uptime_last_30m")
# In a `pricing` object, but no price per token: a share already taken off, and how the prices are shown.
_NO_PRICES = ("discount", "display_pricing")


def parse_endpoints(body: bytes) -> pa.Table:
    """Rows of PARSED_ENDPOINTS. Raises SnapshotUnreadable with the rule that the body breaks."""
    said = open_json_object(body)
    endpoints = said.get("endpoints")
    if not isinstance(endpoints, list) or not all(isinstance(endpoint, dict) for endpoint in endpoints):
        raise SnapshotUnreadable("the JSON has no list of objects under `data.endpoints`")
    model = said.get("id")
    rows = [(number, model, *row) for number, endpoint in enumerate(endpoints, 1) for row in _endpoint_rows(endpoint)]
    return _table(rows or [(0, model, *[None] * (len(PARSED_ENDPOINTS) - 2))], PARSED_ENDPOINTS)


def parse_providers(body: bytes) -> pa.Table:
    """Rows of PARSED_PROVIDERS. Raises SnapshotUnreadable with the rule that the body breaks."""
    providers = open_json_data(body)
    if not providers:
        raise SnapshotUnreadable("the JSON has no providers under `data`")
    columns = [
        text_column([provider.get(name) or None for provider in providers]) for name in ("slug", "name", "headquarters")
    ]
    return pa.table([row_numbers(len(providers)), *columns], schema=PARSED_PROVIDERS)


def _endpoint_rows(endpoint: dict[str, Any]) -> Iterator[tuple[object, ...]]:
    pricing = endpoint.get("pricing")
    discount, prices = None, pricing
    if isinstance(pricing, dict):
        discount = pricing.get("discount")
        prices = {name: price for name, price in pricing.items() if name not in _NO_PRICES}
    said = (*(endpoint.get(name) for name in _NAMES_IN_ANSWER), discount)
    stated = [*stated_prices(prices), *_other_units(pricing)]
    yield from ((*said, *price) for price in stated)
    if not stated:
        yield (*said, None, None, None)


def _other_units(pricing: object) -> Iterator[tuple[str, str, str]]:
    """Prices that are shown per picture or second and stand nowhere else."""
    shown = pricing.get("display_pricing") if isinstance(pricing, dict) else None
    for price in shown if isinstance(shown, list) else []:
        if not isinstance(price, dict) or price.get("kind") != "token":
            yield OTHER_UNIT, "0", str(price.get("price") if isinstance(price, dict) else price)


def _table(rows: list[tuple[object, ...]], columns: pa.Schema) -> pa.Table:
    numbers, *texts = zip(*rows, strict=True)
    return pa.table([pa.array(numbers, pa.int64()), *(text_column(list(column)) for column in texts)], columns)


ENDPOINT_PARSERS: dict[str, Callable[[bytes], pa.Table]] = {ENDPOINTS_FORMAT: parse_endpoints}
PROVIDER_PARSERS: dict[str, Callable[[bytes], pa.Table]] = {PROVIDERS_FORMAT: parse_providers}
