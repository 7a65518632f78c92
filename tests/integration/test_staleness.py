"""What Dagster's UI shows as stale: nothing after a run, and after a fetch only the weeks whose figures it changed."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta

import building
import dagster as dg
import pytest
from building import LONG_AFTER, days_of, full_day, full_weeks, week
from dagster._core.definitions.data_version import CachingStaleStatusResolver
from dagster._core.loader import LoadingContextForTest
from dagster._core.storage.tags import ASSET_PARTITION_RANGE_END_TAG, ASSET_PARTITION_RANGE_START_TAG
from job_runs import run_job

from assets.resources import Warehouse
from assets.snapshots import TOTALS_KEY
from assets.table_assets import asset_key
from pipeline.dagster_home import prepare_dagster_home
from pipeline.definitions import FETCH_JOB_NAME, JOB_NAME, build_definitions
from pipeline.launching import publishing_run
from pipeline.settings import Settings
from warehouse.contracts import CONTRACTS, Build
from warehouse.editions import open_published
from warehouse.errors import SnapshotRejected
from warehouse.from_raw import tables_in_order
from warehouse.home import Home
from warehouse.parsers import CATALOGUE_FORMAT
from warehouse.snapshots import Origin

FIGURES = {"openai/gpt-5": 10_000, "deepseek/deepseek-v3": 9_000}
WEEKS = [week(0), week(1), week(2)]
WEEKLY = [contract.name.replace(".", "/") for contract in CONTRACTS.values() if contract.build is Build.WEEKS]


@dataclass
class Answers:
    """A live source that brings these snapshots, and fails after them where it lacks the newest totals."""

    answers: list[tuple[bytes, Origin]]
    has_newest_totals: bool = True
    missing_spans: list[tuple[date, date]] = field(default_factory=list)

    def observations(self) -> Iterator[tuple[bytes, Origin, str | None]]:
        yield from ((body, origin, None) for body, origin in self.answers)
        if not self.has_newest_totals:
            raise SnapshotRejected("an export is not what was published.", "run again.")


def fetch(home: Home, instance: dg.DagsterInstance, rows: list[building.Row]) -> None:
    """Runs the fetch job, in which the source states these rows a day later."""
    answer = building.api_body(rows), building.origin(as_of=LONG_AFTER + timedelta(days=1))
    assert fetch_from(Answers([answer]), home, instance)


def fetch_from(source: Answers, home: Home, instance: dg.DagsterInstance) -> bool:
    """Whether the fetch job succeeds."""
    warehouse = Warehouse(home, sources=[], lock_wait_seconds=0, editions_to_keep=5, live=lambda _, __: source)
    job = build_definitions(warehouse).resolve_job_def(FETCH_JOB_NAME)
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    return job.execute_in_process(instance=instance, run_config=quiet, raise_on_error=False).success


def stale(instance: dg.DagsterInstance) -> set[tuple[str, str | None]]:
    """Every asset, and every built week of one, that the UI shows as stale."""
    graph = build_definitions().resolve_asset_graph()
    resolver = CachingStaleStatusResolver(instance, graph, LoadingContextForTest(instance))
    return {
        (key.to_user_string(), partition)
        for key in graph.get_all_asset_keys()
        for partition in ([str(one) for one in WEEKS] if graph.get(key).is_partitioned else [None])
        if resolver.get_status(key, partition).value != "FRESH"
    }


def blocking(run: dg.ExecuteInProcessResult) -> list[dg.AssetCheckEvaluation]:
    """The blocking checks that failed."""
    results = run.get_asset_check_evaluations()
    return [one for one in results if not one.passed and one.severity is dg.AssetCheckSeverity.ERROR]


def weeks_built_by(run: dg.ExecuteInProcessResult) -> dict[str, set[str | None]]:
    """Of each asset with weeks, those of which the run has left an event."""
    built: dict[str, set[str | None]] = {}
    for event in run.get_asset_materialization_events():
        if event.asset_key and event.partition:
            built.setdefault(event.asset_key.to_user_string(), set()).add(event.partition)
    return built


@contextmanager
def records_of(home: Home) -> Iterator[dg.DagsterInstance]:
    """Dagster's records, where the command line keeps them."""
    prepare_dagster_home(Settings(home=home.path))
    with dg.DagsterInstance.from_config(str(home.dagster)) as instance:
        yield instance


@pytest.fixture(scope="module")
def built_once(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Three weeks, built and published. Read only."""
    home = Home(tmp_path_factory.mktemp("built_once") / "home")
    building.put_rows(home, full_weeks(WEEKS, FIGURES))
    with records_of(home) as instance:
        assert run_job(home, WEEKS[0], WEEKS[-1], instance).success
    return home


@pytest.fixture
def built(home: Home, built_once: Home) -> Iterator[dg.DagsterInstance]:
    """The records of a copy, in `home`, that a test may change."""
    shutil.copytree(built_once.path, home.path)
    with records_of(home) as instance:
        yield instance


def test_only_the_weeks_that_a_fetch_changed_are_stale_until_they_are_built(
    home: Home, built: dg.DagsterInstance
) -> None:
    assert stale(built) == set(), "after a run nothing is"

    # of the last week's first day another figure and a new model, of another day of it the same figures once more
    first, second, *_ = days_of(WEEKS[2])
    fetch(home, built, full_day(first, FIGURES | {"google/gemini-9": 200}) + full_day(second, FIGURES))
    assert stale(built) == {("raw/snapshots", None), ("staging/model_day_tokens", str(WEEKS[2]))}
    run = run_job(home, WEEKS[0], WEEKS[0], built)
    assert run.success
    told = [entry.user_message for entry in built.all_logs(run.run_id) if "too: earlier rows" in entry.user_message]
    assert told == [
        f"builds week {WEEKS[2]} too: earlier rows are missing, or were made from other snapshots, facts or code"
    ]
    of_weeks = weeks_built_by(run)
    for key in WEEKLY:
        assert of_weeks[key] == {str(WEEKS[0]), str(WEEKS[2])}, "what is out of date is built, too"
    assert stale(built) == set(), "the week that was not built does not rest on what has changed"


def test_rows_that_name_an_older_snapshot_are_stale_although_their_figures_are_the_same(
    home: Home, built: dg.DagsterInstance
) -> None:
    """Or a table would depend on when it was built, and `tokentide verify` would say so."""
    fetch(home, built, full_weeks([WEEKS[1]], FIGURES))
    assert stale(built) == {("raw/snapshots", None), ("staging/model_day_tokens", str(WEEKS[1]))}


def test_a_part_of_a_fetch_makes_stale_but_only_whole_totals_are_fresh(home: Home, built: dg.DagsterInstance) -> None:
    at = LONG_AFTER + timedelta(days=1)
    catalogue = building.catalogue_body([]), building.origin(at, body_format=CATALOGUE_FORMAT)
    totals = building.api_body(full_day(WEEKS[1], FIGURES | {"google/gemini-9": 200})), building.origin(at)
    assert not fetch_from(Answers([totals, catalogue], has_newest_totals=False), home, built)
    assert stale(built) == {("raw/snapshots", None), ("staging/model_day_tokens", str(WEEKS[1]))}
    assert built.get_latest_materialization_event(TOTALS_KEY) is None
    assert fetch_from(Answers([]), home, built), "nothing new"
    assert built.get_latest_materialization_event(TOTALS_KEY) is not None


def test_a_fetch_before_the_first_build_leaves_no_events_of_weeks(home: Home) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        fetch(home, instance, full_weeks(WEEKS, FIGURES))
        assert instance.get_materialized_partitions(dg.AssetKey(["staging", "week_figures"])) == set()


def test_weeks_that_were_skipped_are_built_by_what_runs_by_itself_and_only_named_ones_by_a_person(
    home: Home, built: dg.DagsterInstance
) -> None:
    later = [week(number) for number in (4, 5, 7)]
    fetch(home, built, full_weeks(later, FIGURES))
    asked = publishing_run(home, build_definitions().resolve_job_def(JOB_NAME), week(5)).tags
    assert asked[ASSET_PARTITION_RANGE_START_TAG] == str(week(4))
    assert asked[ASSET_PARTITION_RANGE_END_TAG] == str(week(5))
    run = run_job(home, week(5), week(5), built)
    assert run.success
    assert weeks_built_by(run)["weekly/country_tokens"] == {str(week(5))}, "of week 3 there are no figures"


def test_a_run_over_weeks_without_figures_builds_the_rest_and_publishes(home: Home, built: dg.DagsterInstance) -> None:
    """A price catalogue that comes on a Monday, say: of the week that has begun there is nothing yet."""
    run = run_job(home, week(9), week(9), built)
    assert run.success
    checked = [one for one in run.get_asset_check_evaluations() if one.asset_key.path[-1] == "country_tokens"]
    assert checked
    assert all(one.passed and one.metadata["weeks_checked"].value == 0 for one in checked)
    assert stale(built) == set()


def test_a_damaged_snapshot_does_not_fail_the_fetch_that_finds_it(home: Home, built: dg.DagsterInstance) -> None:
    for path in (home.raw / "objects").rglob("*"):
        if path.is_file():
            path.write_bytes(b"damaged")
    fetch(home, built, full_weeks([WEEKS[1]], FIGURES))
    assert stale(built) == {("raw/snapshots", None)}


def test_beside_a_damaged_snapshot_only_the_named_week_is_asked_for(home: Home, built: dg.DagsterInstance) -> None:
    """Which weeks were skipped nobody can say; the run names what is damaged."""
    fetch(home, built, full_weeks([week(4)], FIGURES))
    for path in (home.raw / "objects").rglob("*"):
        if path.is_file():
            path.write_bytes(b"damaged")
    asked = publishing_run(home, build_definitions().resolve_job_def(JOB_NAME), week(5)).tags
    assert asked[ASSET_PARTITION_RANGE_START_TAG] == asked[ASSET_PARTITION_RANGE_END_TAG] == str(week(5))


def test_a_newest_statement_that_cannot_be_used_stops_a_run_of_any_week(home: Home, built: dg.DagsterInstance) -> None:
    """Or the week would be published with what counted before, and nobody told."""
    day = days_of(WEEKS[1])[2]
    fetch(home, built, full_day(day, FIGURES | {"google/gemini-9": -1}))
    assert stale(built) == {("raw/snapshots", None), ("staging/model_day_tokens", str(WEEKS[1]))}
    published = home.published_file.read_bytes()
    for _ in range(2):
        run = run_job(home, WEEKS[0], WEEKS[0], built)
        assert not run.success
        [failed] = blocking(run)
        assert failed.check_name == "newest_vintage_of_each_day_is_good"
        assert failed.metadata["weeks_not_passed"].value == str(WEEKS[1])
    assert home.published_file.read_bytes() == published

    building.put_rows(home, full_day(day, FIGURES | {"google/gemini-9": 1}), LONG_AFTER + timedelta(days=2))
    assert run_job(home, WEEKS[0], WEEKS[0], built).success
    assert stale(built) == set()


def put_moved_tokens(home: Home) -> None:
    """A day of the second week is restated: five tokens go from one model to another, so that no sum changes."""
    first = days_of(WEEKS[1])[0]
    moved = full_day(first, {"openai/gpt-5": FIGURES["openai/gpt-5"] - 5, "deepseek/deepseek-v3": 9_005})
    building.put_rows(home, moved, LONG_AFTER + timedelta(days=1))


def published_tokens(home: Home) -> list[int]:
    """Of openai/gpt-5, by week."""
    with open_published(home) as file:
        sql = "SELECT tokens FROM weekly.model_tokens WHERE model_permaslug = 'openai/gpt-5' ORDER BY week_start"
        return [tokens for (tokens,) in file.execute(sql).fetchall()]


@pytest.mark.parametrize("left_out", ["raw.", "staging.", "weekly.overtakes", "claims.verdicts"])
def test_an_edition_is_refused_while_a_table_is_of_other_inputs(
    home: Home, built: dg.DagsterInstance, left_out: str
) -> None:
    """As where a person has selected some of the assets in the UI, and the publication."""
    put_moved_tokens(home)
    published = home.published_file.read_bytes()
    chosen = {*(c.name for c in tables_in_order()), "staging.week_figures", "attribution.week_inputs"}
    keys = [asset_key(CONTRACTS[name]) for name in sorted(chosen) if not name.startswith(left_out)]
    run = run_job(home, WEEKS[0], WEEKS[-1], built, assets=[*keys, dg.AssetKey("publication")])
    if left_out != "raw.":  # without it the store's news are not at hand, and the rest is as it was
        assert not run.success
        assert {one.check_name for one in blocking(run)} == {"rows_are_made_from_what_is_at_hand"}
    assert home.published_file.read_bytes() == published
    assert run_job(home, WEEKS[0], WEEKS[0], built).success
    assert published_tokens(home) == [70_000, 69_995, 70_000]


def test_in_whichever_order_a_selection_is_built_a_later_run_makes_it_good(
    home: Home, built: dg.DagsterInstance
) -> None:
    """Without the views between them, Dagster knows no order of a weekly table and the whole ones behind it."""
    put_moved_tokens(home)
    run_job(home, WEEKS[0], WEEKS[-1], built, assets=[asset_key(contract) for contract in tables_in_order()])
    assert run_job(home, WEEKS[0], WEEKS[0], built).success
    assert published_tokens(home) == [70_000, 69_995, 70_000]
