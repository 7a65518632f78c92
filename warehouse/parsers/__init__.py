"""From a snapshot's bytes to rows of text, one parser a format. Strict about the columns that matter, blind to others.

Whether a row is any good is not decided here: values stay as they were found, and `sql/staging/snapshot_days.sql`
and `sql/staging/catalogue_statements.sql` judge them. A parser only refuses a body that it cannot read at all.
"""

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
    "EXPORT_FORMAT",
    "PARSED_PRICES",
    "PARSED_ROWS",
    "PRICE_ARCHIVE_FORMAT",
    "PRICE_PARSERS",
    "TEXT_PRICE_KINDS",
    "USAGE_ARCHIVE_FORMAT",
    "parse_prices",
    "parse_usage",
]
