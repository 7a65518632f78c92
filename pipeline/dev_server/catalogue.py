"""The bodies of catalogue, endpoints and providers, made from the last catalogue in the built-in archive.

The archive has neither endpoints nor providers: each model gets one endpoint at its catalogue price, each author is a
provider. Their figures mean nothing; their shapes are the documented ones.
"""

from collections import defaultdict
from decimal import Decimal
from functools import cache
from typing import Any

import pyarrow.parquet

from pipeline.archive import ARCHIVE_DIRECTORY

_NAMES_OF_KINDS = {
    "input": "prompt",
    "output": "completion",
    "cache_read": "input_cache_read",
    "cache_write": "input_cache_write",
    "cache_write_1h": "input_cache_write_1h",
    "reasoning": "internal_reasoning",
}


@cache
def models() -> list[dict[str, Any]]:
    """The list of `GET /api/v1/models`."""
    rows = pyarrow.parquet.read_table(ARCHIVE_DIRECTORY / "prices-catalogue.parquet").to_pylist()
    last = max(row["observed_at"] for row in rows)
    rows_of_model: defaultdict[str, list[dict[str, str]]] = defaultdict(list)
    for row in rows:
        if row["observed_at"] == last:
            rows_of_model[row["model"]].append(row)
    return [_model(of_model) for of_model in rows_of_model.values()]


def endpoints(model_id: str) -> dict[str, Any] | None:
    """What `GET /api/v1/models/{author}/{slug}/endpoints` says under `data`; None where the model is not listed."""
    for model in models():
        if model_id in (model["id"], model["canonical_slug"]):
            author = model["id"].split("/")[0].removeprefix("~")
            endpoint = {
                "name": f"{author} | {model['canonical_slug']}",
                "model_name": model["id"],
                "pricing": {name: price for name, price in model["pricing"].items() if name != "overrides"},
                "provider_name": author,
                "tag": author,
                "quantization": "unknown",
                "context_length": 131072,
                "status": 0,
                "uptime_last_30m": None,
            }
            return {"id": model["id"], "name": model["id"], "created": model["created"], "endpoints": [endpoint]}
    return None


def providers() -> list[dict[str, Any]]:
    """The list of `GET /api/v1/providers`."""
    authors = sorted({model["id"].split("/")[0].removeprefix("~") for model in models()})
    unknown = dict.fromkeys(("privacy_policy_url", "terms_of_service_url", "status_page_url", "headquarters"))
    return [{"name": author, "slug": author, **unknown, "datacenters": []} for author in authors]


def _model(rows: list[dict[str, str]]) -> dict[str, Any]:
    prices: defaultdict[int, dict[str, Any]] = defaultdict(dict)
    for row in rows:
        if row["kind"] is not None:
            prices[int(row["over_prompt_tokens"])][_NAMES_OF_KINDS[row["kind"]]] = _per_token(row["usd_per_million"])
    pricing = prices.pop(0, {})
    if prices:
        pricing["overrides"] = [{"min_prompt_tokens": over, **tier} for over, tier in sorted(prices.items())]
    said = rows[0]
    return {
        "id": said["model"],
        "canonical_slug": said["canonical_slug"],
        "hugging_face_id": said["hugging_face_id"],
        "name": said["model"],
        "created": int(said["created_at"]),
        "pricing": pricing,
    }


def _per_token(usd_per_million: str) -> str:
    return "-1" if usd_per_million == "varies" else format(Decimal(usd_per_million).scaleb(-6), "f")
