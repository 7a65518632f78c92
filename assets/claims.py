"""The claims layer: what others published, and what the figures say of it."""

import duckdb
import pyarrow as pa

from assets.resources import Warehouse
from assets.table_assets import whole_table
from warehouse.claim_files import read_claims


def _claims(_: Warehouse, __: duckdb.DuckDBPyConnection) -> pa.Table:
    return read_claims()


ASSETS = [
    whole_table("claims.claims", reads=frozenset(), rows=_claims),
    whole_table("claims.verdicts"),
]
