"""From a snapshot's bytes to rows of text, one parser a format. Strict about the columns that matter, blind to others.

Whether a row is any good is not decided here: values stay as they were found, and `snapshot_days.sql`,
`catalogue_statements.sql` and `serving_statements.sql` of `sql/staging/` judge them. A parser only refuses a body that
it cannot read at all.
"""

from warehouse.parsers.endpoints import ENDPOINTS_FORMAT, PROVIDERS_FORMAT
from warehouse.parsers.kinds import ENDPOINTS, KINDS, PRICES, PROVIDERS, USAGE, Kind, kind_of
from warehouse.parsers.prices import (
    CATALOGUE_FORMAT,
    PARSED_PRICES,
    PRICE_ARCHIVE_FORMAT,
    PRICE_PARSERS,
    TEXT_PRICE_KINDS,
    parse_prices,
)
from warehouse.parsers.usage import API_FORMAT, EXPORT_FORMAT, PARSED_ROWS, USAGE_ARCHIVE_FORMAT, parse_usage

__all__ = [
    "API_FORMAT",
    "CATALOGUE_FORMAT",
    "ENDPOINTS",
    "ENDPOINTS_FORMAT",
    "EXPORT_FORMAT",
    "KINDS",
    "PARSED_PRICES",
    "PARSED_ROWS",
    "PRICES",
    "PRICE_ARCHIVE_FORMAT",
    "PRICE_PARSERS",
    "PROVIDERS",
    "PROVIDERS_FORMAT",
    "TEXT_PRICE_KINDS",
    "USAGE",
    "USAGE_ARCHIVE_FORMAT",
    "Kind",
    "kind_of",
    "parse_prices",
    "parse_usage",
]
