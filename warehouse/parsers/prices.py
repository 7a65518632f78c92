"""Bodies of prices: our own archives, and OpenRouter's catalogue (`GET /api/v1/models`).

One row a statement of a price: model, kind, prompt-length tier. A model listed without a price is one row without a
kind. Prices come out in USD per million tokens, whatever unit the format has.
"""

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pyarrow as pa

from warehouse.errors import SnapshotUnreadable
from warehouse.parsers.bodies import columns_as_text, open_json_data, open_parquet, row_numbers, text_column

PRICE_ARCHIVE_FORMAT = "tokentide-prices-parquet-1"
CATALOGUE_FORMAT = "openrouter-models-json"

PARSED_PRICES = pa.schema(
    [
        ("row_number", pa.int64()),  # of the body: a row of our archive, a model of the catalogue's list
        ("observed_at_text", pa.string()),  # empty: as of the snapshot
        ("model_id", pa.string()),
        ("canonical_slug", pa.string()),
        ("hugging_face_id", pa.string()),
        ("created_at_text", pa.string()),
        ("status", pa.string()),  # listed, or removed
        ("price_kind", pa.string()),
        ("over_prompt_tokens_text", pa.string()),
        ("price_text", pa.string()),  # USD per million tokens, or `varies`
    ]
)

_ARCHIVE_COLUMNS = (
    "observed_at",
    "model",
    "canonical_slug",
    "hugging_face_id",
    "created_at",
    "status",
    "kind",
    "over_prompt_tokens",
    "usd_per_million",
)
# The catalogue's names of prices per text token; every other name passes as it is, and staging counts it as not used.
_CATALOGUE_KINDS = {
    "prompt": "input",
    "completion": "output",
    "input_cache_read": "cache_read",
    "input_cache_write": "cache_write",
    "input_cache_write_1h": "cache_write_1h",
    "internal_reasoning": "reasoning",
}
TEXT_PRICE_KINDS = tuple(_CATALOGUE_KINDS.values())


def parse_prices(body: bytes, body_format: str) -> pa.Table:
    """Rows of PARSED_PRICES. Raises SnapshotUnreadable with the rule that the body breaks."""
    return PRICE_PARSERS[body_format](body)


def _parse_archive(body: bytes) -> pa.Table:
    table = open_parquet(body)
    columns = columns_as_text(table, "Parquet file", _ARCHIVE_COLUMNS)
    return pa.table([row_numbers(table.num_rows), *columns], schema=PARSED_PRICES)


def _parse_catalogue(body: bytes) -> pa.Table:
    models = open_json_data(body)
    if not models:
        raise SnapshotUnreadable("the JSON has no models under `data`")
    rows = [(number, *price) for number, model in enumerate(models, 1) for price in _catalogue_prices(model)]
    numbers, *texts = zip(*rows, strict=True)
    return pa.table([pa.array(numbers, pa.int64()), *(text_column(list(column)) for column in texts)], PARSED_PRICES)


def _catalogue_prices(model: dict[str, Any]) -> Iterator[tuple[object, ...]]:
    created = model.get("created")
    said = (None, model.get("id"), model.get("canonical_slug"), model.get("hugging_face_id") or None, created, "listed")
    prices = list(stated_prices(model.get("pricing")))
    yield from ((*said, *price) for price in prices)
    if not prices:
        yield (*said, None, None, None)


def stated_prices(pricing: object) -> Iterator[tuple[str, str, str]]:
    """Kind, tier and price of OpenRouter's `pricing`: the base tier, then what `overrides` states over a prompt length.

    What has another shape comes out as a price that is no number: staging rejects that model and keeps the others.
    """
    if pricing is None:
        return
    overrides = pricing.get("overrides") or [] if isinstance(pricing, dict) else None
    if not isinstance(pricing, dict) or not isinstance(overrides, list):
        yield "input", "0", "pricing of another shape"
        return
    for tier in [pricing, *overrides]:
        if not isinstance(tier, dict) or (tier is not pricing and "min_prompt_tokens" not in tier):
            yield "input", "0", "price override of another shape"
            return
        over = "0" if tier is pricing else str(tier["min_prompt_tokens"])
        for name, per_token in tier.items():
            if name not in ("overrides", "min_prompt_tokens") and per_token is not None:
                yield _CATALOGUE_KINDS.get(name, str(name)), over, _per_million(str(per_token))


def _per_million(per_token: str) -> str:
    """Exact. -1 is the catalogue's word for a price that varies; what is no number stays: staging judges it."""
    if not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]{1,2})?", per_token, re.ASCII):
        return per_token
    price = Decimal(per_token)
    if price == -1:
        return "varies"
    sign, digits, exponent = price.as_tuple()
    assert isinstance(exponent, int)  # the pattern lets no infinity through
    return format(Decimal((sign, digits, exponent + 6)), "f")


PRICE_PARSERS: dict[str, Callable[[bytes], pa.Table]] = {
    PRICE_ARCHIVE_FORMAT: _parse_archive,
    CATALOGUE_FORMAT: _parse_catalogue,
}
