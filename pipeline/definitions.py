"""Binds it all for Dagster: assets, jobs, schedules, sensors, resources, and an executor that runs a whole run in one
process."""

from collections.abc import Callable, Iterator
from functools import partial

import dagster as dg

from assets import attribution, claims, prices, publication, snapshots, staging, weekly
from assets.resources import FetchRequest, LiveSource, Warehouse
from pipeline.archive import BuiltInArchive
from pipeline.conditions import BUILDS_ALL, mark_stale_weeks, with_conditions
from pipeline.freshness import with_freshness
from pipeline.run_job import FETCH_JOB_NAME, JOB_NAME
from pipeline.schedules import make_schedules
from pipeline.sensors import make_sensors
from pipeline.settings import Settings
from warehouse.shell import called


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
        live=partial(_ask_openrouter, settings),
    )


def _ask_openrouter(settings: Settings, request: FetchRequest, report: Callable[[str], None]) -> LiveSource:
    # only here: no build asks the network, and the import of its client would cost every one of them half a second
    from pipeline.fetching import LiveOpenRouter

    return LiveOpenRouter(settings, request, report)


def _for_one_run(warehouse: Warehouse) -> dg.ResourceDefinition:
    @dg.resource
    def of_run(context: dg.InitResourceContext) -> Iterator[Warehouse]:
        run = f"run {context.run.run_id} of {context.run.job_name} in Dagster" if context.run else "Dagster"
        with warehouse.for_one_run(run, context.log.info if context.log else lambda _: None) as of_this_run:
            yield of_this_run

    return of_run


def build_definitions(warehouse: Warehouse | None = None) -> dg.Definitions:
    """All definitions, on the given warehouse or that of the settings."""
    settings = Settings()
    layers = (snapshots, staging, attribution, weekly, prices, claims, publication)
    publish_job = dg.define_asset_job(
        JOB_NAME,
        selection=dg.AssetSelection.all(),
        tags=BUILDS_ALL,
        description="From the stored snapshots to the published file, for one week or a range in a single run. Weeks "
        "that fail a blocking check keep their old rows, and nothing is published: the check says what was seen, and "
        f"where the rejected rows are. In a shell: `{called('tokentide')} run`",
    )
    return dg.Definitions(
        assets=with_conditions(with_freshness(asset for layer in layers for asset in layer.ASSETS)),
        jobs=[publish_job, fetch_live],
        schedules=make_schedules(fetch_live, publish_job),
        sensors=[*make_sensors(fetch_live, publish_job, settings), mark_stale_weeks()],
        resources={"warehouse": _for_one_run(warehouse or make_warehouse(settings))},
        # one writer at a time and small steps: a process per step would cost more than the work
        executor=dg.in_process_executor,
    )


defs = build_definitions()
