"""Rows and inputs of tables that come from the curated reference files; what a file means is told in the warehouse."""

import duckdb
import pyarrow as pa

from assets.resources import Warehouse
from assets.table_assets import Rows
from warehouse.build_inputs import fill_reference_inputs
from warehouse.known_facts import read_facts


def rows_of(file_name: str) -> Rows:
    """The rows of a table that is one reference file."""

    def rows(_: Warehouse, __: duckdb.DuckDBPyConnection) -> pa.Table:
        return read_facts()[file_name]

    return rows


def reference_inputs(_: Warehouse, connection: duckdb.DuckDBPyConnection) -> None:
    """For a table whose SELECT reads reference files: each is a temporary table, `temp.reference_<file>`."""
    fill_reference_inputs(connection, read_facts())
