"""Telling of failed runs: a webhook on loopback over real HTTP, the command line's runs, and Dagster's."""

import json
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import dagster as dg
import pytest
from building import LONG_AFTER, full_weeks, put_rows, week
from job_runs import run_job as run_dagster_job
from pydantic import SecretStr, ValidationError
from runbook import runbook_says
from typer.testing import CliRunner, Result

from pipeline import run_job as command_line_runs
from pipeline.cli import app
from pipeline.dagster_home import COMMAND_LINE_PID_TAG, end_abandoned_runs
from pipeline.definitions import JOB_NAME
from pipeline.notifications import Failure, LogNotifier, notifiers_of, tell, telling_of_failure
from pipeline.run_as_of import run_as_of
from pipeline.run_job import RunRequest
from pipeline.sensors import tell_of_failures
from pipeline.settings import Settings
from pipeline.webhook import WebhookNotifier
from warehouse.errors import ChecksFailed, LockHeld, NothingKnownYet
from warehouse.home import Home

SECRET_PATH = "/services/T000/very-secret"
KEY = "sk-or-v1-0123456789abcdef"
FAILURE = Failure("checks_failed", JOB_NAME, "2026-01-05..2026-01-12", "It is not good.", "make it good.")


@dataclass
class Webhook:
    """What a webhook received, and what it answers: statuses in turn, the last one for ever."""

    url: str
    statuses: list[int] = field(default_factory=lambda: [204])
    delay: threading.Event | None = None
    received: list[dict] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)

    def settings(self, home: Home | None = None) -> Settings:
        where = {"home": home.path} if home else {}
        return Settings(webhook_url=SecretStr(self.url), OPENROUTER_API_KEY=KEY, **where)  # type: ignore[arg-type]


@contextmanager
def listening() -> Iterator[Webhook]:
    webhook = Webhook("")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            webhook.raw.append(self.requestline.encode() + bytes(self.headers) + body)
            webhook.paths.append(self.path)
            webhook.received.append(json.loads(body))
            if webhook.delay:
                webhook.delay.wait(20)
            self.send_response(webhook.statuses.pop(0) if len(webhook.statuses) > 1 else webhook.statuses[0])
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    webhook.url = f"http://127.0.0.1:{server.server_port}{SECRET_PATH}"
    try:
        yield webhook
    finally:
        if webhook.delay:
            webhook.delay.set()
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    with listening() as running:
        yield running


class TestWebhook:
    @staticmethod
    def notifier(webhook: Webhook, waited: list[float] | None = None, **options: float) -> WebhookNotifier:
        sleep: Callable[[float], None] = (waited if waited is not None else []).append
        return WebhookNotifier(SecretStr(webhook.url), sleep=sleep, **options)  # type: ignore[arg-type]

    def test_it_receives_the_failure_as_json(self, webhook: Webhook) -> None:
        self.notifier(webhook).tell(FAILURE)
        (said,) = webhook.received
        assert webhook.paths == [SECRET_PATH]
        assert said.pop("told_at_utc").endswith("Z")
        assert said.pop("software_version")
        assert said == {
            "event": "checks_failed",
            "job": JOB_NAME,
            "weeks": "2026-01-05..2026-01-12",
            "run_id": None,
            "what": "It is not good.",
            "next_step": "make it good.",
            "text": "tokentide: build_and_publish of 2026-01-05..2026-01-12 did not pass its checks.\n"
            "It is not good.\nWhat to do: make it good.",
        }

    @pytest.mark.parametrize("status", [500, 503, 429])
    def test_a_fault_that_may_pass_is_tried_again(self, webhook: Webhook, status: int) -> None:
        webhook.statuses = [status, status, 200]
        waited: list[float] = []
        self.notifier(webhook, waited).tell(FAILURE)
        assert len(webhook.received) == 3
        assert len(waited) == 2
        assert all(seconds <= 4 for seconds in waited)

    def test_a_fault_that_stays_is_logged_and_not_raised(
        self, webhook: Webhook, caplog: pytest.LogCaptureFixture
    ) -> None:
        webhook.statuses = [500]
        self.notifier(webhook).tell(FAILURE)
        assert len(webhook.received) == 3
        assert "The webhook could not be told of the failure: it answered 500." in caplog.text
        assert "secret" not in caplog.text

    @pytest.mark.parametrize("status", [302, 400, 404])
    def test_a_refusal_is_not_tried_again(
        self, webhook: Webhook, status: int, caplog: pytest.LogCaptureFixture
    ) -> None:
        webhook.statuses = [status]
        self.notifier(webhook).tell(FAILURE)
        assert len(webhook.received) == 1
        assert f"it answered {status}." in caplog.text

    def test_an_answer_that_does_not_come_is_not_waited_for(
        self, webhook: Webhook, caplog: pytest.LogCaptureFixture
    ) -> None:
        webhook.delay = threading.Event()
        self.notifier(webhook, answer_seconds=0.1).tell(FAILURE)
        assert "could not be told of the failure: ReadTimeout." in caplog.text

    def test_nobody_there_is_not_raised(self, caplog: pytest.LogCaptureFixture) -> None:
        with listening() as gone:
            pass
        self.notifier(gone).tell(FAILURE)
        assert "could not be told of the failure: ConnectError." in caplog.text

    def test_an_address_that_is_none_is_not_raised(self, caplog: pytest.LogCaptureFixture) -> None:
        WebhookNotifier(SecretStr("https://[broken/very-secret"), sleep=[].append).tell(FAILURE)
        assert "The webhook could not be told" in caplog.text
        assert "secret" not in caplog.text

    def test_a_long_story_is_cut(self, webhook: Webhook) -> None:
        self.notifier(webhook).tell(Failure("run_failed", JOB_NAME, None, "long " * 10_000, ""))
        assert len(webhook.received[0]["what"]) == 4_000

    def test_neither_key_nor_address_is_told_or_logged(
        self, webhook: Webhook, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        told = Failure("run_failed", JOB_NAME, None, f"with {KEY} to {webhook.url}", f"look at {KEY}.")
        tell(notifiers_of(webhook.settings()), told)
        (sent,) = webhook.raw
        assert KEY.encode() not in sent
        assert sent.count(SECRET_PATH.encode()) == 1, "in the request's own line alone"
        assert webhook.received[0]["what"] == "with [secret] to [secret]"
        assert KEY not in caplog.text
        assert SECRET_PATH not in caplog.text


class TestNotifiers:
    def test_without_a_webhook_there_is_the_log(self, caplog: pytest.LogCaptureFixture) -> None:
        for settings in (Settings(), Settings(webhook_url=SecretStr(" "))):
            caplog.clear()
            tell(notifiers_of(settings), FAILURE)
            assert [record.getMessage() for record in caplog.records] == [FAILURE.text]

    def test_one_that_raises_does_not_keep_the_others_from_hearing(self, caplog: pytest.LogCaptureFixture) -> None:
        class Broken:
            def tell(self, _: Failure) -> None:
                raise RuntimeError("I promised not to")

        tell([Broken(), LogNotifier()], FAILURE)
        assert FAILURE.text in caplog.text
        assert "A notifier failed itself: RuntimeError." in caplog.text

    @pytest.mark.parametrize("url", ["http://example.org/secret", "ftp://127.0.0.1/secret", "https://", "secret"])
    def test_an_address_that_would_show_its_secret_is_refused(self, url: str) -> None:
        with pytest.raises(ValidationError, match="must be https://HOST") as refused:
            Settings(webhook_url=SecretStr(url))
        assert "secret" not in refused.value.errors()[0]["msg"]

    def test_the_settings_do_not_show_it(self, webhook: Webhook) -> None:
        assert SECRET_PATH not in f"{webhook.settings()!r} {webhook.settings().model_dump()}"


class TestCommandLine:
    """Runs that do not go through Dagster's daemon."""

    @pytest.mark.parametrize(
        ("error", "event", "what", "next_step"),
        [
            (ChecksFailed("Bad.", "mend it.", []), "checks_failed", "Bad.", "mend it."),
            (LockHeld("Held.", "wait."), "run_failed", "Held.", "wait."),
            (ZeroDivisionError("by zero"), "run_failed", "ZeroDivisionError: by zero", ""),
        ],
    )
    def test_an_error_is_told_and_goes_on(
        self, webhook: Webhook, error: Exception, event: str, what: str, next_step: str
    ) -> None:
        with pytest.raises(type(error)), telling_of_failure(webhook.settings(), "fetch_live"):
            raise error
        (said,) = webhook.received
        assert (said["event"], said["job"], said["weeks"]) == (event, "fetch_live", None)
        assert (said["what"], said["next_step"]) == (what, next_step)

    def test_neither_success_nor_an_interruption_is_told(self, webhook: Webhook) -> None:
        with telling_of_failure(webhook.settings(), "fetch_live"):
            pass
        with pytest.raises(KeyboardInterrupt), telling_of_failure(webhook.settings(), "fetch_live"):
            raise KeyboardInterrupt
        assert webhook.received == []

    def test_a_run_that_fails_its_checks_is_told_even_where_the_webhook_is_broken(
        self, webhook: Webhook, home: Home, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("DAGSTER_HOME", "to be replaced, and restored after the test")
        monkeypatch.setattr("pipeline.definitions.BuiltInArchive", NoArchive)
        webhook.statuses = [400]
        put_bad_week(home)
        with pytest.raises(ChecksFailed, match="weeks 2026-01-12 keep the old rows") as raised:
            command_line_runs.run_job(webhook.settings(home), RunRequest(week(0), week(1)), lambda _: None)
        (said,) = webhook.received
        assert (said["event"], said["job"], said["weeks"]) == ("checks_failed", JOB_NAME, "2026-01-05..2026-01-12")
        assert said["what"] == raised.value.args[0]
        assert "newest_vintage_of_each_day_is_good failed" in said["what"]
        assert said["next_step"] == raised.value.next_step

    def test_a_build_of_the_past_that_fails_is_told(
        self, webhook: Webhook, home: Home, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("pipeline.run_as_of.BuiltInArchive", NoArchive)
        put_bad_week(home)
        with pytest.raises(NothingKnownYet) as raised:
            run_as_of(webhook.settings(home), datetime(2025, 1, 1), lambda _: None)
        (said,) = webhook.received
        assert (said["event"], said["job"], said["weeks"]) == ("run_failed", "run_as_of", None)
        assert (said["what"], said["next_step"]) == (raised.value.args[0], raised.value.next_step)


class NoArchive:
    def observations(self) -> list:
        return []


def put_bad_week(home: Home) -> None:
    """Two weeks, one day of the later one restated with a negative count."""
    put_rows(home, full_weeks([week(0), week(1)], {"openai/gpt-5": 10_000}))
    restated = full_weeks([week(1)], {"openai/gpt-5": 10_000})
    restated[0] = (restated[0][0], restated[0][1], -1)
    put_rows(home, restated, LONG_AFTER + timedelta(hours=1))


class TestSensor:
    @staticmethod
    def evaluate(settings: Settings, instance: dg.DagsterInstance, run_id: str) -> object:
        """What the sensor does when Dagster's daemon brings it the end of this run."""
        run = instance.get_run_by_id(run_id)
        (ended,) = instance.get_records_for_run(run_id, of_type=dg.DagsterEventType.RUN_FAILURE).records
        assert run is not None
        assert ended.event_log_entry.dagster_event is not None
        context = dg.build_run_status_sensor_context(
            "tell_of_failures", ended.event_log_entry.dagster_event, instance, run
        ).for_run_failure()
        return tell_of_failures(settings)(context)

    def test_failed_checks_are_told_with_weeks_and_reason(self, webhook: Webhook, home: Home) -> None:
        put_bad_week(home)
        with dg.DagsterInstance.ephemeral() as instance:
            run = run_dagster_job(home, week(0), week(1), instance)
            assert not run.success
            assert self.evaluate(webhook.settings(), instance, run.run_id) is None
        (said,) = webhook.received
        assert (said["event"], said["job"], said["run_id"]) == ("checks_failed", JOB_NAME, run.run_id)
        assert said["weeks"] == "2026-01-05..2026-01-12"
        assert said["what"].startswith("staging.model_day_tokens: weeks 2026-01-12 keep the old rows")
        assert said["next_step"].startswith("correct the cause and run again")

    def test_an_error_that_a_person_can_act_on_keeps_its_next_step(self, webhook: Webhook) -> None:
        @dg.op
        def locked() -> None:
            raise LockHeld("Another process is writing.", "wait until it ends.")

        said = self.told_of(webhook, locked)
        assert (said["event"], said["weeks"]) == ("run_failed", None)
        assert said["what"].endswith("Another process is writing.")
        assert said["next_step"] == "wait until it ends."

    def test_a_bug_is_told_by_its_name(self, webhook: Webhook) -> None:
        @dg.op
        def buggy() -> None:
            raise ZeroDivisionError("by zero")

        said = self.told_of(webhook, buggy)
        assert (said["event"], said["next_step"]) == ("run_failed", "")
        assert said["what"] == "ZeroDivisionError: by zero"

    def test_all_steps_that_failed_are_told(self, webhook: Webhook) -> None:
        @dg.op
        def locked() -> None:
            raise LockHeld("Another process is writing.", "wait until it ends.")

        @dg.op
        def gated() -> None:
            raise dg.Failure("prices.suspicions: the table keeps the old rows.\nWhat to do: correct the cause.")

        said = self.told_of(webhook, locked, gated)
        assert said["event"] == "checks_failed"
        assert "Another process is writing." in said["what"]
        assert "prices.suspicions: the table keeps the old rows." in said["what"]
        assert "wait until it ends." in said["next_step"]
        assert "correct the cause." in said["next_step"]

    def told_of(self, webhook: Webhook, *ops: dg.OpDefinition) -> dict:
        """What is told when a job of these steps has run."""
        graph = dg.GraphDefinition(name="fetch_live", node_defs=ops)
        with dg.DagsterInstance.ephemeral() as instance:
            run = graph.to_job().execute_in_process(instance=instance, raise_on_error=False)
            self.evaluate(webhook.settings(), instance, run.run_id)
        (said,) = webhook.received
        assert said["job"] == "fetch_live"
        return said

    def test_what_the_command_line_told_is_not_told_again(self, webhook: Webhook, home: Home) -> None:
        put_bad_week(home)
        with dg.DagsterInstance.ephemeral() as instance:
            run = run_dagster_job(home, week(0), week(1), instance, tags={COMMAND_LINE_PID_TAG: "1"})
            said = self.evaluate(webhook.settings(), instance, run.run_id)
        assert isinstance(said, dg.SkipReason)
        assert webhook.received == []

    def test_a_command_line_that_was_killed_is_told_of(self, webhook: Webhook) -> None:
        @dg.job(name=JOB_NAME)
        def killed() -> None: ...

        with dg.DagsterInstance.ephemeral() as instance:
            nobody = {COMMAND_LINE_PID_TAG: str(2**22 + 1)}  # above what Linux gives to processes
            run = instance.create_run_for_job(killed, status=dg.DagsterRunStatus.STARTED, tags=nobody)
            end_abandoned_runs(instance)
            self.evaluate(webhook.settings(), instance, run.run_id)
        runbook_says("abandoned-run", "told", webhook.received[0]["what"])


class TestService:
    @staticmethod
    def tell(*variables: tuple[str, str]) -> Result:
        return CliRunner().invoke(app, ["tell-of-failure", "tokentide-upkeep"], env=dict(variables))

    def test_the_webhook_is_told_which_failed_and_where_to_see_why(self, webhook: Webhook) -> None:
        told = self.tell(("TOKENTIDE_WEBHOOK_URL", webhook.url))
        (said,) = webhook.received
        assert (told.exit_code, told.stdout.strip()) == (0, said["text"])
        assert (said["event"], said["job"], said["weeks"]) == ("service_failed", "tokentide-upkeep", None)
        assert said["text"].startswith("tokentide: tokentide-upkeep failed.\n")
        assert "journalctl -u tokentide-upkeep" in said["next_step"]

    def test_without_a_webhook_it_says_that_nobody_was_told(self) -> None:
        told = self.tell(("TOKENTIDE_WEBHOOK_URL", ""))
        assert told.exit_code == 0
        assert told.stdout.endswith("Nobody else was told: TOKENTIDE_WEBHOOK_URL is not set.\n")
