"""The keyless exports over real HTTP: what is fetched, what is proven, and what is never stored."""

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from loopback import Loopback

from pipeline.clients.errors import AnswerChanged
from pipeline.clients.exports import ExportsSource, stored_export_dates
from pipeline.dev_server import Fault
from pipeline.export_manifest import EXPORT_SOURCE
from warehouse.errors import SnapshotRejected
from warehouse.home import Home
from warehouse.parsers import EXPORT_FORMAT, parse_usage
from warehouse.snapshots import SnapshotStore

LATEST = date(2026, 10, 10)
LAST_DAY = date(2026, 10, 9)
DAY = timedelta(days=1)


def exports(loopback: Loopback, newest_known_day: date | None = date(2026, 10, 1), **options: object) -> ExportsSource:
    return ExportsSource(
        loopback.openrouter(attempts=3),
        loopback.etags,
        newest_known_day=newest_known_day,
        report=loopback.told.append,
        **options,  # type: ignore[arg-type]
    )


def dates(source: ExportsSource) -> list[str]:
    return [json.loads(origin.parameters or "")["snapshot_date"] for _, origin, _ in source.observations()]


def test_an_export_comes_with_all_that_is_known_of_it(loopback: Loopback) -> None:
    [(body, origin, sha256)] = exports(loopback).observations()
    assert body == loopback.server.export(LATEST)
    assert sha256 == hashlib.sha256(body).hexdigest()
    assert origin.source == EXPORT_SOURCE
    assert origin.format == EXPORT_FORMAT
    assert origin.as_of_utc == datetime(2026, 10, 10, 1, 46, 15, 433_000)
    assert abs(datetime.now(UTC).replace(tzinfo=None) - origin.fetched_at_utc) < timedelta(minutes=5)
    assert origin.url == f"{loopback.url}/api/v1/datasets/exports/rankings-daily/2026-10-10.csv"
    assert (origin.license, origin.license_url) == ("CC BY 4.0", "https://creativecommons.org/licenses/by/4.0/")
    assert origin.citation == "Source: OpenRouter (openrouter.ai/rankings), as of 2026-10-10T01:46:15Z."
    assert origin.http_status == 200
    assert json.loads(origin.http_headers or "")["last-modified"] == "Sat, 10 Oct 2026 01:46:15 GMT"
    assert set(json.loads(origin.http_headers or "")) == {"etag", "last-modified", "content-type"}


def test_the_manifest_is_kept_and_proves_the_stored_body(loopback: Loopback, home: Home) -> None:
    store = SnapshotStore(home)
    store.put_all(exports(loopback).observations())
    [snapshot] = store.snapshots()
    manifest = json.loads(snapshot.origin.provenance or "")
    assert manifest["files"]["csv"]["sha256"] == hashlib.sha256(store.read(snapshot)).hexdigest()
    assert snapshot.origin.as_of_utc.microsecond == 433_000
    assert stored_export_dates(store.snapshots()) == {LATEST}
    assert parse_usage(store.read(snapshot), EXPORT_FORMAT).num_rows == manifest["row_count"]


def test_a_long_gap_takes_as_few_files_as_can_be(loopback: Loopback) -> None:
    # the second holds the last ten days of the first again
    assert dates(exports(loopback, date(2026, 8, 25))) == ["2026-09-19", "2026-10-09", "2026-10-10"]
    assert loopback.asked(".csv") == 3
    assert loopback.asked("latest.csv") == 0


def test_every_vintage_takes_all_dates_but_those_that_are_stored(loopback_of: Callable[..., Loopback]) -> None:
    loopback = loopback_of(oldest_export=date(2026, 10, 6))
    source = exports(
        loopback, None, every_vintage=True, known_dates=frozenset({LATEST - DAY}), oldest_snapshot_date=LATEST - 4 * DAY
    )
    assert dates(source) == ["2026-10-06", "2026-10-07", "2026-10-08", "2026-10-10"]


class TestNothingNew:
    AT_HAND = frozenset({LATEST})

    def test_a_second_fetch_costs_two_small_requests(self, loopback: Loopback) -> None:
        assert dates(exports(loopback)) == ["2026-10-10"]
        loopback.server.requests.clear()
        assert dates(exports(loopback, LAST_DAY, known_dates=self.AT_HAND)) == []
        assert loopback.server.requests == [
            "/api/v1/datasets/exports/index.json",
            "/api/v1/datasets/exports/rankings-daily/latest.manifest.json",
        ]
        assert loopback.told[-1] == "OpenRouter has published no export since the last fetch"

    def test_an_index_that_is_behind_does_not_hide_what_the_latest_manifest_names(
        self, loopback_of: Callable[..., Loopback]
    ) -> None:
        loopback = loopback_of(today=LATEST - DAY)
        assert dates(exports(loopback)) == ["2026-10-09"]
        loopback.server.today = LATEST
        loopback.server.faults.switch_on(Fault.MIXED_LATEST)
        assert dates(exports(loopback, LAST_DAY - DAY, known_dates=frozenset({LATEST - DAY}))) == ["2026-10-10"]
        assert loopback.told == []

    def test_what_is_still_missing_is_fetched_or_named(self, loopback: Loopback) -> None:
        assert dates(exports(loopback)) == ["2026-10-10"]
        options = {"known_dates": self.AT_HAND, "oldest_snapshot_date": LATEST - DAY}
        source = exports(loopback, date(2026, 9, 1), **options)
        assert dates(source) == ["2026-10-09"], "a gap that an earlier fetch left"
        assert source.missing_spans == [(date(2026, 9, 2), date(2026, 9, 8))]
        assert "No export holds 2026-09-02 to 2026-09-08" in loopback.told[-1]

    def test_a_new_export_is_seen(self, loopback_of: Callable[..., Loopback]) -> None:
        loopback = loopback_of(today=LATEST - DAY)
        assert dates(exports(loopback)) == ["2026-10-09"]
        loopback.server.today = LATEST
        assert dates(exports(loopback, LAST_DAY - DAY)) == ["2026-10-10"]

    def test_without_the_days_at_hand_the_etag_is_not_believed(self, loopback: Loopback) -> None:
        assert dates(exports(loopback)) == ["2026-10-10"]
        lost = exports(loopback, None, oldest_snapshot_date=LATEST - 2 * DAY)
        assert dates(lost) == ["2026-10-08", "2026-10-10"], "a home that lost its snapshots"

    def test_an_export_that_could_not_be_stored_is_fetched_again(self, loopback: Loopback) -> None:
        for _ in exports(loopback).observations():
            break  # the store failed
        assert not loopback.etags.exists()
        assert dates(exports(loopback, LAST_DAY)) == ["2026-10-10"]

    def test_a_damaged_file_of_etags_counts_as_none(self, loopback: Loopback) -> None:
        loopback.etags.parent.mkdir()
        loopback.etags.write_text('{"half": ')
        assert dates(exports(loopback, LAST_DAY)) == ["2026-10-10"]
        assert len(json.loads(loopback.etags.read_text())) == 2


class TestMissingExports:
    def test_a_date_never_published_is_stepped_over_and_named(self, loopback_of: Callable[..., Loopback]) -> None:
        loopback = loopback_of(never_published=[date(2026, 9, 25)])
        source = exports(loopback, date(2026, 9, 4))  # from 2026-08-26 on
        assert dates(source) == ["2026-09-24", "2026-10-10"]
        assert "OpenRouter has no export of 2026-09-25: stepping over it" in loopback.told
        assert source.missing_spans == []

    def test_an_announced_export_that_is_not_there_yet_leaves_a_named_gap(self, loopback: Loopback) -> None:
        loopback.server.faults.switch_on(Fault.MISSING_EXPORT)
        source = exports(loopback)
        assert dates(source) == ["2026-10-09"]
        assert source.missing_spans == [(LAST_DAY, LAST_DAY)]
        assert source.lacks_latest
        assert loopback.told[-1].startswith("No export holds 2026-10-09 yet. That of 2026-10-11 will, once published")

    def test_days_before_the_oldest_export_need_a_key(self, loopback: Loopback) -> None:
        source = exports(loopback, date(2026, 7, 31))
        assert dates(source) == ["2026-09-19", "2026-10-09", "2026-10-10"]
        assert source.missing_spans == [(date(2026, 8, 1), date(2026, 8, 19))]
        assert "No export holds 2026-08-01 to 2026-08-19." in loopback.told[-1]

    def test_where_old_exports_are_gone_the_oldest_is_found_by_halving(
        self, loopback_of: Callable[..., Loopback]
    ) -> None:
        loopback = loopback_of(oldest_export=date(2026, 10, 3))
        source = exports(loopback, date(2026, 8, 10))
        assert dates(source) == ["2026-10-03", "2026-10-10"]
        assert source.missing_spans == [(date(2026, 8, 11), date(2026, 9, 2))]
        assert loopback.asked("manifest.json") < 14
        assert "The oldest export that OpenRouter still has is that of 2026-10-03" in loopback.told


class TestWhatIsNotWhatWasPublished:
    @pytest.mark.parametrize(
        ("fault", "message"),
        [
            (Fault.WRONG_HASH, "its sha256 is"),
            (Fault.TRUNCATED_BODY, "bytes, its manifest says"),
            (Fault.BROKEN_CONNECTION, "broke off before the body was whole"),
        ],
    )
    def test_it_is_rejected_by_name_and_nothing_is_remembered(
        self, loopback: Loopback, fault: Fault, message: str
    ) -> None:
        loopback.server.faults.switch_on(fault)
        with pytest.raises(SnapshotRejected, match=message) as caught:
            list(exports(loopback).observations())
        assert "rankings-daily/2026-10-10.csv" in str(caught.value)
        assert not loopback.etags.exists()

    def test_a_connection_that_breaks_once_is_tried_again(self, loopback: Loopback) -> None:
        loopback.server.faults.switch_on(Fault.BROKEN_CONNECTION, times=1)
        assert dates(exports(loopback)) == ["2026-10-10"]
        assert loopback.asked("2026-10-10.csv") == 2

    def test_latest_files_of_two_dates_do_not_matter(self, loopback: Loopback) -> None:
        loopback.server.faults.switch_on(Fault.MIXED_LATEST)
        assert dates(exports(loopback)) == ["2026-10-10"]

    @pytest.mark.parametrize("answers_before", range(3), ids=["index", "latest manifest", "dated manifest"])
    def test_another_shape_is_named(self, loopback: Loopback, answers_before: int) -> None:
        def change_from_then_on(said: dict) -> dict:
            if len(loopback.server.requests) > answers_before:
                loopback.server.faults.switch_on(Fault.CHANGED_SHAPE)
            return said

        loopback.server.alter = change_from_then_on
        with pytest.raises(AnswerChanged, match="has another shape than this program knows"):
            list(exports(loopback).observations())
        assert len(loopback.server.requests) == answers_before + 1

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"schema_version": "v2"}, "schema_version: Input should be 'v1'"),
            ({"dataset": "benchmark-runs"}, "it is no manifest of a rankings-daily export: dataset"),
            ({"snapshot_date": "2026-10-08"}, "its file is .*2026-10-10.csv, not the one of 2026-10-08"),
            ({"snapshot_date": None}, "snapshot_date: Input should be a valid date"),
            ({"retrieved_at": "yesterday"}, "retrieved_at: Input should be a valid datetime"),
            ({"files": {"csv": {"bytes": "many"}}}, "files.csv.url: Field required"),
            ({"files": []}, "files: Input should be an object"),
        ],
    )
    def test_a_manifest_that_says_something_else_is_not_believed(
        self, loopback: Loopback, change: dict, message: str
    ) -> None:
        loopback.server.alter = lambda said: said | change if "files" in said else said
        with pytest.raises(AnswerChanged, match=message):
            list(exports(loopback).observations())

    def test_a_number_of_rows_that_its_hash_belies_is_told_and_the_file_taken(self, loopback: Loopback) -> None:
        loopback.server.alter = lambda said: said | {"row_count": 1531} if "files" in said else said
        assert dates(exports(loopback)) == ["2026-10-10"]
        [told] = loopback.told
        assert "rankings-daily/2026-10-10.csv has 1530 rows, though its manifest says 1531" in told


def test_restated_days_come_as_a_newer_vintage(loopback: Loopback) -> None:
    loopback.server.today = LATEST - DAY
    [(before, _, _)] = exports(loopback).observations()
    loopback.server.today = LATEST
    loopback.server.faults.switch_on(Fault.RESTATED_DAYS)
    [(after, origin, _)] = exports(loopback, LAST_DAY - DAY).observations()
    assert origin.as_of_utc.date() == LATEST

    def tokens(body: bytes) -> dict[tuple[str, str], str]:
        parsed = parse_usage(body, EXPORT_FORMAT).to_pylist()
        return {(row["date_text"], row["model_permaslug"]): row["tokens_text"] for row in parsed}

    now = tokens(after)
    moved = {key[0] for key, value in tokens(before).items() if now.get(key, value) != value}
    shared = {day for day, _ in tokens(before)} & {day for day, _ in now}
    assert len(moved) == 29
    assert moved == shared, "every day that both exports hold"
