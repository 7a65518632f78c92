"""The kinds of snapshots: which formats say the same sort of thing, how they are parsed, and into which staging inputs.

A new format of a kind is a line in its parsers; a new kind is a line here and staging SQL that reads its inputs.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pyarrow as pa

from warehouse.errors import SnapshotUnreadable
from warehouse.parsers.endpoints import ENDPOINT_PARSERS, PARSED_ENDPOINTS, PARSED_PROVIDERS, PROVIDER_PARSERS
from warehouse.parsers.prices import PARSED_PRICES, PRICE_PARSERS
from warehouse.parsers.usage import PARSED_ROWS, USAGE_PARSERS


@dataclass(frozen=True)
class Kind:
    """`rows_input` takes what is read of its snapshots, `failures_input` the bodies that cannot be, with the rule."""

    parsers: Mapping[str, Callable[[bytes], pa.Table]]
    columns: pa.Schema
    rows_input: str
    failures_input: str

    def parse(self, body: bytes, body_format: str) -> pa.Table:
        """Rows of `columns`. Raises SnapshotUnreadable with the rule that the body breaks."""
        parser = self.parsers.get(body_format)
        if parser is None:
            raise SnapshotUnreadable(f"no parser for the format {body_format}")
        return parser(body)


USAGE = Kind(USAGE_PARSERS, PARSED_ROWS, "parsed_rows", "parse_failures")
PRICES = Kind(PRICE_PARSERS, PARSED_PRICES, "parsed_prices", "price_parse_failures")
ENDPOINTS = Kind(ENDPOINT_PARSERS, PARSED_ENDPOINTS, "parsed_endpoints", "endpoint_parse_failures")
PROVIDERS = Kind(PROVIDER_PARSERS, PARSED_PROVIDERS, "parsed_providers", "provider_parse_failures")
KINDS = (USAGE, PRICES, ENDPOINTS, PROVIDERS)


def kind_of(body_format: str) -> Kind:
    """A format that nobody knows counts as usage: there it is quarantined by name and stops a publication."""
    return next((kind for kind in KINDS if body_format in kind.parsers), USAGE)
