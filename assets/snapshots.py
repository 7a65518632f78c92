"""The raw layer: what the sources gave, put into the store as it came, and listed."""

import duckdb
import pyarrow as pa

from assets.resources import Warehouse
from assets.table_assets import whole_table
from warehouse.snapshots import SnapshotStore, snapshots_to_arrow


def _observe(warehouse: Warehouse, _: duckdb.DuckDBPyConnection) -> pa.Table:
    store = SnapshotStore(warehouse.home)
    for source in warehouse.sources:
        for body, origin, sha256 in source.observations():
            store.put(body, origin, sha256)
    return snapshots_to_arrow(store.snapshots())


ASSETS = [whole_table("raw.snapshots", reads=frozenset(), rows=_observe)]
