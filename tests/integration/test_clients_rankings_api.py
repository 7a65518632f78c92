"""The Data API over real HTTP: few requests, the answer asked for, limits kept across runs, a key never shown."""

import json
import logging
import traceback
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from loopback import Loopback
from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from pipeline.clients.errors import AnswerChanged, KeyRefused, QuotaExceeded, RequestRefused
from pipeline.clients.rankings_api import RankingsApi
from pipeline.clients.request_limits import RequestLimits
from pipeline.dev_server import Fault
from warehouse.errors import SnapshotRejected, StorageFailed, TokentideError
from warehouse.home import Home
from warehouse.parsers import API_FORMAT, parse_usage
from warehouse.snapshots import SnapshotStore

KEY = "sk-or-v1-0123456789abcdef"
LAST_DAY = date(2026, 10, 9)


def api(loopback: Loopback, first_day: date = date(2026, 10, 1), **options: object) -> RankingsApi:
    limits = options.pop("limits", None) or RequestLimits(loopback.limits, sleep=loopback.waited_seconds.append)
    options = {"last_day": LAST_DAY, "report": loopback.told.append, **options}
    return RankingsApi(loopback.openrouter(attempts=3), SecretStr(KEY), limits, first_day, **options)  # type: ignore[arg-type]


def test_the_whole_history_comes_in_two_requests(loopback_of: Callable[..., Loopback]) -> None:
    loopback = loopback_of(key=KEY, today=datetime.now(UTC).date())
    observed = list(api(loopback, date(2025, 1, 1), last_day=None).observations())
    assert loopback.asked("rankings-daily") == 2
    assert json.loads(observed[1][1].parameters or "")["end_date"] == str(datetime.now(UTC).date() - timedelta(days=1))
    rows = sum(parse_usage(body, API_FORMAT).num_rows for body, _, _ in observed)
    assert rows == 32_895, "every figure of the archive"


def test_an_answer_comes_with_all_that_is_known_of_it(loopback: Loopback) -> None:
    [(_, origin, sha256)] = api(loopback).observations()
    assert sha256 is None
    assert origin.source == "openrouter-api"
    assert origin.format == API_FORMAT
    assert origin.as_of_utc == datetime(2026, 10, 10, 2)
    assert origin.url == f"{loopback.url}/api/v1/datasets/rankings-daily"
    asked = {"start_date": "2026-10-01", "end_date": "2026-10-09"}
    assert json.loads(origin.parameters or "") == asked | {f"answered_{name}": day for name, day in asked.items()}
    assert origin.citation == "Source: OpenRouter (openrouter.ai/rankings), as of 2026-10-10T02:00:00Z."
    assert origin.license == "CC BY 4.0"


def test_no_day_to_ask_for_is_no_request(loopback: Loopback) -> None:
    assert list(api(loopback, LAST_DAY + timedelta(days=1)).observations()) == []
    assert loopback.server.requests == []


class TestMeta:
    def test_a_clamped_start_is_accepted_and_told(self, loopback_of: Callable[..., Loopback]) -> None:
        loopback = loopback_of(history_start=date(2026, 10, 5))
        [(body, origin, _)] = api(loopback).observations()
        said = json.loads(origin.parameters or "")
        assert (said["start_date"], said["answered_start_date"]) == ("2026-10-01", "2026-10-05")
        assert min(parse_usage(body, API_FORMAT).column("date_text").to_pylist()) == "2026-10-05"
        assert "history starts on 2026-10-05" in loopback.told[-1]

    def test_nothing_is_asked_for_before_the_history(self, loopback: Loopback) -> None:
        list(api(loopback, date(2020, 1, 1), last_day=date(2025, 1, 2)).observations())
        assert loopback.server.requests == ["/api/v1/datasets/rankings-daily?start_date=2025-01-01&end_date=2025-01-02"]
        assert "starts on 2025-01-01" in loopback.told[0]

    @pytest.mark.parametrize(
        ("meta", "message"),
        [
            ({"end_date": "2026-10-08"}, "2026-10-01 to 2026-10-09 was asked for"),
            ({"start_date": "2026-09-30"}, "it says that it holds 2026-09-30"),
            ({"start_date": "2026-10-10"}, "was asked for"),
            ({"start_date": None}, "is no day"),
            ({"version": "v2"}, "its version is v2, known is v1"),
            ({"as_of": "now"}, "'now' is no instant"),
        ],
    )
    def test_an_answer_to_another_question_is_not_kept(self, loopback: Loopback, meta: dict, message: str) -> None:
        loopback.server.alter = lambda said: said | {"meta": said["meta"] | meta}
        with pytest.raises(AnswerChanged, match=message):
            list(api(loopback).observations())

    def test_rows_outside_of_the_window_are_left_to_staging(self, loopback: Loopback) -> None:
        stray = {"date": "2020-01-01", "model_permaslug": "us/a", "total_tokens": "1"}
        loopback.server.alter = lambda said: said | {"data": [*said["data"], stray, "no row"]}
        [(body, _, _)] = api(loopback).observations()
        assert json.loads(body)["data"][-2] == stray
        assert loopback.told[-1].startswith("2 rows of the answer are outside of 2026-10-01 to 2026-10-09")

    def test_another_shape_is_named(self, loopback: Loopback) -> None:
        loopback.server.faults.switch_on(Fault.CHANGED_SHAPE)
        with pytest.raises(AnswerChanged, match="no `meta` object or no list of rows"):
            list(api(loopback).observations())

    def test_a_truncated_body_is_no_json(self, loopback: Loopback) -> None:
        loopback.server.faults.switch_on(Fault.TRUNCATED_BODY)
        with pytest.raises(AnswerChanged, match="it is not whole JSON"):
            list(api(loopback).observations())


class TestLimits:
    def limits(self, loopback: Loopback, now: list[float], **limits: int) -> RequestLimits:
        def sleep(seconds: float) -> None:
            loopback.waited_seconds.append(seconds)
            now[0] += seconds

        return RequestLimits(loopback.limits, now=lambda: now[0], sleep=sleep, report=loopback.told.append, **limits)

    def test_the_limit_of_a_minute_is_waited_for_across_runs(self, loopback: Loopback) -> None:
        now = [1_000_000.0]
        for _ in range(3):
            self.limits(loopback, now, per_minute=3).take()
            now[0] += 5
        assert loopback.waited_seconds == []
        self.limits(loopback, now, per_minute=3).take()
        assert loopback.waited_seconds == [45]
        assert loopback.told == ["Waiting 45 s: no more than 3 requests a minute"]

    def test_the_limit_of_a_day_ends_the_run_before_a_request_is_made(self, loopback: Loopback) -> None:
        now = [1_000_000.0]
        for _ in range(4):
            self.limits(loopback, now, per_day=4).take()
            now[0] += 3600
        with pytest.raises(QuotaExceeded, match="4 requests were made in the last 24 hours") as caught:
            list(api(loopback, limits=self.limits(loopback, now, per_day=4)).observations())
        assert "run again in 20.0 hours" in str(caught.value)
        assert caught.value.exit_code == 3
        assert loopback.server.requests == []
        now[0] += 20 * 3600
        assert len(list(api(loopback, limits=self.limits(loopback, now, per_day=4)).observations())) == 1

    def test_requests_that_are_tried_again_count(self, loopback: Loopback) -> None:
        loopback.server.faults.switch_on(Fault.SERVER_ERRORS, times=2)
        list(api(loopback).observations())
        assert len(json.loads(loopback.limits.read_text())["requests_at"]) == 3

    @pytest.mark.parametrize("text", ["{", "[]", '{"requests_at": "many"}', '{"requests_at": [null, "x", 9e99]}'])
    def test_a_damaged_count_begins_anew(self, loopback: Loopback, text: str) -> None:
        loopback.limits.parent.mkdir()
        loopback.limits.write_text(text)
        RequestLimits(loopback.limits).take()
        assert len(json.loads(loopback.limits.read_text())["requests_at"]) == 1

    def test_a_folder_that_cannot_be_written_is_named(self, loopback: Loopback) -> None:
        loopback.limits.parent.write_text("a file where the folder should be")
        with pytest.raises(StorageFailed, match=f"Could not write {loopback.limits}"):
            list(api(loopback).observations())
        assert loopback.server.requests == []

    def test_the_servers_own_limit_is_respected_too(self, loopback: Loopback) -> None:
        loopback.server.retry_after = "50"
        loopback.server.faults.switch_on(Fault.RATE_LIMITED)
        assert len(list(api(loopback).observations())) == 1
        assert 50 <= loopback.waited_seconds[0] <= 51


def test_a_refused_request_says_what_the_server_says(loopback_of: Callable[..., Loopback]) -> None:
    loopback = loopback_of(history_start=date(2026, 12, 1))
    with pytest.raises(RequestRefused, match="answered 400: end_date must not be before 2026-12-01"):
        list(api(loopback).observations())
    assert loopback.asked("") == 1, "not tried again"


class TestKey:
    """Whatever happens, the key is in no text, file, log or traceback."""

    @pytest.fixture(autouse=True)
    def everything_is_logged(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)

    def texts(self, loopback: Loopback, folder: Path, caplog: pytest.LogCaptureFixture) -> str:
        files = [path.read_text(errors="replace") for path in folder.rglob("*") if path.is_file()]
        logged = [f"{record.getMessage()} {record.__dict__}" for record in caplog.records]
        return "\n".join([*files, *logged, *loopback.told])

    def test_it_is_in_nothing_that_is_kept_or_told(
        self, loopback_of: Callable[..., Loopback], home: Home, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        loopback = loopback_of(key=KEY)
        source = api(loopback)
        store = SnapshotStore(home)
        for body, origin, sha256 in source.observations():
            snapshot = store.put(body, origin, sha256)
            assert KEY not in f"{origin!r} {snapshot!r}"
        assert KEY not in f"{source!r} {source.key}"
        assert KEY not in self.texts(loopback, tmp_path, caplog)
        assert "sidecars" in str(list(tmp_path.rglob("*.json"))), "something was written"

    @pytest.mark.parametrize(
        ("fault", "error"),
        [
            (Fault.REFUSED_KEY, KeyRefused),
            (Fault.SERVER_ERRORS, TokentideError),
            (Fault.RATE_LIMITED, QuotaExceeded),
            (Fault.BROKEN_CONNECTION, SnapshotRejected),
            (Fault.CHANGED_SHAPE, AnswerChanged),
        ],
    )
    def test_it_is_in_no_error(
        self,
        loopback: Loopback,
        fault: Fault,
        error: type[TokentideError],
        tmp_path: Path,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        loopback.server.faults.switch_on(fault, times=99)
        with pytest.raises(error) as caught:
            list(api(loopback).observations())
        assert caught.value.exit_code == 3
        told = "".join(traceback.format_exception(caught.value))
        assert KEY not in f"{told} {caught.value!r} {caught.value}"
        assert KEY not in self.texts(loopback, tmp_path, caplog)

    def test_a_server_that_says_it_is_not_quoted(
        self, loopback: Loopback, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        from pipeline.dev_server import app

        monkeypatch.setattr(loopback.server, "_refusal", lambda _: app._error(401, f"No such key: {KEY}"))
        with pytest.raises(KeyRefused, match=r"answered 401: No such key: \[key\]") as caught:
            list(api(loopback).observations())
        assert "set OPENROUTER_API_KEY" in str(caught.value)
        assert KEY not in caplog.text

    @pytest.mark.parametrize("where", ["body", "header"])
    def test_an_answer_that_holds_it_is_not_kept(
        self,
        loopback: Loopback,
        home: Home,
        tmp_path: Path,
        where: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        answered = loopback.server._payload

        def echo(request: Request, body: bytes, kind: str) -> Response:
            said = request.headers["authorization"]
            if where == "body":
                return answered(request, body.replace(b'"v1"', f'"v1", "asked_by": "{said}"'.encode()), kind)
            answer = answered(request, body, kind)
            answer.headers["ETag"] = f'"{said}"'
            return answer

        monkeypatch.setattr(loopback.server, "_payload", echo)
        with pytest.raises(AnswerChanged, match="sends back the key that it was sent") as caught:
            SnapshotStore(home).put_all(api(loopback).observations())
        assert KEY not in str(caught.value)
        assert SnapshotStore(home).snapshots() == []
        assert [path for path in tmp_path.rglob("*") if path.is_file() and KEY in path.read_text()] == []
        assert not any(KEY in told for told in loopback.told)

    def test_it_does_not_follow_a_redirect(self, loopback: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(loopback.server, "_refusal", lambda _: RedirectResponse(f"{loopback.url}/elsewhere"))
        with pytest.raises(AnswerChanged, match="answered 307"):
            list(api(loopback).observations())
        assert loopback.asked("elsewhere") == 0

    @pytest.mark.parametrize("key", ["", "x", "sk-or-v1-0123 456789abcdef", "sk-or-v1-0123456789abcdef\n"])
    def test_without_a_usable_key_nothing_is_sent(self, loopback: Loopback, key: str) -> None:
        source = api(loopback)
        source.key = SecretStr(key)
        with pytest.raises(KeyRefused):
            list(source.observations())
        assert loopback.server.requests == []
