"""What a week rests on, as an asset: a view with one hash a week, and an event for each week whose hash is new.

Dagster would call every week stale as soon as a whole table that it reads has new rows anywhere. So weekly tables
depend on these instead, and only the weeks for which something has changed are shown as stale; a fetch says so before
anything is built. Not here: which weeks a run has to build (warehouse/builds.py), which asks the same hashes.
"""

from collections.abc import Iterator, Mapping
from datetime import date

import dagster as dg
from dagster._core.definitions.data_version import DATA_VERSION_TAG
from dagster._core.storage.tags import BACKFILL_ID_TAG

from assets.lineage import tables_read
from assets.partitions import WEEKS, weeks_of
from assets.resources import Warehouse
from assets.table_assets import (
    WRITER_POOL,
    asset_key,
    code_version_of,
    no_data,
    result_without_events,
    spec_of,
    version_tags,
)
from warehouse.contracts import CONTRACTS


def week_versions(name: str, hash_column: str, stands_for: frozenset[str] = frozenset()) -> dg.AssetsDefinition:
    """The asset of a view with the columns week_start and `hash_column`.

    It stands for all that the view reads, and for other tables whose weeks change with the same hash.
    """
    contract = CONTRACTS[name]
    key = asset_key(contract)

    @dg.multi_asset(
        name=key.to_python_identifier(),
        specs=[spec_of(contract, tables_read(name) | stands_for).replace_attributes(partitions_def=WEEKS)],
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool=WRITER_POOL,
    )
    def versions(context: dg.AssetExecutionContext, warehouse: dg.ResourceParam[Warehouse]) -> Iterator[object]:
        with warehouse.writing() as connection:
            warehouse.report(name)
            hashes = dict(connection.execute(f"SELECT week_start, {hash_column} FROM {name}").fetchall())
        weeks = weeks_of(context)
        # weeks that are not built now have been looked at, too: or they would be stale for the newer tables behind
        known = {date.fromisoformat(week) for week in context.instance.get_materialized_partitions(key)}
        for week in sorted(hashes.keys() & {*weeks, *known}):
            tags = version_tags(context, key, hashes[week], code_version_of(contract))
            context.log_event(dg.AssetMaterialization(key, partition=week.isoformat(), tags=tags))
        if BACKFILL_ID_TAG in context.run.tags:
            for week in set(weeks) - hashes.keys():
                context.log_event(no_data(contract, week))
        yield result_without_events(contract)

    return versions


def new_week_versions(
    instance: dg.DagsterInstance, name: str, hashes: Mapping[date, str]
) -> Iterator[dg.AssetMaterialization]:
    """Events for the weeks whose hash differs from what was last built, for whoever knows it before the build.

    None where nothing was ever built: there, no week is stale.
    """
    key = asset_key(CONTRACTS[name])
    known = instance.event_log_storage.get_latest_tags_by_partition(
        key, dg.DagsterEventType.ASSET_MATERIALIZATION, [DATA_VERSION_TAG]
    )
    for week, figures_hash in sorted(hashes.items()):
        if known and known.get(week.isoformat(), {}).get(DATA_VERSION_TAG) != figures_hash:
            yield dg.AssetMaterialization(key, partition=week.isoformat(), tags={DATA_VERSION_TAG: figures_hash})
