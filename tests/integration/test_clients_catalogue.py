"""Catalogue, providers and endpoints over real HTTP, and what all clients bear: retries, time limits, size limits."""

import json
import socket
import time
from datetime import timedelta

import pytest
from building import build_tables, up_to
from loopback import Loopback

from pipeline.clients.catalogue import Catalogue, Endpoints, Providers
from pipeline.clients.errors import AnswerChanged, QuotaExceeded, SourceUnreachable
from pipeline.clients.http import OpenRouter, Patience
from pipeline.dev_server import Fault
from warehouse.database import open_working_file
from warehouse.errors import SnapshotRejected
from warehouse.home import Home
from warehouse.parsers import CATALOGUE_FORMAT, parse_prices
from warehouse.snapshots import SnapshotStore
from warehouse.version import SOFTWARE_VERSION


def catalogue(loopback: Loopback, **patience: float) -> Catalogue:
    return Catalogue(loopback.openrouter(attempts=3, **patience), loopback.told.append)


def test_the_catalogue_is_staged_as_prices_of_its_source(loopback: Loopback, home: Home) -> None:
    [(body, origin, sha256)] = catalogue(loopback).observations()
    assert sha256 is None
    assert (origin.source, origin.format) == ("openrouter-catalogue", CATALOGUE_FORMAT)
    assert (origin.license, origin.license_url) == ("none stated", None)
    assert origin.as_of_utc == origin.fetched_at_utc.replace(microsecond=0)
    SnapshotStore(home).put(body, origin)
    with open_working_file(home) as connection:
        build_tables(connection, home, tables=up_to("staging.catalogue_prices"))
        staged = connection.execute(
            "SELECT source, count(DISTINCT model_id), count(*) FROM staging.catalogue_models GROUP BY ALL"
        ).fetchall()
        prices = connection.execute("SELECT count(*) FROM staging.catalogue_prices").fetchall()
    parsed = parse_prices(body, CATALOGUE_FORMAT)
    models = len(set(parsed.column("model_id").to_pylist()))
    assert staged == [("openrouter-catalogue", models, models)]
    assert prices[0][0] == len([kind for kind in parsed.column("price_kind").to_pylist() if kind])


def test_the_same_catalogue_later_is_another_observation(loopback: Loopback) -> None:
    first, second = (next(iter(catalogue(loopback).observations())) for _ in range(2))
    assert first[0] == second[0]
    assert second[1].fetched_at_utc > first[1].fetched_at_utc
    assert loopback.asked("/api/v1/models") == 2


def test_providers_come_whole(loopback: Loopback) -> None:
    [(body, origin, _)] = Providers(loopback.openrouter()).observations()
    assert (origin.source, origin.format) == ("openrouter-providers", "openrouter-providers-json")
    assert {"slug", "headquarters"} <= set(json.loads(body)["data"][0])


def test_endpoints_come_model_by_model_and_an_unlisted_one_is_named(loopback: Loopback) -> None:
    models = ["minimax/minimax-m2.5", "nobody/nothing:free", "anthropic/claude-opus-4.6"]
    observed = list(Endpoints(loopback.openrouter(), models, loopback.told.append).observations())
    assert [json.loads(origin.parameters or "")["model"] for _, origin, _ in observed] == [models[0], models[2]]
    assert {(origin.source, origin.format) for _, origin, _ in observed} == {
        ("openrouter-endpoints", "openrouter-endpoints-json")
    }
    assert json.loads(observed[0][0])["data"]["endpoints"][0]["pricing"]["completion"]
    assert loopback.told == ["OpenRouter does not list nobody/nothing:free: left out"]
    assert loopback.server.requests[1] == "/api/v1/models/nobody/nothing:free/endpoints"


class TestModelsThatFail:
    MODELS = ("minimax/minimax-m2.5", "anthropic/claude-opus-4.6", "openai/gpt-5", "nobody/nothing", "openai/gpt-5.1")

    def without_endpoints(self, loopback: Loopback, *numbers: int) -> None:
        """Of these models the server answers without a list of endpoints."""

        def alter(said: dict) -> dict:
            data = said["data"]
            is_struck = data["id"] in {self.MODELS[number] for number in numbers}
            return {"data": {"id": data["id"], "name": "x"}} if is_struck else said

        loopback.server.alter = alter

    def fetched(self, loopback: Loopback) -> tuple[list[str], str]:
        """The models whose endpoints came, and the error."""
        came: list[str] = []
        observations = Endpoints(loopback.openrouter(), self.MODELS, loopback.told.append).observations()
        with pytest.raises(AnswerChanged, match=r"no list under `data\.endpoints`") as caught:
            came.extend(json.loads(origin.parameters or "")["model"] for _, origin, _ in observations)
        return came, str(caught.value)

    def test_the_others_come_and_they_are_named(self, loopback: Loopback) -> None:
        self.without_endpoints(loopback, 0, 2)
        came, error = self.fetched(loopback)
        assert came == [self.MODELS[1], self.MODELS[4]]
        assert error.startswith(f"The endpoints of {self.MODELS[0]}, {self.MODELS[2]} were not fetched. http")
        assert "Nothing of it was stored" in error

    def test_a_source_that_fails_again_and_again_is_left_alone(self, loopback: Loopback) -> None:
        self.without_endpoints(loopback, 0, 1, 2)
        came, error = self.fetched(loopback)
        assert came == []
        assert loopback.asked("/endpoints") == 3
        assert f"The endpoints of {', '.join(self.MODELS)} were not fetched" in error


@pytest.mark.parametrize(
    ("fault", "message"),
    [(Fault.CHANGED_SHAPE, "no list under `data"), (Fault.TRUNCATED_BODY, "it is not whole JSON")],
)
def test_a_body_that_is_not_whole_json_with_its_data_is_not_kept(
    loopback: Loopback, fault: Fault, message: str
) -> None:
    loopback.server.faults.switch_on(fault)
    server = loopback.openrouter(attempts=1)
    for source in (Catalogue(server), Providers(server), Endpoints(server, ["minimax/minimax-m2.5"])):
        with pytest.raises(AnswerChanged, match=message) as caught:
            list(source.observations())
        assert "Nothing of it was stored" in str(caught.value)


class TestPatience:
    def test_server_errors_are_waited_out_with_growing_random_times(self, loopback: Loopback) -> None:
        loopback.server.faults.switch_on(Fault.SERVER_ERRORS, times=2)
        assert len(list(catalogue(loopback).observations())) == 1
        first, second = loopback.waited_seconds
        assert 0 <= first <= 1
        assert 0 <= second <= 2
        assert "answered 500: Internal Server Error. Trying again in" in loopback.told[0]
        assert loopback.told[1].endswith("(3 of 3)")

    def test_server_errors_that_stay_are_an_error_to_act_on(self, loopback: Loopback) -> None:
        loopback.server.faults.switch_on(Fault.SERVER_ERRORS, times=99)
        with pytest.raises(SourceUnreachable, match="answered 500") as caught:
            list(catalogue(loopback).observations())
        assert caught.value.exit_code == 3
        assert loopback.asked("models") == 3

    def test_a_rate_limit_is_waited_for_as_long_as_it_asks(self, loopback: Loopback) -> None:
        loopback.server.retry_after = "12"
        loopback.server.faults.switch_on(Fault.RATE_LIMITED)
        assert len(list(catalogue(loopback).observations())) == 1
        assert 12 <= loopback.waited_seconds[0] <= 13

    def test_a_date_to_wait_for_is_understood(self, loopback: Loopback) -> None:
        loopback.server.retry_after = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 20))
        loopback.server.faults.switch_on(Fault.RATE_LIMITED)
        assert len(list(catalogue(loopback).observations())) == 1
        assert 15 <= loopback.waited_seconds[0] <= 21

    def test_a_longer_wait_than_ours_is_not_waited(self, loopback: Loopback) -> None:
        loopback.server.retry_after = "3600"
        loopback.server.faults.switch_on(Fault.RATE_LIMITED)
        with pytest.raises(QuotaExceeded, match="answered 429: Rate limit exceeded") as caught:
            list(catalogue(loopback).observations())
        assert "run again in 3600 seconds" in str(caught.value)
        assert loopback.waited_seconds == []

    def test_a_rate_limit_that_stays_ends(self, loopback: Loopback) -> None:
        loopback.server.faults.switch_on(Fault.RATE_LIMITED, times=99)
        with pytest.raises(QuotaExceeded):
            list(catalogue(loopback).observations())
        assert loopback.asked("models") == 3

    def test_a_slow_answer_is_given_up_and_asked_for_again(self, loopback: Loopback) -> None:
        loopback.server.slow_seconds = 0.5
        loopback.server.faults.switch_on(Fault.SLOW, times=1)
        assert len(list(catalogue(loopback, read_seconds=0.1).observations())) == 1
        assert "no answer in time" in loopback.told[0]
        loopback.server.faults.switch_on(Fault.SLOW)
        with pytest.raises(SourceUnreachable, match="no answer in time"):
            list(catalogue(loopback, read_seconds=0.1).observations())

    def test_an_answer_that_drips_for_ever_is_given_up(self, loopback: Loopback) -> None:
        with pytest.raises(SourceUnreachable, match="no answer in time"):
            list(catalogue(loopback, answer_seconds=-1).observations())

    def test_a_broken_connection_is_tried_again_and_then_rejected(self, loopback: Loopback) -> None:
        loopback.server.faults.switch_on(Fault.BROKEN_CONNECTION, times=2)
        assert len(list(catalogue(loopback).observations())) == 1
        loopback.server.faults.switch_on(Fault.BROKEN_CONNECTION)
        with pytest.raises(SnapshotRejected, match="broke off before the body was whole"):
            list(catalogue(loopback).observations())

    def test_no_server_at_all_is_named_with_what_to_do(self, loopback: Loopback) -> None:
        with socket.socket() as nobody:
            nobody.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
            server = OpenRouter(url, Patience(attempts=2), loopback.waited_seconds.append)
            with pytest.raises(SourceUnreachable, match=f"{url}/api/v1/models could not be reached") as caught:
                list(Catalogue(server).observations())
        assert "TOKENTIDE_OPENROUTER_URL" in str(caught.value)
        assert len(loopback.waited_seconds) == 1

    def test_a_proxy_is_not_asked_for_what_is_on_this_machine(
        self, loopback: Loopback, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, "http://127.0.0.1:9")
        assert len(list(catalogue(loopback).observations())) == 1


def test_a_body_beyond_its_limit_is_not_read_to_its_end(loopback: Loopback) -> None:
    with loopback.openrouter().connect() as connection, pytest.raises(AnswerChanged, match="more than 1000 bytes"):
        connection.get("/api/v1/models", limit_bytes=1000)
    assert loopback.asked("models") == 1


def test_the_program_says_who_it_is(loopback: Loopback) -> None:
    list(catalogue(loopback).observations())
    assert loopback.server.user_agents == {f"tokentide/{SOFTWARE_VERSION}"}


def test_times_are_those_of_the_answer(loopback: Loopback) -> None:
    [(_, before, _)] = catalogue(loopback).observations()
    [(_, after, _)] = catalogue(loopback).observations()
    assert timedelta(0) < after.fetched_at_utc - before.fetched_at_utc < timedelta(minutes=1)
