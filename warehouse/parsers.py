"""From a snapshot's bytes to rows of text, one parser a format. Strict about the columns that matter, blind to others.

Whether a row is any good is not decided here: values stay as they were found, and
`sql/staging/snapshot_days.sql` judges them. A parser only refuses a body that it cannot read at all.
"""

import io
import json
from collections.abc import Callable

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from warehouse.errors import SnapshotUnreadable

ARCHIVE_FORMAT = "tokentide-usage-parquet-1"
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


def parse(body: bytes, body_format: str) -> pa.Table:
    """Rows of PARSED_ROWS. Raises SnapshotUnreadable with the rule that the body breaks."""
    parser = _PARSERS.get(body_format)
    if parser is None:
        raise SnapshotUnreadable(f"no parser for the format {body_format}")
    return parser(body)


def _parse_archive(body: bytes) -> pa.Table:
    try:
        table = pyarrow.parquet.read_table(io.BytesIO(body))
    except (pa.ArrowException, OSError) as error:
        raise SnapshotUnreadable(f"not a whole Parquet file: {error}") from error
    return _rows(table, "Parquet file", _ARCHIVE_COLUMNS)


def _parse_export(body: bytes) -> pa.Table:
    if not body.endswith(b"\n"):
        raise SnapshotUnreadable("the CSV is truncated: it does not end with a line break")
    try:
        header = body[: body.index(b"\n")].decode("ascii").strip().split(",")
        as_text = pyarrow.csv.ConvertOptions(column_types=dict.fromkeys(header, pa.string()))
        table = pyarrow.csv.read_csv(io.BytesIO(body), convert_options=as_text)
    except (pa.ArrowException, UnicodeDecodeError) as error:
        raise SnapshotUnreadable(f"not a CSV of ASCII text: {error}") from error
    return _rows(table, "CSV")


def _parse_api(body: bytes) -> pa.Table:
    try:
        # numbers stay the text they were: no float may round a token count on its way
        answer = json.loads(body, parse_int=str, parse_float=str, object_pairs_hook=_without_doubles)
    except (ValueError, RecursionError) as error:
        raise SnapshotUnreadable(f"not whole JSON: {error}") from error
    rows = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise SnapshotUnreadable("the JSON has no list of objects under `data`")
    try:
        columns = {
            name: pa.array([None if row.get(name) is None else str(row[name]) for row in rows], pa.string())
            for name in _COLUMNS
        }
    except UnicodeEncodeError as error:
        raise SnapshotUnreadable(f"the JSON has text that is no Unicode: {error.reason}") from error
    return _rows(pa.table(columns), "JSON")


def _without_doubles(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """JSON lets a key stand twice and would keep the last; which one is meant nobody can know."""
    values = dict(pairs)
    if len(values) != len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"the key {next(key for key in keys if keys.count(key) > 1)!r} stands twice in one object")
    return values


def _rows(table: pa.Table, kind: str, names: tuple[str, ...] = _COLUMNS) -> pa.Table:
    for name in names:
        if (found := table.column_names.count(name)) != 1:
            raise SnapshotUnreadable(f"the {kind} has {found or 'no'} column{'s' if found else ''} {name}")
    if table.num_rows == 0:
        raise SnapshotUnreadable(f"the {kind} has no rows")
    columns = [pa.array(range(1, table.num_rows + 1), pa.int64())]
    columns += [table.column(name).cast(pa.string()) for name in names]
    return pa.table(columns, schema=PARSED_ROWS)


_PARSERS: dict[str, Callable[[bytes], pa.Table]] = {
    ARCHIVE_FORMAT: _parse_archive,
    EXPORT_FORMAT: _parse_export,
    API_FORMAT: _parse_api,
}
