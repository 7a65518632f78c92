"""The staging layer: typed rows, every raw row accounted for."""

from collections.abc import Collection
from datetime import date

import duckdb

from assets.resources import Warehouse
from assets.table_assets import weekly_table, whole_table
from assets.week_versions import week_versions
from warehouse.ingesting import (
    load_parsed,
    price_rejections,
    quarantine_days,
    quarantine_serving,
    quarantine_statements,
    rejections,
    serving_rejections,
    shrunken_days,
)
from warehouse.parsers import ENDPOINTS, PRICES, PROVIDERS, USAGE
from warehouse.snapshots import SnapshotStore


def _parse(warehouse: Warehouse, connection: duckdb.DuckDBPyConnection) -> None:
    load_parsed(connection, SnapshotStore(warehouse.home), USAGE)


def _parse_prices(warehouse: Warehouse, connection: duckdb.DuckDBPyConnection) -> None:
    load_parsed(connection, SnapshotStore(warehouse.home), PRICES)


def _parse_serving(warehouse: Warehouse, connection: duckdb.DuckDBPyConnection) -> None:
    for kind in (ENDPOINTS, PROVIDERS):
        load_parsed(connection, SnapshotStore(warehouse.home), kind)


def _quarantine(warehouse: Warehouse, connection: duckdb.DuckDBPyConnection) -> None:
    quarantine_days(connection, warehouse.home)


def _quarantine_statements(warehouse: Warehouse, connection: duckdb.DuckDBPyConnection) -> None:
    quarantine_statements(connection, warehouse.home)


def _quarantine_serving(warehouse: Warehouse, connection: duckdb.DuckDBPyConnection) -> None:
    quarantine_serving(connection, warehouse.home)


def _why_weeks_fail(connection: duckdb.DuckDBPyConnection, weeks: Collection[date | None]) -> list[str]:
    return [*rejections(connection, weeks), *shrunken_days(connection, weeks)]


ASSETS = [
    whole_table("staging.snapshot_days", rows=_parse, after=_quarantine),
    whole_table("staging.model_day_token_vintages", rows=_parse, explain=rejections),
    week_versions("staging.week_figures", "figures_hash", stands_for=frozenset({"staging.model_day_token_vintages"})),
    weekly_table("staging.model_day_tokens", reads=frozenset({"staging.week_figures"}), explain=_why_weeks_fail),
    whole_table(
        "staging.catalogue_statements", rows=_parse_prices, after=_quarantine_statements, explain=price_rejections
    ),
    whole_table("staging.catalogue_models", rows=_parse_prices, explain=price_rejections),
    whole_table("staging.catalogue_prices", rows=_parse_prices),
    whole_table(
        "staging.serving_statements", rows=_parse_serving, after=_quarantine_serving, explain=serving_rejections
    ),
    whole_table("staging.providers", rows=_parse_serving, explain=serving_rejections),
    whole_table("staging.endpoint_prices", rows=_parse_serving, explain=serving_rejections),
]
