"""`tokentide sql`: one query on the published file, read-only, as a table for eyes or as CSV, JSON or Parquet."""

import csv
import io
import json
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from warehouse.editions import open_published, read_edition
from warehouse.errors import TokentideError
from warehouse.home import Home

_ROWS_SHOWN = 50
_WIDE_ENOUGH = 2_000
FORMATS = ("table", "csv", "json", "parquet")


class QueryFailed(TokentideError):
    """A query that DuckDB will not run, or an output that does not fit it."""

    exit_code = 2


def print_query(console: Console, home: Home, query: str, output_format: str, output: Path | None, cite: bool) -> None:
    """Runs the query and writes its rows to the screen or a file. Raises QueryFailed with what DuckDB says."""
    if output_format not in FORMATS:
        raise QueryFailed(f"There is no format {output_format!r}.", f"choose one of: {', '.join(FORMATS)}.")
    if output_format == "parquet" and output is None:
        raise QueryFailed("Parquet is no text for a screen.", "name a file: --output FILE.parquet.")
    with open_published(home) as published:
        citation = read_edition(published).citation
        rows = _run(published, query)
    if output_format == "table":
        _print_table(console, rows, output)
    elif output_format == "parquet" and output is not None:
        _write(output, _to_parquet(rows, citation))
    else:
        text = _to_csv(rows) if output_format == "csv" else _to_json(rows, citation if cite else None)
        if output is None:
            sys.stdout.write(text)
        else:
            _write(output, text.encode())
    if cite:
        _cite(console, output_format, output, citation)


def _cite(console: Console, output_format: str, output: Path | None, citation: str) -> None:
    """Beside the figures, never among them: a CSV on standard output stays a CSV."""
    if output is not None:
        _write(output.with_name(output.name + ".citation.txt"), (citation + "\n").encode())
    if output_format != "json" or output is not None:
        screen = console if output_format == "table" else Console(stderr=True)
        screen.print(escape(citation), highlight=False, soft_wrap=True)


def _run(published: duckdb.DuckDBPyConnection, query: str) -> pa.Table:
    # the query may come from anywhere: it sees the published file and nothing else of this machine
    published.execute("SET enable_external_access = false")
    try:
        relation = published.sql(query)
        if relation is None:
            raise QueryFailed("The query gives no rows.", "ask with SELECT, FROM, SHOW or DESCRIBE.")
        if wide := [name for name, kind in zip(relation.columns, relation.types, strict=True) if str(kind) in _WIDE]:
            # Arrow has no 128-bit integer; a sum of tokens must not become a float
            exact = ", ".join(f'CAST("{name}" AS DECIMAL(38, 0)) AS "{name}"' for name in wide)
            relation = relation.select(f"* REPLACE ({exact})")
        return relation.to_arrow_table()
    except duckdb.InvalidInputException as error:
        if "read-only" in str(error):
            raise QueryFailed("The published file is read-only.", "ask with SELECT, FROM, SHOW or DESCRIBE.") from error
        raise _failed(error) from error
    except duckdb.Error as error:
        raise _failed(error) from error


_WIDE = {"HUGEINT", "UHUGEINT"}


def _failed(error: duckdb.Error) -> QueryFailed:
    return QueryFailed(
        str(error).strip(), 'correct the query; `tokentide sql "SHOW ALL TABLES"` lists tables and their columns.'
    )


def _print_table(console: Console, rows: pa.Table, output: Path | None) -> None:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for field in rows.schema:
        is_text = pa.types.is_string(field.type)
        is_number = (
            pa.types.is_integer(field.type) or pa.types.is_floating(field.type) or pa.types.is_decimal(field.type)
        )
        table.add_column(
            escape(field.name), justify="right" if is_number else "left", no_wrap=not is_text, overflow="fold"
        )
    shown = rows if output else rows.slice(0, _ROWS_SHOWN)
    for row in zip(*(column.to_pylist() for column in shown.columns), strict=True):
        table.add_row(*(escape(_cell(value)) for value in row))
    if output is not None:
        text = io.StringIO()
        Console(file=text, width=_WIDE_ENOUGH).print(table)
        _write(output, text.getvalue().encode())
        return
    # a pipe or a file has no width: only a real terminal folds text to fit
    (console if console.is_terminal else Console(width=_WIDE_ENOUGH)).print(table)
    if rows.num_rows > _ROWS_SHOWN:
        console.print(f"... {rows.num_rows - _ROWS_SHOWN:,} more of {rows.num_rows:,} rows; --format csv gives all.")


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | Decimal):  # a sum of tokens comes as a Decimal, exact beyond 64 bits
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.4f}".rstrip("0").rstrip(".") if value == 0 or abs(value) >= 0.0001 else f"{value:.3g}"
    return str(value)


def _to_csv(rows: pa.Table) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(rows.column_names)
    writer.writerows(zip(*(column.to_pylist() for column in rows.columns), strict=True))
    return text.getvalue()


def _to_json(rows: pa.Table, citation: str | None) -> str:
    records = rows.to_pylist()
    answer = {"citation": citation, "rows": records} if citation else records
    return json.dumps(answer, indent=2, default=_json_value) + "\n"


def _json_value(value: object) -> int | float | str:
    """Whole decimals, such as sums of tokens, stay exact; others become the nearest double."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return str(value)


def _to_parquet(rows: pa.Table, citation: str) -> bytes:
    buffer = io.BytesIO()
    cited = rows.replace_schema_metadata({**(rows.schema.metadata or {}), b"citation": citation.encode()})
    pyarrow.parquet.write_table(cited, buffer)
    return buffer.getvalue()


def _write(path: Path, body: bytes) -> None:
    try:
        path.write_bytes(body)
    except OSError as error:
        raise QueryFailed(f"Could not write {path}: {error.strerror}.", "name a file that can be written.") from error
