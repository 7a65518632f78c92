"""Old runs go, except those that say what state a week, a table or a check is in: in SQLite and in PostgreSQL."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from pydantic import SecretStr

from pipeline.dagster_home import dagster_records, prepare_dagster_home
from pipeline.retention import Pruned, prune_runs
from pipeline.settings import Settings

WEEKS = dg.StaticPartitionsDefinition(["first", "second"])
AFTER_ALL = datetime.now(UTC) + timedelta(days=1)


@dg.asset(partitions_def=WEEKS, check_specs=[dg.AssetCheckSpec("holds", asset="weekly")])
def weekly(context: dg.AssetExecutionContext) -> Iterator[dg.Output[None] | dg.AssetCheckResult]:
    if context.run.tags.get("fails"):
        raise ValueError("as it was asked to")
    yield dg.Output(None)
    yield dg.AssetCheckResult(passed=True)


@dg.asset
def whole() -> None:
    """A table without weeks."""


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def instance(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[dg.DagsterInstance]:
    for name in ("DAGSTER_HOME", "TOKENTIDE_DAGSTER_POSTGRES_URL"):
        monkeypatch.setenv(name, "to be replaced, and restored after the test")
    url = SecretStr(request.getfixturevalue("postgres_url")) if request.param == "PostgreSQL" else None
    settings = Settings(home=tmp_path, dagster_postgres_url=url)
    prepare_dagster_home(settings)
    with dagster_records(settings) as opened:
        yield opened


def ran(instance: dg.DagsterInstance, asset: dg.AssetsDefinition, week: str | None = None, **tags: str) -> str:
    result = dg.materialize([asset], instance=instance, partition_key=week, tags=tags, raise_on_error=False)
    return result.run_id


def test_only_runs_that_hold_no_current_state_go(instance: dg.DagsterInstance, tmp_path: Path) -> None:
    replaced = [ran(instance, weekly, "first"), ran(instance, whole)]
    only_of_its_week = ran(instance, weekly, "second")
    failed_then_done = ran(instance, weekly, "first", fails="yes")
    newest = [ran(instance, weekly, "first"), ran(instance, whole)]
    failed_last = ran(instance, weekly, "second", fails="yes")
    before = _states(instance)

    assert prune_runs(instance, datetime.now(UTC) - timedelta(days=1)) == Pruned(deleted=0, kept=0)
    assert prune_runs(instance, AFTER_ALL) == Pruned(deleted=3, kept=4)

    kept = {run.run_id for run in instance.get_runs()}
    assert kept == {only_of_its_week, *newest, failed_last}
    assert _states(instance) == before
    assert before[:2] == ({"first": "MATERIALIZED", "second": "FAILED"}, {"first", "second"})
    # before anything else, as Dagster makes a run's file anew where its log is asked for
    assert {path.stem for path in tmp_path.rglob("history/runs/*-*.db")} <= kept
    for run_id in (*replaced, failed_then_done):
        assert instance.all_logs(run_id) == []
    checks = instance.event_log_storage.get_asset_check_execution_history(_CHECK, limit=99)
    assert {check.run_id for check in checks} <= kept
    # the next one finds its place
    ran(instance, weekly, "second")
    assert _states(instance)[0] == {"first": "MATERIALIZED", "second": "MATERIALIZED"}
    assert prune_runs(instance, AFTER_ALL).deleted == 2


def test_a_run_in_progress_stays(instance: dg.DagsterInstance) -> None:
    running = instance.create_run_for_job(
        dg.define_asset_job("job").resolve(asset_graph=dg.Definitions([whole]).resolve_asset_graph()),
        status=dg.DagsterRunStatus.STARTED,
    )
    prune_runs(instance, AFTER_ALL)
    assert instance.has_run(running.run_id)


_CHECK = dg.AssetCheckKey(weekly.key, "holds")


def _states(instance: dg.DagsterInstance) -> tuple[dict[str, str | None], set[str], object, object]:
    """Of each week, which weeks were ever built, of the whole table, of the check."""
    status = instance.get_status_by_partition(weekly.key, WEEKS.get_partition_keys(), WEEKS) or {}
    check = instance.event_log_storage.get_latest_asset_check_execution_by_key([_CHECK])[_CHECK]
    event = instance.get_latest_materialization_event(whole.key)
    return (
        {week: state.name if state else None for week, state in status.items()},
        instance.get_materialized_partitions(weekly.key),
        event and event.run_id,
        (check.run_id, check.status),
    )
