"""The loopback OpenRouter is like the real one where that is recorded or documented."""

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta

import httpx
import pyarrow.parquet
import pytest
from building import shared_file
from loopback import Loopback

from pipeline.archive import ARCHIVE_DIRECTORY
from pipeline.dev_server import Fault, LoopbackOpenRouter, export_files, recorded_figures, serving
from pipeline.dev_server.server import PortTaken
from warehouse.parsers import CATALOGUE_FORMAT, EXPORT_FORMAT, PRICE_ARCHIVE_FORMAT, parse_prices, parse_usage

EXPORTS = "/api/v1/datasets/exports"
RANKINGS = "/api/v1/datasets/rankings-daily"
KEYED = {"Authorization": "Bearer sk-or-any"}
DAY = timedelta(days=1)


def recorded_export() -> tuple[bytes, dict]:
    body = shared_file("exports/rankings-daily_2026-10-08.csv").read_bytes()
    return body, json.loads(shared_file("exports/rankings-daily_2026-10-08.manifest.json").read_text())


def test_the_manifest_and_the_index_are_the_published_ones_but_for_what_is_left_out() -> None:
    published, manifest = recorded_export()
    made = export_files.manifest(date(2026, 10, 8), published, "https://openrouter.ai")
    del manifest["files"]["json"], manifest["latest"]["json"]
    assert made == manifest
    index = json.loads(shared_file("exports/index.json").read_text())
    index["datasets"] = [dataset for dataset in index["datasets"] if dataset["id"] == "rankings-daily"]
    assert export_files.index(date(2026, 10, 8), "https://openrouter.ai") == index


def test_an_export_holds_the_thirty_days_before_it(loopback: Loopback) -> None:
    body = httpx.get(f"{loopback.url}{EXPORTS}/rankings-daily/2026-10-10.csv").content
    parsed = parse_usage(body, EXPORT_FORMAT)
    days = parsed.column("date_text").to_pylist()
    assert (min(days), max(days), len(set(days))) == ("2026-09-10", "2026-10-09", 30)
    served = list(zip(days, parsed["model_permaslug"].to_pylist(), parsed["tokens_text"].to_pylist(), strict=True))
    figures = recorded_figures()
    recorded = [
        (str(day), slug, str(tokens))
        for day in export_files.window(date(2026, 10, 10))
        for slug, tokens in figures.of_day(day, datetime.max)
    ]
    assert served == recorded


@pytest.mark.parametrize("day", ["2026-09-18", "2026-10-11", "2026-10-05", "2026-1-1", "nonsense"])
def test_exports_that_there_are_not(loopback_of: Callable[..., Loopback], day: str) -> None:
    loopback = loopback_of(never_published=[date(2026, 10, 5)])
    answer = httpx.get(f"{loopback.url}{EXPORTS}/rankings-daily/{day}.manifest.json")
    assert answer.status_code == 404
    assert answer.json() == {"error": {"message": "Export not found", "code": 404}}


def test_a_body_that_has_not_changed_is_not_sent_again(loopback: Loopback) -> None:
    first = httpx.get(f"{loopback.url}{EXPORTS}/index.json")
    again = httpx.get(f"{loopback.url}{EXPORTS}/index.json", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_what_was_never_published_is_not_the_latest(loopback_of: Callable[..., Loopback]) -> None:
    loopback = loopback_of(never_published=[date(2026, 10, 10), date(2026, 10, 9)])
    manifest = httpx.get(f"{loopback.url}{EXPORTS}/rankings-daily/latest.manifest.json").json()
    assert manifest["snapshot_date"] == "2026-10-08"
    index = httpx.get(f"{loopback.url}{EXPORTS}/index.json").json()
    assert index["datasets"][0]["latest_snapshot_date"] == "2026-10-08"


class TestRankings:
    def ask(self, loopback: Loopback, **parameters: str) -> httpx.Response:
        return httpx.get(loopback.url + RANKINGS, params=parameters, headers=KEYED)

    def test_rows_and_meta_have_the_documented_shape(self, loopback: Loopback) -> None:
        said = self.ask(loopback, start_date="2026-10-08", end_date="2026-10-09").json()
        assert said["meta"] == {
            "as_of": "2026-10-10T02:00:00Z",
            "version": "v1",
            "start_date": "2026-10-08",
            "end_date": "2026-10-09",
        }
        assert len(said["data"]) == 102
        assert all(set(row) == {"date", "model_permaslug", "total_tokens"} for row in said["data"])
        assert all(isinstance(row["total_tokens"], str) for row in said["data"])
        assert said["data"][50]["model_permaslug"] == "other"

    def test_the_same_figures_are_not_stated_anew_on_a_later_day(self, loopback_of: Callable[..., Loopback]) -> None:
        instants = [
            self.ask(loopback_of(today=today)).json()["meta"]["as_of"]
            for today in (date(2026, 10, 9), date(2026, 10, 10), date(2026, 11, 29))
        ]
        assert instants == ["2026-10-09T02:00:00Z", "2026-10-10T02:00:00Z", "2026-10-10T02:00:00Z"]

    def test_an_early_start_is_clamped_and_the_default_end_is_the_last_complete_day(self, loopback: Loopback) -> None:
        assert self.ask(loopback, start_date="2024-06-01", end_date="2025-02-01").json()["meta"]["start_date"] == (
            "2025-01-01"
        )
        assert self.ask(loopback).json()["meta"]["end_date"] == "2026-10-10"

    def test_a_later_end_than_today_is_today(self, loopback: Loopback) -> None:
        said = self.ask(loopback, start_date="2026-10-09", end_date="2027-01-01").json()
        assert said["meta"]["end_date"] == "2026-10-11"
        assert {row["date"] for row in said["data"]} == {"2026-10-09"}
        assert self.ask(loopback, start_date="2026-10-12", end_date="2027-01-01").status_code == 400

    @pytest.mark.parametrize(
        "parameters",
        [
            {"end_date": "2024-12-31"},
            {"start_date": "2026-10-02", "end_date": "2026-10-01"},
            {"start_date": "2025-01-01", "end_date": "2026-01-02"},
            {"start_date": "soon"},
            {"category": "programming"},
        ],
    )
    def test_what_it_does_not_answer_is_a_400(self, loopback: Loopback, parameters: dict[str, str]) -> None:
        answer = self.ask(loopback, **parameters)
        assert answer.status_code == 400
        assert answer.json()["error"]["code"] == 400

    def test_without_the_right_key_there_is_a_401(self, loopback_of: Callable[..., Loopback]) -> None:
        loopback = loopback_of(key="sk-or-mine")
        for headers in ({}, KEYED, {"Authorization": "Basic sk-or-mine"}):
            assert httpx.get(loopback.url + RANKINGS, headers=headers).status_code == 401
        assert httpx.get(loopback.url + RANKINGS, headers={"Authorization": "Bearer sk-or-mine"}).status_code == 200

    def test_the_thirty_first_request_of_a_minute_is_a_429(self, loopback_of: Callable[..., Loopback]) -> None:
        day = {"start_date": "2026-10-09", "end_date": "2026-10-09"}
        limited, unlimited = loopback_of(), loopback_of(has_limits=False)
        for _ in range(30):
            assert self.ask(limited, **day).status_code == 200
            self.ask(unlimited, **day)
        refused = self.ask(limited, **day)
        assert refused.status_code == 429
        assert 1 <= int(refused.headers["retry-after"]) <= 60
        assert self.ask(unlimited, **day).status_code == 200


def test_the_catalogue_says_what_the_archive_says(loopback: Loopback) -> None:
    served = parse_prices(httpx.get(f"{loopback.url}/api/v1/models").content, CATALOGUE_FORMAT)
    recorded = parse_prices((ARCHIVE_DIRECTORY / "prices-catalogue.parquet").read_bytes(), PRICE_ARCHIVE_FORMAT)
    names = ["model_id", "canonical_slug", "hugging_face_id", "created_at_text", "status"]
    names += ["price_kind", "over_prompt_tokens_text", "price_text"]
    last = max(recorded.column("observed_at_text").to_pylist())
    expected = [row for row in recorded.to_pylist() if row["observed_at_text"] == last]
    assert {tuple(row[name] for name in names) for row in served.to_pylist()} == {
        tuple(row[name] for name in names) for row in expected
    }
    assert pyarrow.parquet.read_metadata(ARCHIVE_DIRECTORY / "prices-catalogue.parquet").num_rows > len(expected)


def test_given_vintages_are_stated_from_their_instant_on(loopback_of: Callable[..., Loopback]) -> None:
    day = date(2026, 10, 2)
    restated = [(datetime(2026, 10, 5), day, "us/a", 7), (datetime(2026, 10, 5), day, "other", 9)]
    new_day = [(datetime(2026, 10, 11, 1), date(2026, 10, 10), "us/a", 5)]
    loopback = loopback_of(figures=recorded_figures().with_vintages([*restated, *new_day]))
    assert loopback.server.latest_export == date(2026, 10, 11)

    def lines(snapshot_date: str, of: date) -> list[str]:
        text = httpx.get(f"{loopback.url}{EXPORTS}/rankings-daily/{snapshot_date}.csv").text
        return [line for line in text.split("\r\n") if line.startswith(str(of))]

    assert len(lines("2026-10-04", day)) == 51
    assert lines("2026-10-06", day) == [f"{day},us/a,1,7,0.4375", f"{day},other,,9,0.5625"]
    assert lines("2026-10-11", date(2026, 10, 10)) == ["2026-10-10,us/a,1,5,1"]


class TestInventedDays:
    @pytest.fixture
    def inventing(self, loopback_of: Callable[..., Loopback]) -> Loopback:
        return loopback_of(figures=recorded_figures().with_invented_days(date(2026, 10, 18)))

    def test_each_repeats_the_last_recorded_day_of_its_weekday(self) -> None:
        figures = recorded_figures().with_invented_days(date(2026, 10, 25))
        assert (figures.first_invented_day, figures.last_day) == (date(2026, 10, 10), date(2026, 10, 25))
        for number in range(1, 17):
            day = date(2026, 10, 9) + number * DAY
            recorded = day - (7 if number <= 7 else 14 if number <= 14 else 21) * DAY
            assert figures.of_day(day, datetime.max) == recorded_figures().of_day(recorded, datetime.max)
            assert figures.of_day(day, datetime(day.year, day.month, day.day)) == [], "not before it is over"
        assert recorded_figures().with_invented_days(date(2026, 10, 9)) == recorded_figures()

    def test_what_holds_some_says_so_and_nothing_else_does(self, inventing: Loopback) -> None:
        def attribution(path: str) -> str:
            return httpx.get(f"{inventing.url}{EXPORTS}/{path}").json()["attribution"]

        def meta(end: str) -> dict[str, str]:
            asked = {"start_date": "2026-10-08", "end_date": end}
            return httpx.get(inventing.url + RANKINGS, params=asked, headers=KEYED).json()["meta"]

        said = "From 2026-10-10 on these figures are invented by tokentide dev-server"
        assert said in attribution("index.json")
        assert said in attribution("rankings-daily/latest.manifest.json")
        assert said in attribution("rankings-daily/2026-10-11.manifest.json")
        assert "invented" not in attribution("rankings-daily/2026-10-10.manifest.json")
        assert said in meta("2026-10-10")["note"]
        assert "note" not in meta("2026-10-09")


def test_a_missing_day_is_in_no_file_and_no_answer(loopback_of: Callable[..., Loopback]) -> None:
    loopback = loopback_of(missing_days=[date(2026, 10, 5)])
    body = httpx.get(f"{loopback.url}{EXPORTS}/rankings-daily/2026-10-10.csv").text
    assert ("2026-10-04," in body, "2026-10-05," in body, body.count("\r\n")) == (True, False, 1 + 29 * 51)
    asked = {"start_date": "2026-10-05", "end_date": "2026-10-06"}
    rows = httpx.get(loopback.url + RANKINGS, params=asked, headers=KEYED).json()["data"]
    assert {row["date"] for row in rows} == {"2026-10-06"}


def test_restated_days_differ_in_the_newest_export_alone(loopback: Loopback) -> None:
    older, newest = loopback.server.export(date(2026, 10, 9)), loopback.server.export(date(2026, 10, 10))
    loopback.server.faults.switch_on(Fault.RESTATED_DAYS)
    assert loopback.server.export(date(2026, 10, 9)) == older
    restated = loopback.server.export(date(2026, 10, 10))
    assert newest is not None
    assert restated is not None

    def largest(body: bytes) -> dict[str, int]:
        rows = (line.decode().split(",") for line in body.splitlines()[1:])
        return {day: int(tokens) for day, _, rank, tokens, _ in rows if rank == "1"}

    before, after = largest(newest), largest(restated)
    assert set(before) == {str(day) for day in export_files.window(date(2026, 10, 10))}
    assert after == {day: tokens + tokens // 10 for day, tokens in before.items()}


def test_a_port_that_is_taken_is_named(loopback: Loopback) -> None:
    port = int(loopback.url.rpartition(":")[2])
    with pytest.raises(PortTaken, match=f"Port {port} of 127.0.0.1"), serving(LoopbackOpenRouter(), port):
        pass
