"""What a run of the job leaves in Dagster: materialisations, data versions, check results, lineage."""

import os
import queue
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import date, timedelta
from pathlib import Path

import building
import dagster as dg
import duckdb
import pytest
from building import LONG_AFTER, full_weeks, week
from dagster._core.events import EngineEventData
from dagster._core.events.log import EventLogEntry
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._core.storage.tags import (
    ASSET_PARTITION_RANGE_END_TAG,
    ASSET_PARTITION_RANGE_START_TAG,
    BACKFILL_ID_TAG,
)
from job_runs import run_job
from runbook import runbook_says

from assets import resources
from assets.partitions import WEEKS
from assets.table_assets import asset_key, code_version_of
from pipeline.dagster_home import end_abandoned_runs, is_running
from pipeline.event_log_storage import PooledSqliteEventLogStorage
from pipeline.run_job import RunRequest
from pipeline.run_job import run_job as run_command
from pipeline.settings import Settings
from warehouse.contracts import CONTRACTS, Build
from warehouse.database import open_working_file
from warehouse.home import Home
from warehouse.lock import holder_of

COUNTRIES = asset_key(CONTRACTS["weekly.country_tokens"])
STAGED = asset_key(CONTRACTS["staging.model_day_tokens"])
FIGURES = {"openai/gpt-5": 10_000, "deepseek/deepseek-v3": 9_000}
WEEKLY = [contract for contract in CONTRACTS.values() if contract.build is Build.WEEKS]
# the third of four weeks has no figures
FIRST, EMPTY, LAST = week(0), week(2), week(3)
WITH_FIGURES = {week(0), week(1), week(3)}


class Run:
    """A finished run with its instance: events by asset, and rows of the published file."""

    def __init__(self, home: Home, instance: dg.DagsterInstance, result: dg.ExecuteInProcessResult) -> None:
        self.home, self.instance, self.result = home, instance, result

    def materializations(self, key: dg.AssetKey) -> list[dg.AssetMaterialization]:
        return [
            event.materialization
            for event in self.result.get_asset_materialization_events()
            if event.asset_key == key and isinstance(event.materialization, dg.AssetMaterialization)
        ]

    def weeks_materialized(self, key: dg.AssetKey) -> set[date]:
        return {date.fromisoformat(event.partition) for event in self.materializations(key) if event.partition}

    def check(self, key: dg.AssetKey, name: str) -> dg.AssetCheckEvaluation:
        return next(
            evaluation
            for evaluation in self.result.get_asset_check_evaluations()
            if evaluation.asset_key == key and evaluation.check_name == name
        )

    def query(self, sql: str, working_file: bool = False) -> list[tuple]:
        path = self.home.working_file if working_file else self.home.published_file
        with duckdb.connect(str(path), read_only=True) as connection:
            return connection.execute(sql).fetchall()


@pytest.fixture(scope="module")
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as ephemeral:
        yield ephemeral


@pytest.fixture(scope="module")
def good_run(instance: dg.DagsterInstance, tmp_path_factory: pytest.TempPathFactory) -> Run:
    home = Home(tmp_path_factory.mktemp("good_run") / "home")
    building.put_rows(home, full_weeks(sorted(WITH_FIGURES), FIGURES))
    return Run(home, instance, run_job(home, FIRST, LAST, instance))


class TestGoodRun:
    def test_it_succeeds_and_publishes(self, good_run: Run) -> None:
        assert good_run.result.success
        assert {start for (start,) in good_run.query("SELECT week_start FROM main.weeks")} == WITH_FIGURES

    def test_without_a_snapshot_of_prices_it_warns(self, good_run: Run) -> None:
        warned = good_run.query(
            "SELECT table_name, check_name FROM checks.results WHERE outcome <> 'passed' AND table_name LIKE 'prices.%'"
        )
        assert set(warned) == {
            ("prices.model_names", "there_are_names"),
            ("prices.model_prices", "there_are_prices"),
            ("prices.suspicions", "corrections_are_alive"),
        }
        assert good_run.query("SELECT DISTINCT is_within_price_history FROM prices.unmatched_models") == [(False,)]

    @pytest.mark.parametrize("contract", WEEKLY, ids=lambda contract: contract.name)
    def test_exactly_the_weeks_with_figures_are_materialized_once_each(self, good_run: Run, contract: object) -> None:
        events = good_run.materializations(asset_key(contract))
        assert sorted(event.partition for event in events) == sorted(map(str, WITH_FIGURES))
        assert good_run.instance.get_materialized_partitions(asset_key(contract)) == set(map(str, WITH_FIGURES))

    def test_a_week_without_figures_is_neither_failed_nor_materialized(self, good_run: Run) -> None:
        status = good_run.instance.get_status_by_partition(COUNTRIES, [str(FIRST), str(EMPTY)], WEEKS)
        assert status is not None
        assert {key: state.name if state else None for key, state in status.items()} == {
            str(FIRST): "MATERIALIZED",
            str(EMPTY): None,
        }

    def test_inside_a_backfill_a_week_without_figures_says_no_data(self, good_run: Run, tmp_path: Path) -> None:
        """Dagster's backfill calls a week without an event failed, and would never come to publish."""
        home = Home(tmp_path / "home")
        shutil.copytree(good_run.home.path, home.path)
        with dg.DagsterInstance.ephemeral() as instance:
            backfill = Run(home, instance, run_job(home, EMPTY, LAST, instance, tags={BACKFILL_ID_TAG: "backfill"}))
        assert backfill.result.success
        no_data = {event.partition: event.metadata.get("no_data") for event in backfill.materializations(COUNTRIES)}
        assert no_data == {str(EMPTY): dg.BoolMetadataValue(True), str(LAST): None}
        assert backfill.query(f"SELECT count(*) FROM weekly.country_tokens WHERE week_start = '{EMPTY}'") == [(0,)]

    def test_each_event_has_row_count_data_version_and_code_version(self, good_run: Run) -> None:
        rows = dict(good_run.query("SELECT week_start, count(*) FROM weekly.country_tokens GROUP BY week_start"))
        for event in good_run.materializations(COUNTRIES):
            count = event.metadata["dagster/partition_row_count"].value
            assert count == rows[date.fromisoformat(event.partition)] > 0
            assert event.tags is not None
            assert event.tags["dagster/data_version"]
            assert event.tags["dagster/code_version"] == code_version_of(CONTRACTS["weekly.country_tokens"])

    def test_each_week_has_its_figures_its_rows_and_the_chart(self, good_run: Run) -> None:
        events = {event.partition: event.metadata for event in good_run.materializations(COUNTRIES)}
        shares = good_run.query(
            "SELECT week_start, 100 * share FROM weekly.country_tokens WHERE country_code = 'CN' "
            "AND population = 'ranked' AND policy = 'lab_home' AND knowledge = 'as_known_now'"
        )
        assert len(shares) == len(WITH_FIGURES)
        for week_start, share in shares:
            found = events[str(week_start)]["china_percent_of_ranked"].value
            assert found == pytest.approx(share, abs=1e-4)
        assert len(events) == len(WITH_FIGURES)
        for week_start, metadata in events.items():
            assert metadata["by_week"].value.startswith("![chart](<data:image/svg+xml,")
            assert f"rows of week {week_start}" in metadata["first_rows"].value
            assert "| CN |" in metadata["first_rows"].value

    def test_a_whole_table_and_the_publication_show_chart_and_rows(self, good_run: Run) -> None:
        for key in (dg.AssetKey(["weekly", "weeks"]), dg.AssetKey("publication")):
            (event,) = good_run.materializations(key)
            assert event.metadata["by_week"].value.startswith("![chart](<data:image/svg+xml,")
            assert f"| {LAST} |" in event.metadata["first_rows"].value

    def test_one_event_of_every_asset_says_how_long_it_took(self, good_run: Run) -> None:
        for key in (COUNTRIES, asset_key(CONTRACTS["weekly.weeks"]), dg.AssetKey("publication")):
            (event,) = [event for event in good_run.materializations(key) if "seconds" in event.metadata]
            assert 0 < event.metadata["seconds"].value < 600

    def test_a_whole_table_has_one_event_without_a_week(self, good_run: Run) -> None:
        (event,) = good_run.materializations(dg.AssetKey(["weekly", "weeks"]))
        assert event.partition is None
        assert event.metadata["dagster/row_count"].value == len(WITH_FIGURES)

    def test_the_publication_carries_edition_and_content_hash(self, good_run: Run) -> None:
        (event,) = good_run.materializations(dg.AssetKey("publication"))
        ((edition, content_hash, citation),) = good_run.query(
            "SELECT edition, content_hash, citation FROM main.edition"
        )
        assert event.metadata["edition"].value == edition
        assert event.metadata["citation"].value == citation
        assert event.tags is not None
        assert event.tags["dagster/data_version"] == content_hash

    def test_a_check_names_the_worst_week_and_what_was_observed(self, good_run: Run) -> None:
        check = good_run.check(dg.AssetKey("publication"), "magnitude_is_usual")
        assert check.passed
        assert check.metadata["weeks_checked"].value == len(WITH_FIGURES)
        largest = good_run.check(asset_key(CONTRACTS["weekly.model_tokens"]), "no_model_is_nearly_all")
        ((worst_week, share),) = good_run.query(
            "SELECT week_start, max(platform_share) FROM weekly.model_tokens GROUP BY ALL ORDER BY 2 DESC, 1 LIMIT 1"
        )
        assert largest.metadata["observed_value"].value == pytest.approx(share)
        assert largest.metadata["worst_week"].value == str(worst_week)

    def test_column_lineage_leads_back_to_the_attributed_rows(self, good_run: Run) -> None:
        newest = max(good_run.materializations(COUNTRIES), key=lambda event: event.partition or "")
        lineage = newest.metadata["dagster/column_lineage"].value
        assert set(lineage.deps_by_column) == set(CONTRACTS["weekly.country_tokens"].column_names)
        sources = {(dep.asset_key.to_user_string(), dep.column_name) for dep in lineage.deps_by_column["tokens"]}
        assert sources == {("attribution/model_day_tokens", "tokens")}
        countries = {dep.column_name for dep in lineage.deps_by_column["country_code"]}
        assert {"country_code", "base_country_code"} <= countries

    def test_a_second_run_finds_the_same_data_versions_and_publishes_nothing_new(
        self, good_run: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before = good_run.home.published_file.read_bytes()
        opened: list[Home] = []

        def opening(home: Home) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
            opened.append(home)
            return open_working_file(home)

        monkeypatch.setattr(resources, "open_working_file", opening)
        second = Run(good_run.home, good_run.instance, run_job(good_run.home, FIRST, LAST, good_run.instance))
        assert opened == [good_run.home], "once, for all assets: nothing else is built between two of them"
        assert holder_of(good_run.home) is None
        for contract in WEEKLY:
            key = asset_key(contract)
            assert versions(second.materializations(key)) == versions(good_run.materializations(key))
        (event,) = second.materializations(dg.AssetKey("publication"))
        assert event.metadata["is_new"].value is False
        assert good_run.home.published_file.read_bytes() == before


def versions(events: list[dg.AssetMaterialization]) -> dict[str | None, str]:
    return {event.partition: (event.tags or {})["dagster/data_version"] for event in events}


class TestBadWeek:
    """Two weeks are published; then one is restated with a negative count, and a new week arrives."""

    @pytest.fixture(scope="class")
    def published(self, tmp_path_factory: pytest.TempPathFactory) -> Home:
        home = Home(tmp_path_factory.mktemp("bad_week") / "home")
        building.put_rows(home, full_weeks([week(0), week(1)], FIGURES))
        with dg.DagsterInstance.ephemeral() as instance:
            assert run_job(home, FIRST, LAST, instance).success
        restated = full_weeks([week(1)], FIGURES)
        restated[0] = (restated[0][0], restated[0][1], -1)
        building.put_rows(home, [*restated, *full_weeks([week(3)], FIGURES)], LONG_AFTER + timedelta(hours=1))
        return home

    @pytest.fixture(scope="class")
    def bad_run(self, published: Home, instance: dg.DagsterInstance) -> Run:
        before = published.published_file.read_bytes()
        run = Run(published, instance, run_job(published, FIRST, LAST, instance))
        assert published.published_file.read_bytes() == before, "nothing is published"
        return run

    def test_the_run_fails_and_says_which_week(self, bad_run: Run) -> None:
        assert not bad_run.result.success
        (failure,) = [event for event in bad_run.result.all_events if event.is_step_failure]
        assert failure.step_key == "staging__model_day_tokens"
        reason = failure.step_failure_data.user_failure_data
        assert reason is not None
        assert f"weeks {week(1)} keep the old rows, and nothing is published." in (reason.description or "")
        assert f"tokentide run --hold-back {week(1)}" in (reason.description or "")
        runbook_says("README", "step", reason.description or "")

    def test_the_other_weeks_are_written_and_materialized(self, bad_run: Run) -> None:
        assert bad_run.weeks_materialized(STAGED) == {week(0), week(3)}
        staged = bad_run.query(
            "SELECT week_start, count(DISTINCT date), min(tokens) FROM staging.model_day_tokens GROUP BY 1 ORDER BY 1",
            working_file=True,
        )
        assert staged == [(week(0), 7, 53), (week(1), 7, 53), (week(3), 7, 53)], "the bad week keeps its old rows"

    def test_the_blocking_check_names_the_week(self, bad_run: Run) -> None:
        check = bad_run.check(STAGED, "newest_vintage_of_each_day_is_good")
        assert not check.passed
        assert check.severity is dg.AssetCheckSeverity.ERROR
        assert check.metadata["worst_week"].value == str(week(1))
        assert check.metadata["weeks_not_passed"].value == str(week(1))
        assert check.metadata["observed_value"].value == 1.0

    def test_nothing_downstream_is_built(self, bad_run: Run) -> None:
        assert bad_run.materializations(COUNTRIES) == []
        assert bad_run.materializations(dg.AssetKey("publication")) == []

    def test_held_back_by_a_person_it_lets_the_rest_be_published(
        self, bad_run: Run, instance: dg.DagsterInstance
    ) -> None:
        held = Run(bad_run.home, instance, run_job(bad_run.home, FIRST, LAST, instance, hold_back=[week(1)]))
        assert held.result.success
        weeks = held.query("SELECT week_start, is_held_back, hold_back_reason FROM main.weeks ORDER BY 1")
        assert [(start, is_held) for start, is_held, _ in weeks] == [
            (week(0), False),
            (week(1), True),
            (week(3), False),
        ]
        assert "newest_vintage_of_each_day_is_good" in weeks[1][2]
        check = held.check(STAGED, "newest_vintage_of_each_day_is_good")
        assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.WARN)
        assert held.materializations(dg.AssetKey("publication"))[0].metadata["held_back_weeks"].value == str(week(1))

    def test_corrected_and_asked_for_alone_it_is_published_with_the_rest(
        self, bad_run: Run, instance: dg.DagsterInstance, tmp_path: Path
    ) -> None:
        home = Home(tmp_path / "home")
        shutil.copytree(bad_run.home.path, home.path)
        corrected = full_weeks([week(1)], FIGURES | {"openai/gpt-5": 10_001})
        building.put_rows(home, corrected, LONG_AFTER + timedelta(hours=2))
        retried = Run(home, instance, run_job(home, week(1), week(1), instance))
        assert retried.result.success
        assert retried.query("SELECT week_start, is_held_back FROM main.weeks ORDER BY 1") == [
            (week(0), False),
            (week(1), False),
            (week(3), False),
        ]
        assert retried.query(
            "SELECT week_start, tokens FROM weekly.model_tokens WHERE model_permaslug = 'openai/gpt-5' ORDER BY 1"
        ) == [(week(0), 7 * 10_000), (week(1), 7 * 10_001), (week(3), 7 * 10_000)]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_ctrl_c_that_was_swallowed_ends_the_run_before_the_next_asset(home: Home) -> None:
    begun: list[str] = []

    class Swallows:
        def __del__(self) -> None:
            os.kill(os.getpid(), signal.SIGINT)

    def report(step: str) -> None:
        begun.append(step)
        Swallows()

    with pytest.raises(KeyboardInterrupt):
        run_command(Settings(home=home.path), RunRequest(FIRST, FIRST), report)
    assert len(begun) == 1
    assert holder_of(home) is None
    assert not home.published_file.exists()


class TestAbandonedRuns:
    """Runs whose process and server died together: one run writes at a time, so they would hold up all others."""

    @pytest.mark.parametrize(
        ("pid", "status"),
        [
            (2**22 + 1, dg.DagsterRunStatus.FAILURE),  # above what Linux gives to processes
            (os.getppid(), dg.DagsterRunStatus.STARTED),
            (None, dg.DagsterRunStatus.STARTED),
        ],
        ids=["its process is gone", "its process is alive", "it has none yet"],
    )
    def test_they_are_ended_by_the_process_that_dagster_names(
        self, pid: int | None, status: dg.DagsterRunStatus
    ) -> None:
        @dg.job
        def launched() -> None: ...

        with dg.DagsterInstance.ephemeral() as instance:
            run = instance.create_run_for_job(launched, status=dg.DagsterRunStatus.STARTED)
            instance.report_engine_event("Launching.", run)
            if pid is not None:
                instance.report_engine_event(
                    "Started process for run.", run, EngineEventData({"pid": dg.MetadataValue.text(str(pid))})
                )
            end_abandoned_runs(instance)
            ended = instance.get_run_by_id(run.run_id)
        assert ended is not None
        assert ended.status == status


def test_a_process_that_got_the_number_later_is_another() -> None:
    now = time.time()
    assert is_running(os.getpid(), now)
    assert not is_running(os.getpid(), now - 10 * 24 * 3600), "this process began since"
    assert not is_running(2**22 + 1, now), "above what Linux gives to processes"


class TestEventLog:
    """Kept by connections that stay open, read by Dagster's own storage on the same files."""

    def test_dagsters_own_storage_reads_the_same_events(self, tmp_path: Path) -> None:
        events = tmp_path / "history" / "runs"
        with dg.instance_for_test(
            temp_dir=str(tmp_path),
            overrides={
                "event_log_storage": {
                    "module": PooledSqliteEventLogStorage.__module__,
                    "class": PooledSqliteEventLogStorage.__name__,
                    "config": {"base_dir": str(events)},
                }
            },
        ) as instance:
            assert isinstance(instance.event_log_storage, PooledSqliteEventLogStorage)
            run_id = materialize_two_weeks(instance)
            kept = instance.all_logs(run_id)
            partitions = instance.get_materialized_partitions(ASSET_WITH_CHECK)
            own = SqliteEventLogStorage(str(events))
            own.register_instance(instance)
            assert [entry.to_json() for entry in own.get_logs_for_run(run_id)] == [entry.to_json() for entry in kept]
            assert own.get_materialized_partitions(ASSET_WITH_CHECK) == partitions == {"2026-01-05", "2026-01-12"}
            own.dispose()

    def test_it_keeps_what_dagsters_own_storage_keeps(self, tmp_path: Path) -> None:
        kept = {}
        for storage in (PooledSqliteEventLogStorage, SqliteEventLogStorage):
            directory = tmp_path / storage.__name__
            overrides = {
                "event_log_storage": {
                    "module": storage.__module__,
                    "class": storage.__name__,
                    "config": {"base_dir": str(directory / "history" / "runs")},
                }
            }
            directory.mkdir()
            with dg.instance_for_test(temp_dir=str(directory), overrides=overrides) as instance:
                entries = instance.all_logs(materialize_two_weeks(instance))
                kept[storage] = [entry.dagster_event_type for entry in entries if entry.is_dagster_event]
        assert kept[PooledSqliteEventLogStorage] == kept[SqliteEventLogStorage]
        assert len(kept[SqliteEventLogStorage]) > 10

    def test_whoever_watches_a_run_is_told_while_its_connection_is_open(self, tmp_path: Path) -> None:
        """In the UI a run would stand still: its events are in the write-ahead log until the connection closes."""
        writer, reader = (PooledSqliteEventLogStorage(str(tmp_path)) for _ in range(2))
        heard: queue.Queue[str] = queue.Queue()
        with dg.instance_for_test() as instance:
            for storage in (writer, reader):
                storage.register_instance(instance)
            writer.store_event(entry_of("a-run"))
            reader.watch("a-run", None, lambda entry, _: heard.put(entry.user_message))
            for _ in range(2):
                writer.store_event(entry_of("a-run"))
            assert [heard.get(timeout=30) for _ in range(3)] == ["of a-run"] * 3
            writer.dispose()
            reader.dispose()

    def test_more_runs_than_open_files_can_still_be_read(self, tmp_path: Path) -> None:
        storage = PooledSqliteEventLogStorage(str(tmp_path))
        with dg.instance_for_test() as instance:
            storage.register_instance(instance)
            runs = [f"run-{number}" for number in range(7)]
            for run_id in runs:
                storage.store_event(entry_of(run_id))
            assert [len(storage.get_logs_for_run(run_id)) for run_id in runs] == [1] * 7
            storage.dispose()


ASSET_WITH_CHECK = dg.AssetKey("numbers")


@dg.asset(
    partitions_def=WEEKS,
    backfill_policy=dg.BackfillPolicy.single_run(),
    check_specs=[dg.AssetCheckSpec("is_positive", asset="numbers")],
)
def numbers() -> dg.MaterializeResult:
    return dg.MaterializeResult(check_results=[dg.AssetCheckResult(passed=True, metadata={"observed": 1})])


def materialize_two_weeks(instance: dg.DagsterInstance) -> str:
    result = dg.materialize(
        [numbers],
        instance=instance,
        tags={ASSET_PARTITION_RANGE_START_TAG: "2026-01-05", ASSET_PARTITION_RANGE_END_TAG: "2026-01-12"},
    )
    return result.run_id


def entry_of(run_id: str) -> EventLogEntry:
    return EventLogEntry(
        error_info=None,
        level=20,
        user_message=f"of {run_id}",
        run_id=run_id,
        timestamp=1.0,
        step_key=None,
        job_name="a job",
    )
