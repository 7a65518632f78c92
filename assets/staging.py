"""The staging layer: typed rows, every raw row accounted for."""

import duckdb

from assets.resources import Warehouse
from assets.table_assets import weekly_table, whole_table
from warehouse.ingesting import load_parsed_rows, quarantine_days, rejections
from warehouse.snapshots import SnapshotStore


def _parse(warehouse: Warehouse, connection: duckdb.DuckDBPyConnection) -> None:
    load_parsed_rows(connection, SnapshotStore(warehouse.home))


def _quarantine(warehouse: Warehouse, connection: duckdb.DuckDBPyConnection) -> None:
    quarantine_days(connection, warehouse.home)


ASSETS = [
    whole_table("staging.snapshot_days", rows=_parse, after=_quarantine),
    whole_table("staging.model_day_token_vintages", rows=_parse, explain=rejections),
    weekly_table("staging.model_day_tokens", explain=rejections),
]
