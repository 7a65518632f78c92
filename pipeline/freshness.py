"""How old the tables may grow before Dagster shows them as late. Judged by its daemon, so only while that runs."""

from collections.abc import Iterable
from datetime import timedelta

import dagster as dg

from assets.snapshots import TOTALS_KEY

FRESHNESS: dict[dg.AssetKey, dg.FreshnessPolicy] = {
    # a day was missed; two were: of the totals, whatever else was fetched
    TOTALS_KEY: dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=50), warn_window=timedelta(hours=26)),
    # A warning: what was fetched in two days is in no table yet (catch_up builds after every fetch). A failure: the
    # weekly publication did not come either, and had a day to be made good.
    dg.AssetKey(["raw", "snapshots"]): dg.FreshnessPolicy.time_window(
        fail_window=timedelta(days=8), warn_window=timedelta(days=2)
    ),
    # Published since Monday 02:00 UTC, when a fetch can have brought the Sunday; late from 06:00 on until it is.
    dg.AssetKey("publication"): dg.FreshnessPolicy.cron(
        deadline_cron="0 6 * * 1", lower_bound_delta=timedelta(hours=4), timezone="UTC"
    ),
}


Asset = dg.AssetsDefinition | dg.AssetSpec


def with_freshness(assets: Iterable[Asset]) -> list[Asset]:
    """The assets, with the policies of those that have one."""
    return [_with_policy(one) if isinstance(one, dg.AssetSpec) else _with_policies(one) for one in assets]


def _with_policies(asset: dg.AssetsDefinition) -> dg.AssetsDefinition:
    return asset.map_asset_specs(_with_policy) if FRESHNESS.keys() & asset.keys else asset


def _with_policy(spec: dg.AssetSpec) -> dg.AssetSpec:
    policy = FRESHNESS.get(spec.key)
    return dg.apply_freshness_policy(spec, policy) if policy else spec
