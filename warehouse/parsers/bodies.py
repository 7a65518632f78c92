"""Opens bodies that are Parquet, CSV or JSON, or says which rule they break. What they hold is for the parsers."""

import io
import json
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from warehouse.errors import SnapshotUnreadable


def open_parquet(body: bytes) -> pa.Table:
    """Raises SnapshotUnreadable."""
    try:
        return pyarrow.parquet.read_table(io.BytesIO(body))
    except (pa.ArrowException, OSError) as error:
        raise SnapshotUnreadable(f"not a whole Parquet file: {error}") from error


def open_csv(body: bytes) -> pa.Table:
    """All columns as text. Raises SnapshotUnreadable."""
    if not body.endswith(b"\n"):
        raise SnapshotUnreadable("the CSV is truncated: it does not end with a line break")
    try:
        header = body[: body.index(b"\n")].decode("ascii").strip().split(",")
        as_text = pyarrow.csv.ConvertOptions(column_types=dict.fromkeys(header, pa.string()))
        return pyarrow.csv.read_csv(io.BytesIO(body), convert_options=as_text)
    except (pa.ArrowException, UnicodeDecodeError) as error:
        raise SnapshotUnreadable(f"not a CSV of ASCII text: {error}") from error


def open_json_data(body: bytes) -> list[dict[str, Any]]:
    """The list of objects under `data`. Numbers stay the text they were: no float may round a figure on its way.

    Raises SnapshotUnreadable.
    """
    rows = _json_data(body)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise SnapshotUnreadable("the JSON has no list of objects under `data`")
    return rows


def open_json_object(body: bytes) -> dict[str, Any]:
    """The one object under `data`, its numbers as text too. Raises SnapshotUnreadable."""
    said = _json_data(body)
    if not isinstance(said, dict):
        raise SnapshotUnreadable("the JSON has no object under `data`")
    return said


def text_column(values: list[object]) -> pa.Array:
    """The values as text, None as empty. Raises SnapshotUnreadable for text that no encoding can write."""
    try:
        return pa.array([None if value is None else str(value) for value in values], pa.string())
    except UnicodeEncodeError as error:
        raise SnapshotUnreadable(f"the JSON has text that is no Unicode: {error.reason}") from error


def columns_as_text(table: pa.Table, kind: str, names: tuple[str, ...]) -> list[pa.ChunkedArray]:
    """The named columns, each there exactly once, as text. Raises SnapshotUnreadable, also where there are no rows."""
    for name in names:
        if (found := table.column_names.count(name)) != 1:
            raise SnapshotUnreadable(f"the {kind} has {found or 'no'} column{'s' if found else ''} {name}")
    if table.num_rows == 0:
        raise SnapshotUnreadable(f"the {kind} has no rows")
    return [table.column(name).cast(pa.string()) for name in names]


def row_numbers(rows: int) -> pa.Array:
    """Counted from 1, header aside."""
    return pa.array(range(1, rows + 1), pa.int64())


def _json_data(body: bytes) -> object:
    try:
        answer = json.loads(body, parse_int=str, parse_float=str, object_pairs_hook=_without_doubles)
    except (ValueError, RecursionError) as error:
        raise SnapshotUnreadable(f"not whole JSON: {error}") from error
    return answer.get("data") if isinstance(answer, dict) else None


def _without_doubles(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """JSON lets a key stand twice and would keep the last; which one is meant nobody can know."""
    values = dict(pairs)
    if len(values) != len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"the key {next(key for key in keys if keys.count(key) > 1)!r} stands twice in one object")
    return values
