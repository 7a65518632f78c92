"""The prices layer: what the sources mean, which names are one model, what was corrected; then prices over time."""

import duckdb
import pyarrow as pa

from assets.resources import Warehouse
from assets.table_assets import whole_table
from warehouse.build_inputs import fill_input
from warehouse.ingesting import unreviewed_prices
from warehouse.reference_files import read_reference_files


def _sources(_: Warehouse, __: duckdb.DuckDBPyConnection) -> pa.Table:
    return read_reference_files()["price_sources"]


def _corrections(_: Warehouse, __: duckdb.DuckDBPyConnection) -> pa.Table:
    return read_reference_files()["price_corrections"]


def _reviewed_names(_: Warehouse, connection: duckdb.DuckDBPyConnection) -> None:
    fill_input(connection, "reference_model_names", read_reference_files()["model_names"])


ASSETS = [
    whole_table("prices.sources", reads=frozenset(), rows=_sources),
    whole_table("prices.corrections", reads=frozenset({"prices.sources"}), rows=_corrections),
    whole_table("prices.model_names", rows=_reviewed_names),
    whole_table("prices.suspicions", explain=unreviewed_prices),
    whole_table("prices.model_prices", explain=unreviewed_prices),
    whole_table("prices.model_week_prices"),
    whole_table("prices.country_week_prices"),
    whole_table("prices.week_coverage"),
    whole_table("prices.comparisons"),
    whole_table("prices.unmatched_models"),
]
