"""What the table SQL reads besides tables: temporary relations that a build fills first, named `temp.<name>` in SQL."""

from collections.abc import Mapping

import duckdb
import pyarrow as pa

from warehouse.parsers import KINDS
from warehouse.reference_files import FILES_READ_BY_SQL

BUILD_INPUTS: dict[str, pa.Schema] = {
    # the weeks that a build is to make
    "weeks_at_hand": pa.schema([("week_start", pa.date32())]),
    # every row of every snapshot as text, an input a kind: parsed_rows (usage), parsed_prices, ...
    **{kind.rows_input: pa.schema([("snapshot_id", pa.string()), *kind.columns]) for kind in KINDS},
    # bodies that a parser could not read, and the rule they break
    **{kind.failures_input: pa.schema([("snapshot_id", pa.string()), ("reason", pa.string())]) for kind in KINDS},
    # the curated reference files that are no tables
    **{f"reference_{file.name}": file.columns for file in FILES_READ_BY_SQL},
}


def fill_input(connection: duckdb.DuckDBPyConnection, name: str, rows: pa.Table | None = None) -> None:
    """Makes the temporary table anew, with the given rows or empty."""
    schema = BUILD_INPUTS[name]
    connection.register("input_rows", schema.empty_table() if rows is None else rows.cast(schema))
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT * FROM input_rows")
    connection.unregister("input_rows")


def fill_reference_inputs(connection: duckdb.DuckDBPyConnection, facts: Mapping[str, pa.Table]) -> None:
    """Makes the temporary tables `temp.reference_<file>` of the reference files that SELECTs read."""
    for file in FILES_READ_BY_SQL:
        fill_input(connection, f"reference_{file.name}", facts[file.name])
