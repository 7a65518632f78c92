"""Binds it all for Dagster: assets, the job, resources, and an executor that runs a whole run in one process."""

from collections.abc import Mapping

import dagster as dg

from assets import attribution, claims, prices, publication, snapshots, staging, weekly
from assets.resources import Warehouse
from pipeline.archive import BuiltInArchive
from pipeline.fetching import LiveOpenRouter
from pipeline.settings import Settings

JOB_NAME = "build_and_publish"
FETCH_JOB_NAME = "fetch_live"


@dg.job(
    name=FETCH_JOB_NAME,
    description="Fetches what OpenRouter has published since the newest day at hand, and its price catalogue.",
)
def fetch_live() -> None:
    snapshots.fetch()


def make_warehouse(settings: Settings) -> Warehouse:
    """The warehouse resource under the settings' home, fed by the built-in archive."""
    return Warehouse(
        home=settings.state,
        sources=[BuiltInArchive()],
        lock_wait_seconds=settings.lock_wait_seconds,
        editions_to_keep=settings.editions_to_keep,
        live=lambda request, report: LiveOpenRouter(settings, request, report),
    )


def build_definitions(resource_overrides: Mapping[str, object] | None = None) -> dg.Definitions:
    """All definitions; tests and the command line swap resources."""
    resources = {"warehouse": make_warehouse(Settings()), **(resource_overrides or {})}
    layers = (snapshots, staging, attribution, weekly, prices, claims, publication)
    return dg.Definitions(
        assets=[asset for layer in layers for asset in layer.ASSETS],
        jobs=[
            dg.define_asset_job(
                JOB_NAME,
                selection=dg.AssetSelection.all(),
                description="From the stored snapshots to the published file, for one week or a range in a single run.",
            ),
            fetch_live,
        ],
        resources=resources,
        # one writer at a time and small steps: a process per step would cost more than the work
        executor=dg.in_process_executor,
    )


defs = build_definitions()
