"""What is fetched over real HTTP: what is missing and the last days anew, each source by itself, the key nowhere."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from building import put_body, put_rows
from loopback import Loopback
from runbook import runbook_says

from assets.resources import FetchRequest
from pipeline.at_hand import known_days
from pipeline.clients.errors import KeyRefused, SourceUnreachable
from pipeline.clients.http import OpenRouter, Patience
from pipeline.dev_server import Fault, Figures, recorded_figures
from pipeline.fetching import LiveOpenRouter, is_full_refetch_due, newest_day_without_gap
from pipeline.settings import Settings
from warehouse.errors import SnapshotRejected
from warehouse.home import Home
from warehouse.snapshots import Snapshot, SnapshotStore

KEY = "sk-or-v1-0123456789abcdef"
ARCHIVE_END = date(2026, 10, 9)
DAY = timedelta(days=1)


def figures_to(last_day: date) -> Figures:
    """The archive's, and its last day again for each day after it, a little larger each time."""
    of_day = recorded_figures().of_day(ARCHIVE_END, datetime.max)
    later = [ARCHIVE_END + number * DAY for number in range(1, (last_day - ARCHIVE_END).days + 1)]
    return recorded_figures().with_vintages(
        (datetime(day.year, day.month, day.day) + DAY, day, slug, tokens + number)
        for number, day in enumerate(later)
        for slug, tokens in of_day
    )


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("OPENROUTER_API_KEY", KEY)
    return Settings(home=tmp_path / "home")


@pytest.fixture
def later(loopback_of: Callable[..., Loopback]) -> Loopback:
    """A source that has gone on to 2026-11-20."""
    return loopback_of(figures=figures_to(date(2026, 11, 20)), today=date(2026, 11, 21), key=KEY)


def fetch(settings: Settings, loopback: Loopback, **request: object) -> tuple[LiveOpenRouter, list[Snapshot]]:
    """Fetches and stores as the asset does; gives what was fetched."""
    impatient = OpenRouter(loopback.url, Patience(attempts=2), loopback.waited_seconds.append)
    live = LiveOpenRouter(settings, FetchRequest(**request), loopback.told.append, impatient)  # type: ignore[arg-type]
    store = SnapshotStore(settings.state)
    return live, store.put_all(live.observations())


def dates(snapshots: list[Snapshot]) -> list[str]:
    return [
        json.loads(one.origin.parameters or "{}")["snapshot_date"]
        for one in snapshots
        if one.origin.source == "openrouter-rankings-export"
    ]


def sources(settings: Settings) -> set[str]:
    return {snapshot.origin.source for snapshot in SnapshotStore(settings.state).snapshots()}


class TestExports:
    def test_the_fewest_that_close_the_gap_with_the_last_days_anew(self, settings: Settings, later: Loopback) -> None:
        live, fetched = fetch(settings, later)
        assert live.has_newest_totals
        # from 2026-09-30 on, ten days before the archive's end, each with the last ten days of the one before it
        assert dates(fetched) == ["2026-10-30", "2026-11-19", "2026-11-21"]
        assert live.missing_spans == []
        store = SnapshotStore(settings.state)
        assert max(known_days(store, store.snapshots())) == date(2026, 11, 20)

    def test_a_second_fetch_takes_nothing_again(self, settings: Settings, later: Loopback) -> None:
        fetch(settings, later)
        asked = later.asked(".csv")
        live, fetched = fetch(settings, later)
        assert dates(fetched) == []
        assert live.has_newest_totals, "all that there is, and none of it new"
        assert later.asked(".csv") == asked
        assert "OpenRouter has published no export since the last fetch" in later.told

    def test_a_gap_that_no_export_reaches_is_named_with_what_would_close_it(
        self, settings: Settings, loopback_of: Callable[..., Loopback]
    ) -> None:
        loopback = loopback_of(
            figures=figures_to(date(2026, 11, 19)), today=date(2026, 11, 20), oldest_export=date(2026, 11, 15)
        )
        live, _ = fetch(settings, loopback)
        assert live.missing_spans == [(date(2026, 10, 10), date(2026, 10, 15))]
        assert any("2026-10-10 to 2026-10-15" in told and "OPENROUTER_API_KEY" in told for told in loopback.told)

    def test_a_gap_that_was_left_is_looked_for_again(self, settings: Settings, later: Loopback) -> None:
        fetch(settings, later, first_day=date(2026, 11, 9), last_day=date(2026, 11, 15))
        _, fetched = fetch(settings, later)
        assert dates(fetched)[0] == "2026-10-30"

    def test_a_day_that_was_quarantined_is_fetched_again(self, settings: Settings, later: Loopback) -> None:
        days = [ARCHIVE_END + number * DAY for number in range(1, 43)]
        broken = ARCHIVE_END + 2 * DAY
        put_rows(settings.state, [(day, "openai/gpt-5", -1 if day == broken else 1) for day in days])
        _, fetched = fetch(settings, later)
        # from 2026-10-01 on, ten days before the broken one: its newest statement, and what follows
        assert dates(fetched) == ["2026-10-31", "2026-11-20", "2026-11-21"]

    def test_a_stored_export_that_is_damaged_is_fetched_again(self, settings: Settings, later: Loopback) -> None:
        _, fetched = fetch(settings, later)
        store = SnapshotStore(settings.state)
        broken = next(one for one in fetched if dates([one]) == ["2026-11-19"])
        (settings.state.raw / "objects" / broken.sha256[:2] / broken.sha256).write_bytes(b"bytes went lost")
        assert not store.is_whole(broken)
        _, fetched = fetch(settings, later)
        assert dates(fetched) == ["2026-11-19"], "though others hold all of its days"
        assert store.is_whole(broken)
        assert "the stored export of 2026-11-19 is damaged: fetching it anew" in later.told

    def test_named_weeks_come_from_an_export_that_ends_with_them(self, settings: Settings, later: Loopback) -> None:
        live, fetched = fetch(settings, later, first_day=date(2026, 10, 12), last_day=date(2026, 10, 25))
        assert dates(fetched) == ["2026-10-26"]
        assert not live.has_newest_totals, "which were not asked for"

    def test_an_announced_export_that_is_not_there_leaves_the_newest_totals_out(
        self, settings: Settings, later: Loopback
    ) -> None:
        later.server.faults.switch_on(Fault.MISSING_EXPORT)
        live, _ = fetch(settings, later)
        assert live.missing_spans == [(date(2026, 11, 20), date(2026, 11, 20))]
        assert not live.has_newest_totals

    def test_every_vintage_is_every_export(self, settings: Settings, later: Loopback) -> None:
        later.server.oldest_export = date(2026, 11, 17)
        _, fetched = fetch(settings, later, every_vintage=True)
        assert dates(fetched) == ["2026-11-17", "2026-11-18", "2026-11-19", "2026-11-20", "2026-11-21"]


class TestApi:
    def test_the_first_fetch_is_the_whole_history_and_the_next_one_the_last_days(
        self, settings: Settings, later: Loopback
    ) -> None:
        last_day = date(2026, 11, 20)
        _, fetched = fetch(settings, later, source="api", last_day=last_day)
        spans = [json.loads(one.origin.parameters or "") for one in fetched if one.origin.source == "openrouter-api"]
        assert [span["start_date"] for span in spans] == ["2025-01-01", "2026-01-02"]
        _, fetched = fetch(settings, later, source="api", last_day=last_day)
        [span] = [json.loads(one.origin.parameters or "") for one in fetched if one.origin.source == "openrouter-api"]
        assert (span["start_date"], span["end_date"]) == ("2026-11-11", "2026-11-20")

    def test_the_far_past_is_due_again_after_the_set_days(self, settings: Settings, later: Loopback) -> None:
        _, fetched = fetch(settings, later, source="api", last_day=date(2026, 11, 20))
        now = datetime.now(UTC).replace(tzinfo=None)
        assert not is_full_refetch_due(fetched, 30, now + timedelta(days=29))
        assert is_full_refetch_due(fetched, 30, now + timedelta(days=31))

    def test_without_a_key_it_says_what_to_do_and_asks_for_no_totals(
        self, settings: Settings, later: Loopback, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("OPENROUTER_API_KEY")
        with pytest.raises(KeyRefused, match="OPENROUTER_API_KEY") as raised:
            fetch(Settings(home=settings.home), later, source="api")
        runbook_says("key-refused", "missing", f"Error: {raised.value}")
        assert later.asked("rankings-daily") == 0
        assert later.asked("/api/v1/models") == 1, "the prices need no key"

    def test_the_key_is_in_no_file(self, settings: Settings, later: Loopback) -> None:
        fetch(settings, later, source="api", last_day=date(2026, 11, 20))
        files = [path for path in settings.state.path.rglob("*") if path.is_file()]
        assert len(files) > 5
        assert [path for path in files if KEY.encode() in path.read_bytes()] == []
        assert not any(KEY in told for told in later.told)


class TestAsTheSettingsSay:
    """What `run --live`, the schedule and the sensor ask for: they name nothing themselves."""

    @pytest.fixture
    def with_api(self, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
        monkeypatch.setenv("TOKENTIDE_LIVE_SOURCE", "api")
        return Settings(home=settings.home)

    def test_with_the_api_the_whole_history_comes_anew_when_it_is_due(
        self, with_api: Settings, later: Loopback
    ) -> None:
        later.server.today = datetime.now(UTC).date()  # as no last day is named, it is asked up to yesterday
        live, _ = fetch(with_api, later)
        assert live.has_newest_totals
        assert later.asked("start_date=2025-01-01") == 1
        assert later.asked("exports") == 0
        fetch(with_api, later)
        assert later.asked("start_date=2025-01-01") == 1, "not due yet"
        assert later.asked("start_date=2026-11-11") == 1

    def test_what_is_asked_for_by_name_comes_first(self, with_api: Settings, later: Loopback) -> None:
        fetch(with_api, later, source="exports")
        assert later.asked("start_date") == 0
        assert later.asked(".csv") == 3

    def test_a_key_alone_changes_no_source(self, settings: Settings, later: Loopback) -> None:
        assert settings.key is not None
        fetch(settings, later)
        assert later.asked("start_date") == 0

    def test_without_a_key_the_exports_are_not_asked_instead(
        self, with_api: Settings, later: Loopback, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("OPENROUTER_API_KEY")
        with pytest.raises(KeyRefused, match="needs a key"):
            fetch(Settings(home=with_api.home), later)
        assert later.asked("exports") == 0

    def test_endpoints_wait_for_the_first_edition(
        self, settings: Settings, later: Loopback, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TOKENTIDE_ENDPOINTS", "5")
        fetch(Settings(home=settings.home), later)
        assert later.asked("/endpoints") == 0
        assert any("nothing is published yet" in told for told in later.told)


class TestFailures:
    def test_one_failing_source_does_not_keep_the_other_away(self, settings: Settings, later: Loopback) -> None:
        later.server.faults.switch_on(Fault.WRONG_HASH, 1)
        with pytest.raises(SnapshotRejected, match="sha256"):
            fetch(settings, later)
        assert later.asked("/api/v1/models") == 1
        assert "openrouter-rankings-export" not in sources(settings)
        fetch(settings, later)
        assert "openrouter-rankings-export" in sources(settings)

    def test_a_source_that_is_down_is_named_and_nothing_is_lost(self, settings: Settings, later: Loopback) -> None:
        fetch(settings, later, first_day=date(2026, 10, 12), last_day=date(2026, 10, 25))
        before = SnapshotStore(settings.state).snapshots()
        later.server.faults.switch_on(Fault.SERVER_ERRORS, 99)
        with pytest.raises(SourceUnreachable) as raised:
            fetch(settings, later)
        runbook_says("source-down", "waits", "\n".join(later.told))
        runbook_says("source-down", "server-error", f"Error: {raised.value}")
        assert SnapshotStore(settings.state).snapshots() == before


def test_a_source_that_cannot_be_reached_is_named(settings: Settings) -> None:
    nobody = OpenRouter("http://127.0.0.1:9", Patience(attempts=1))
    with pytest.raises(SourceUnreachable) as raised:
        list(LiveOpenRouter(settings, FetchRequest(), server=nobody).observations())
    runbook_says("source-down", "unreachable", f"Error: {raised.value}")


def test_days_that_had_not_ended_are_not_known(home: Home) -> None:
    put_rows(home, [(date(2026, 1, 5), "a/b", 1), (date(2026, 1, 6), "a/b", 1)], as_of=datetime(2026, 1, 6, 12))
    store = SnapshotStore(home)
    assert known_days(store, store.snapshots()) == {date(2026, 1, 5)}


def test_days_that_staging_quarantines_are_not_known(home: Home) -> None:
    put_rows(home, [(date(2026, 1, 5), "a/b", 1), (date(2026, 1, 6), "a/b", 1), (date(2026, 1, 6), "a/c", -1)])
    put_rows(home, [(date(2026, 1, 7), "a/b", 1), ("no day", "a/b", 1)])
    put_body(home, b"no JSON")
    store = SnapshotStore(home)
    assert known_days(store, store.snapshots()) == {date(2026, 1, 5)}


@pytest.mark.parametrize(
    ("missing", "newest"),
    [((), 30), ((25,), 24), ((5, 25), 24), ((5,), 30), ((10,), 9)],
)
def test_the_newest_day_is_the_one_before_a_gap_that_may_be_closed(missing: tuple[int, ...], newest: int) -> None:
    known = {date(2026, 8, number) for number in range(1, 31) if number not in missing}
    assert newest_day_without_gap(known, date(2026, 8, 10)) == date(2026, 8, newest)


def test_where_nothing_is_known_there_is_no_newest_day() -> None:
    assert newest_day_without_gap(set(), date(2026, 8, 10)) is None
