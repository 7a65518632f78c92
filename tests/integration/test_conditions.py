"""What the conditions on assets ask for after each thing that can happen, evaluated on an instance of its own."""

from collections.abc import Iterator

import building
import dagster as dg
import pytest
from building import days_of, full_day, full_weeks
from job_runs import run_job
from test_staleness import FIGURES, WEEKS, fetch, stale

from assets.resources import Warehouse
from pipeline.conditions import CONDITIONS
from pipeline.definitions import build_definitions
from warehouse.home import Home

FIGURES_VIEW, INPUTS_VIEW = (dg.AssetKey(["staging", "week_figures"]), dg.AssetKey(["attribution", "week_inputs"]))


class Daemon:
    """Dagster as it sees a home: evaluates the conditions tick by tick, and builds assets by hand."""

    def __init__(self, home: Home, instance: dg.DagsterInstance) -> None:
        warehouse = Warehouse(home, sources=[], lock_wait_seconds=0, editions_to_keep=5)
        self.definitions = build_definitions(warehouse)
        self.instance = instance
        self.cursor: object = None

    def tick(self) -> dict[dg.AssetKey, set[str]]:
        """The weeks that are asked for, by asset."""
        result = dg.evaluate_automation_conditions(self.definitions, self.instance, cursor=self.cursor)
        self.cursor = result.cursor
        return {
            one.key: set(one.true_subset.expensively_compute_partition_keys())
            for one in result.results
            if not one.true_subset.is_empty
        }

    def build(self, *tables: str, partition: str | None = None) -> None:
        job = self.definitions.get_implicit_global_asset_job_def()
        selected = job.get_subset(asset_selection={dg.AssetKey(table.split(".")) for table in tables})
        quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
        assert selected.execute_in_process(instance=self.instance, partition_key=partition, run_config=quiet).success


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as ephemeral:
        yield ephemeral


def test_tables_built_apart_make_only_the_weeks_stale_that_they_changed(
    home: Home, instance: dg.DagsterInstance
) -> None:
    daemon = Daemon(home, instance)
    assert daemon.tick() == {}, "of what was never built, nothing is asked"
    building.put_rows(home, full_weeks(WEEKS, FIGURES))
    assert run_job(home, WEEKS[0], WEEKS[-1], instance).success
    assert daemon.tick() == {}, "in a run of all tables the views have had their turn"
    fetch(home, instance, full_day(days_of(WEEKS[2])[0], FIGURES | {"google/gemini-9": 200}))
    assert daemon.tick() == {}, "a fetch says itself which weeks it changed"

    daemon.build("raw.snapshots")
    daemon.build("staging.snapshot_days", "staging.model_day_token_vintages", "attribution.models")
    assert {INPUTS_VIEW, FIGURES_VIEW} <= {key for key, week in keys_of(stale(instance)) if week == str(WEEKS[0])}
    asked = daemon.tick()
    assert asked.keys() == {FIGURES_VIEW, INPUTS_VIEW} == CONDITIONS.keys()
    [week] = asked[FIGURES_VIEW]
    assert asked[INPUTS_VIEW] == {week}, "the same week: one run looks at both"
    assert daemon.tick() == {}, "asked once"

    daemon.build("staging.week_figures", "attribution.week_inputs", partition=week)
    assert daemon.tick() == {}
    assert {(key, week) for key, week in keys_of(stale(instance)) if week} == {
        (dg.AssetKey(["staging", "model_day_tokens"]), str(WEEKS[2])),
        (dg.AssetKey(["attribution", "model_day_tokens"]), str(WEEKS[2])),
    }
    assert run_job(home, WEEKS[0], WEEKS[0], instance).success, "of another week"
    assert stale(instance) == set()


def keys_of(stale_assets: set[tuple[str, str | None]]) -> set[tuple[dg.AssetKey, str | None]]:
    return {(dg.AssetKey(name.split("/")), week) for name, week in stale_assets}
