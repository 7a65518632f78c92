"""Rows and inputs of tables that come from the curated reference files; what a file means is told in the warehouse."""

import duckdb
import pyarrow as pa

from assets.resources import Warehouse
from assets.table_assets import Rows
from warehouse.build_inputs import fill_input
from warehouse.reference_files import read_reference_files


def rows_of(file_name: str) -> Rows:
    """The rows of a table that is one reference file."""

    def rows(_: Warehouse, __: duckdb.DuckDBPyConnection) -> pa.Table:
        return read_reference_files()[file_name]

    return rows


def fill_reference_inputs(_: Warehouse, connection: duckdb.DuckDBPyConnection) -> None:
    """For a table whose SELECT reads reference files: each is a temporary table, `temp.reference_<file>`."""
    for name, rows in read_reference_files().items():
        fill_input(connection, f"reference_{name}", rows)
