"""How old the tables may grow before Dagster shows them as late. Judged by its daemon, so only while that runs."""

from collections.abc import Iterable
from datetime import timedelta

import dagster as dg

FRESHNESS: dict[dg.AssetKey, dg.FreshnessPolicy] = {
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


def with_freshness(assets: Iterable[dg.AssetsDefinition]) -> list[dg.AssetsDefinition]:
    """The assets, with the policies of those that have one."""
    return [asset.map_asset_specs(_with_policy) if FRESHNESS.keys() & asset.keys else asset for asset in assets]


def _with_policy(spec: dg.AssetSpec) -> dg.AssetSpec:
    policy = FRESHNESS.get(spec.key)
    return dg.apply_freshness_policy(spec, policy) if policy else spec
