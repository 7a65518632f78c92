"""The attribution layer: the curated facts, the decision for every model, and the days with lab and country."""

import duckdb
import pyarrow as pa

from assets.resources import Warehouse
from assets.table_assets import weekly_table, whole_table
from warehouse.build_inputs import fill_input
from warehouse.reference_files import read_reference_files


def _labs(_: Warehouse, __: duckdb.DuckDBPyConnection) -> pa.Table:
    return read_reference_files()["labs"]


def _aliases(_: Warehouse, __: duckdb.DuckDBPyConnection) -> pa.Table:
    return read_reference_files()["aliases"]


def _reference_inputs(_: Warehouse, connection: duckdb.DuckDBPyConnection) -> None:
    for name, rows in read_reference_files().items():
        fill_input(connection, f"reference_{name}", rows)


ASSETS = [
    whole_table("attribution.labs", reads=frozenset(), rows=_labs),
    whole_table("attribution.aliases", reads=frozenset({"attribution.labs"}), rows=_aliases),
    whole_table("attribution.models", rows=_reference_inputs),
    weekly_table("attribution.model_day_tokens"),
    whole_table("attribution.openness", rows=_reference_inputs),
]
