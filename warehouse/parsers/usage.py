"""Bodies of daily token totals: our own archive, the keyless export, the Data API."""

from collections.abc import Callable

import pyarrow as pa

from warehouse.errors import SnapshotUnreadable
from warehouse.parsers.bodies import columns_as_text, open_csv, open_json_data, open_parquet, row_numbers, text_column

USAGE_ARCHIVE_FORMAT = "tokentide-usage-parquet-1"
EXPORT_FORMAT = "openrouter-rankings-daily-csv"
API_FORMAT = "openrouter-rankings-daily-json"

PARSED_ROWS = pa.schema(
    [
        ("row_number", pa.int64()),  # counted from 1, header aside
        ("date_text", pa.string()),
        ("model_permaslug", pa.string()),
        ("tokens_text", pa.string()),
    ]
)

_COLUMNS = ("date", "model_permaslug", "total_tokens")
_ARCHIVE_COLUMNS = ("day", "model", "tokens")


def parse_usage(body: bytes, body_format: str) -> pa.Table:
    """Rows of PARSED_ROWS. Raises SnapshotUnreadable with the rule that the body breaks."""
    parser = USAGE_PARSERS.get(body_format)
    if parser is None:
        raise SnapshotUnreadable(f"no parser for the format {body_format}")
    return parser(body)


def _parse_archive(body: bytes) -> pa.Table:
    return _rows(open_parquet(body), "Parquet file", _ARCHIVE_COLUMNS)


def _parse_export(body: bytes) -> pa.Table:
    return _rows(open_csv(body), "CSV", _COLUMNS)


def _parse_api(body: bytes) -> pa.Table:
    rows = open_json_data(body)
    return _rows(pa.table({name: text_column([row.get(name) for row in rows]) for name in _COLUMNS}), "JSON", _COLUMNS)


def _rows(table: pa.Table, kind: str, names: tuple[str, ...]) -> pa.Table:
    return pa.table([row_numbers(table.num_rows), *columns_as_text(table, kind, names)], schema=PARSED_ROWS)


USAGE_PARSERS: dict[str, Callable[[bytes], pa.Table]] = {
    USAGE_ARCHIVE_FORMAT: _parse_archive,
    EXPORT_FORMAT: _parse_export,
    API_FORMAT: _parse_api,
}
