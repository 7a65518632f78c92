"""Schedules, sensors and freshness: what they would launch and when, on an instance of the test's own."""

import asyncio
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import dagster as dg
import pytest
from building import LONG_AFTER, REPOSITORY, api_body, catalogue_body, full_weeks, origin, put_rows, week
from dagster._core.definitions.freshness import FreshnessState
from dagster._core.definitions.freshness_evaluator import FRESHNESS_EVALUATORS_BY_POLICY_TYPE
from dagster._core.loader import LoadingContextForTest
from dagster._core.scheduler.instigation import InstigatorType, TickStatus
from dagster._core.storage.tags import ASSET_PARTITION_RANGE_END_TAG, ASSET_PARTITION_RANGE_START_TAG
from dagster._core.test_utils import freeze_time
from dagster._utils.schedules import schedule_execution_time_iterator
from job_runs import run_job
from runbook import runbook_says

from assets.resources import Warehouse
from pipeline.dagster_home import prepare_dagster_home
from pipeline.definitions import FETCH_JOB_NAME, JOB_NAME, build_definitions, make_warehouse
from pipeline.freshness import FRESHNESS
from pipeline.sensors import catch_up
from pipeline.settings import Settings
from warehouse.editions import open_published
from warehouse.history import FIRST_WEEK
from warehouse.home import Home
from warehouse.parsers import CATALOGUE_FORMAT
from warehouse.snapshots import Snapshot, SnapshotStore

ENDED, RUNNING = week(1), week(2)
MONDAY_AT_3 = datetime(RUNNING.year, RUNNING.month, RUNNING.day, 3, tzinfo=UTC)
FIGURES = {"openai/gpt-5": 10_000, "deepseek/deepseek-v3": 9_000}


def definitions(home: Home) -> dg.Definitions:
    return build_definitions(warehouse_of(home))


def warehouse_of(home: Home) -> Warehouse:
    return replace(make_warehouse(Settings(home=home.path)), sources=[], lock_wait_seconds=0)


RUN_AT = datetime(2026, 1, 19, 3, 10, tzinfo=UTC)  # Monday, a publication as scheduled


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as ephemeral:
        yield ephemeral


@pytest.fixture(scope="module")
def first_week(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Home, dg.DagsterInstance]]:
    """One week, published at RUN_AT, with what Dagster knows of the run. Read only: `with_first_week` is a copy."""
    home = Home(tmp_path_factory.mktemp("first_week") / "home")
    put_rows(home, full_weeks([week(0)], FIGURES))
    with dg.DagsterInstance.ephemeral() as instance:
        with freeze_time(RUN_AT):
            assert run_job(home, week(0), week(0), instance).success
        yield home, instance


@pytest.fixture
def with_first_week(first_week: tuple[Home, dg.DagsterInstance], home: Home) -> Home:
    shutil.copytree(first_week[0].path, home.path)
    return home


def fetched(home: Home, weeks: list[date], at: datetime) -> Snapshot:
    """A snapshot that came over HTTP at this instant, with figures as of then."""
    return SnapshotStore(home).put(api_body(full_weeks(weeks, FIGURES)), replace(origin(at), http_status=200))


def schedule_of(home: Home, name: str) -> dg.ScheduleDefinition:
    return definitions(home).get_repository_def().get_schedule_def(name)


def next_ticks(schedule: dg.ScheduleDefinition, after: datetime) -> list[datetime]:
    """The next two instants at which Dagster evaluates it."""
    assert schedule.execution_timezone == "UTC"
    assert isinstance(schedule.cron_schedule, str)
    ticks = schedule_execution_time_iterator(after.timestamp(), schedule.cron_schedule, schedule.execution_timezone)
    return [next(ticks), next(ticks)]


@contextmanager
def another_writer(home: Home) -> Iterator[None]:
    """Another process that holds the writer's lock, as it goes no further than its process."""
    code = (
        "import sys; from pathlib import Path\n"
        "from warehouse.home import Home; from warehouse.lock import writer_lock\n"
        "with writer_lock(Home(Path(sys.argv[1])), 0):\n"
        "    print('writing', flush=True)\n"
        "    sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(home.path)],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "writing\n"
        yield
        process.communicate("", timeout=30)


def span(request: dg.RunRequest) -> tuple[str, str]:
    return request.tags[ASSET_PARTITION_RANGE_START_TAG], request.tags[ASSET_PARTITION_RANGE_END_TAG]


def test_nothing_runs_by_itself(home: Home) -> None:
    repository = definitions(home).get_repository_def()
    assert {schedule.name for schedule in repository.schedule_defs} == {"fetch_daily", "publish_weekly"}
    assert {sensor.name for sensor in repository.sensor_defs} == {
        "catch_up",
        "mark_stale_weeks",
        "tell_of_failures",
    }
    for automation in (*repository.schedule_defs, *repository.sensor_defs):
        kind = "schedule" if isinstance(automation, dg.ScheduleDefinition) else "sensor"
        assert automation.default_status.value == "STOPPED"
        assert f"OFF until you turn it on: in the UI under Automation, or by `dagster {kind} start " in (
            automation.description or ""
        )


class TestFetchDaily:
    def test_it_fetches_at_a_quarter_past_two(self, home: Home, instance: dg.DagsterInstance) -> None:
        schedule = schedule_of(home, "fetch_daily")
        assert schedule.job_name == "fetch_live"
        assert next_ticks(schedule, datetime(2026, 1, 19, tzinfo=UTC)) == [
            datetime(2026, 1, 19, 2, 15, tzinfo=UTC),
            datetime(2026, 1, 20, 2, 15, tzinfo=UTC),
        ]
        tick = schedule.evaluate_tick(dg.build_schedule_context(instance, MONDAY_AT_3))
        assert tick.run_requests is not None
        assert len(tick.run_requests) == 1


class TestPublishWeekly:
    @staticmethod
    def tick(home: Home, instance: dg.DagsterInstance) -> dg.RunRequest | str:
        schedule = schedule_of(home, "publish_weekly")
        context = dg.build_schedule_context(instance, MONDAY_AT_3, resources={"warehouse": warehouse_of(home)})
        data = schedule.evaluate_tick(context)
        return data.run_requests[0] if data.run_requests else str(data.skip_message)

    def test_it_ticks_on_mondays(self, home: Home) -> None:
        ticks = next_ticks(schedule_of(home, "publish_weekly"), MONDAY_AT_3)
        assert ticks == [MONDAY_AT_3, MONDAY_AT_3 + timedelta(weeks=1)]

    def test_with_an_empty_store_it_skips_and_says_what_is_missing(
        self, home: Home, instance: dg.DagsterInstance
    ) -> None:
        said = self.tick(home, instance)
        days = ", ".join(f"2026-01-{day}" for day in range(12, 19))
        assert f"{home.raw} has no good figures of {days} yet" in str(said)
        assert "To publish all the same, with the week marked as incomplete: tokentide run --weeks 2026-01-12" in str(
            said
        )

    def test_a_sunday_that_was_not_over_does_not_count(self, home: Home, instance: dg.DagsterInstance) -> None:
        put_rows(home, full_weeks([ENDED], FIGURES), as_of=MONDAY_AT_3.replace(tzinfo=None) - timedelta(hours=4))
        assert "no good figures of 2026-01-18 yet" in str(self.tick(home, instance))

    @pytest.mark.parametrize("missing", [12, 14, 18])
    def test_without_one_of_its_days_it_skips_and_names_it(
        self, home: Home, instance: dg.DagsterInstance, missing: int
    ) -> None:
        put_rows(home, [row for row in full_weeks([ENDED], FIGURES) if row[0] != date(2026, 1, missing)])
        assert f"no good figures of 2026-01-{missing} yet" in str(self.tick(home, instance))

    def test_a_day_that_staging_quarantines_does_not_count(self, home: Home, instance: dg.DagsterInstance) -> None:
        put_rows(home, [*full_weeks([ENDED], FIGURES), (date(2026, 1, 14), "openai/broken", -1)])
        assert "no good figures of 2026-01-14 yet" in str(self.tick(home, instance))

    def test_a_body_that_cannot_be_read_does_not_count(self, home: Home, instance: dg.DagsterInstance) -> None:
        SnapshotStore(home).put(b"no JSON", origin())
        assert "2026-01-17, 2026-01-18 yet" in str(self.tick(home, instance))

    def test_the_first_time_it_builds_the_whole_history(self, home: Home, instance: dg.DagsterInstance) -> None:
        put_rows(home, full_weeks([ENDED], FIGURES))
        request = self.tick(home, instance)
        assert isinstance(request, dg.RunRequest)
        assert request.job_name == JOB_NAME
        assert span(request) == (FIRST_WEEK.isoformat(), "2026-01-12")

    def test_its_run_builds_what_new_snapshots_have_changed(
        self, with_first_week: Home, instance: dg.DagsterInstance
    ) -> None:
        home = with_first_week
        put_rows(home, full_weeks([week(0), ENDED], FIGURES | {"openai/gpt-5": 11_000}), LONG_AFTER + timedelta(days=1))
        request = self.tick(home, instance)
        assert isinstance(request, dg.RunRequest)
        assert span(request) == ("2026-01-12", "2026-01-12")
        first, last = map(date.fromisoformat, span(request))
        run = run_job(home, first, last, instance, tags=request.tags)
        assert run.success, "the gate would refuse a file that mixes the restated week with the old one"
        with open_published(home) as published:
            restated = "SELECT week_start, tokens FROM weekly.model_tokens WHERE model_permaslug = 'openai/gpt-5'"
            assert published.execute(f"{restated} ORDER BY week_start").fetchall() == [
                (week(0), 7 * 11_000),
                (ENDED, 7 * 11_000),
            ]

    def test_while_someone_writes_it_skips_and_names_him(
        self, with_first_week: Home, instance: dg.DagsterInstance
    ) -> None:
        put_rows(with_first_week, full_weeks([ENDED], FIGURES))
        with another_writer(with_first_week):
            runbook_says("lock-held", "tick", str(self.tick(with_first_week, instance)))


class TestCatchUp:
    NOW = datetime(2026, 1, 21, 12)
    TODAY = "2026-01-21"
    MISSED_AT = datetime(2026, 1, 22, 4, 15)  # when the figures of NOW's day should have been fetched

    def tick(
        self, home: Home, instance: dg.DagsterInstance, cursor: str | None = None, now: datetime = NOW
    ) -> tuple[dg.RunRequest | str, str | None]:
        """What one evaluation asks for or says, and the cursor that it leaves."""
        fetch_job, publish_job = (definitions(home).resolve_job_def(name) for name in (FETCH_JOB_NAME, JOB_NAME))
        sensor = catch_up(fetch_job, publish_job, lambda: now)
        context = dg.build_sensor_context(
            instance=instance,
            cursor=cursor,
            resources={"warehouse": warehouse_of(home)},
            repository_def=definitions(home).get_repository_def(),
        )
        data = sensor.evaluate_tick(context)
        return (data.run_requests[0] if data.run_requests else str(data.skip_message)), data.cursor

    @pytest.fixture(scope="class")
    def built(self, tmp_path_factory: pytest.TempPathFactory) -> Home:
        """The figures to yesterday, fetched this morning and published."""
        home = Home(tmp_path_factory.mktemp("catch_up") / "home")
        fetched(home, [week(0), ENDED, RUNNING], self.NOW - timedelta(hours=10))
        assert run_job(home, week(0), RUNNING).success
        return home

    @pytest.fixture
    def published(self, built: Home, home: Home) -> Home:
        shutil.copytree(built.path, home.path)
        return home

    def test_a_missed_day_is_fetched_once(self, published: Home, instance: dg.DagsterInstance) -> None:
        early, _ = self.tick(published, instance, now=self.MISSED_AT - timedelta(minutes=1))
        assert "Nothing to catch up" in str(early), "its fetch may be under way"
        request, cursor = self.tick(published, instance, now=self.MISSED_AT)
        assert isinstance(request, dg.RunRequest)
        assert (request.job_name, request.run_key) == ("fetch_live", "fetch 2026-01-22")
        assert cursor == "2026-01-22"
        again, _ = self.tick(published, instance, cursor, self.MISSED_AT + timedelta(hours=23))
        assert again == (
            "The fetch of 2026-01-22 did not bring the figures of 2026-01-21; it is not tried again before 04:15 UTC "
            "of the next day. For the rest, the published edition was made from all snapshots at hand."
        )
        runbook_says("source-down", "tick", str(again))
        tomorrow, _ = self.tick(published, instance, cursor, self.MISSED_AT + timedelta(hours=24))
        assert isinstance(tomorrow, dg.RunRequest)
        assert tomorrow.run_key == "fetch 2026-01-23"

    def test_a_fetched_price_catalogue_is_no_figure_of_usage(
        self, published: Home, instance: dg.DagsterInstance
    ) -> None:
        catalogue = origin(self.MISSED_AT, body_format=CATALOGUE_FORMAT, source="openrouter-catalogue")
        SnapshotStore(published).put(catalogue_body([]), replace(catalogue, http_status=200))
        request, _ = self.tick(published, instance, now=self.MISSED_AT)
        assert isinstance(request, dg.RunRequest)
        assert request.job_name == "fetch_live"

    def test_a_day_that_staging_quarantines_is_missed(self, published: Home, instance: dg.DagsterInstance) -> None:
        put_rows(published, [(self.NOW.date(), "openai/gpt-5", -1)], self.MISSED_AT - timedelta(hours=2))
        request, _ = self.tick(published, instance, now=self.MISSED_AT)
        assert isinstance(request, dg.RunRequest)
        assert request.job_name == "fetch_live"

    def test_a_store_without_yesterday_is_a_missed_day(self, home: Home, instance: dg.DagsterInstance) -> None:
        put_rows(home, full_weeks([ENDED], FIGURES), self.NOW)
        request, _ = self.tick(home, instance)
        assert isinstance(request, dg.RunRequest)
        assert request.job_name == "fetch_live"

    def test_yesterday_and_its_edition_need_nothing(self, published: Home, instance: dg.DagsterInstance) -> None:
        said, cursor = self.tick(published, instance)
        assert said == (
            "Nothing to catch up: the figures of 2026-01-20 are in the store, and the published edition was made from "
            "all snapshots at hand."
        )
        assert cursor is None

    def test_new_snapshots_are_published(self, published: Home, instance: dg.DagsterInstance) -> None:
        fetched(published, [ENDED, RUNNING], self.NOW - timedelta(hours=1))
        request, _ = self.tick(published, instance)
        assert isinstance(request, dg.RunRequest)
        assert request.job_name == JOB_NAME
        assert span(request) == ("2026-01-19", "2026-01-19"), "its run builds the other one, too"
        assert self.tick(published, instance)[0] == request, "one run_key until the store changes or the day ends"
        later, _ = self.tick(published, instance, now=self.NOW + timedelta(hours=24))
        assert isinstance(later, dg.RunRequest)
        assert later.run_key != request.run_key
        assert run_job(published, *map(date.fromisoformat, span(request)), instance).success
        assert "Nothing to catch up" in str(self.tick(published, instance)[0])

    def test_they_are_published_also_while_the_source_is_down(self, home: Home, instance: dg.DagsterInstance) -> None:
        fetched(home, [ENDED], self.NOW - timedelta(hours=27))
        request, _ = self.tick(home, instance, cursor=self.TODAY)
        assert isinstance(request, dg.RunRequest)
        assert request.job_name == JOB_NAME

    def test_it_waits_for_a_run_that_has_not_ended(self, home: Home, instance: dg.DagsterInstance) -> None:
        waiting = instance.create_run_for_job(
            definitions(home).resolve_job_def(FETCH_JOB_NAME), status=dg.DagsterRunStatus.STARTING
        )
        assert self.tick(home, instance) == (f"Run {waiting.run_id} of fetch_live has not ended yet.", None)

    def test_it_waits_for_a_writer(self, published: Home, instance: dg.DagsterInstance) -> None:
        fetched(published, [RUNNING], self.NOW)
        with another_writer(published):
            assert "Another process is writing" in str(self.tick(published, instance)[0])


class TestFreshness:
    """Judged by Dagster's own evaluators, on the events that a real run leaves."""

    @pytest.mark.parametrize(
        ("after", "snapshots", "publication"),
        [
            (timedelta(hours=1), FreshnessState.PASS, FreshnessState.PASS),
            (timedelta(days=2, hours=1), FreshnessState.WARN, FreshnessState.PASS),
            (timedelta(days=7), FreshnessState.WARN, FreshnessState.PASS),
            (timedelta(days=7, hours=3), FreshnessState.WARN, FreshnessState.FAIL),
            (timedelta(days=8, hours=1), FreshnessState.FAIL, FreshnessState.FAIL),
        ],
    )
    def test_tables_grow_old(
        self,
        first_week: tuple[Home, dg.DagsterInstance],
        after: timedelta,
        snapshots: FreshnessState,
        publication: FreshnessState,
    ) -> None:
        home, instance = first_week
        with freeze_time(RUN_AT + after):
            assert state(home, instance, dg.AssetKey(["raw", "snapshots"])) == snapshots
            assert state(home, instance, dg.AssetKey("publication")) == publication

    def test_what_was_never_built_is_unknown(self, home: Home, instance: dg.DagsterInstance) -> None:
        assert {state(home, instance, key) for key in FRESHNESS} == {FreshnessState.UNKNOWN}

    def test_our_dagster_home_judges_and_forgets_old_ticks(self, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DAGSTER_HOME", "to be replaced, and restored after the test")
        prepare_dagster_home(Settings(home=home.path))
        with dg.DagsterInstance.get() as instance:
            assert instance.freshness_enabled
            assert "FRESHNESS_DAEMON" in instance.get_required_daemon_types()
            kept_days = instance.get_tick_retention_settings(InstigatorType.SENSOR)
            assert (kept_days[TickStatus.SKIPPED], kept_days[TickStatus.FAILURE]) == (7, 90)


def state(home: Home, instance: dg.DagsterInstance, key: dg.AssetKey) -> FreshnessState:
    node = definitions(home).resolve_asset_graph().get(key)
    evaluator = FRESHNESS_EVALUATORS_BY_POLICY_TYPE[type(node.freshness_policy_or_from_metadata)]()
    return asyncio.run(evaluator.evaluate_freshness(LoadingContextForTest(instance), node))
