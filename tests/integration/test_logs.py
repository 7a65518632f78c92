"""TOKENTIDE_LOG=json: one object a line on stderr, nothing said twice, no secret; and the seconds of each step."""

import io
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from pydantic import SecretStr, ValidationError
from rich.console import Console

from pipeline.cli import main
from pipeline.ending import Ending, ending_of, tell_ending, tell_warning
from pipeline.logs import LOGGER, JsonLines, log, set_up_log
from pipeline.progress import Step, print_timings, showing_progress
from pipeline.settings import Settings
from warehouse.errors import LockHeld
from warehouse.home import Home
from warehouse.lock import writer_lock

KEY = "sk-or-v1-0123456789abcdef"


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """The log, while it is on."""
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    handler.setFormatter(JsonLines([SecretStr(KEY), SecretStr("")]))
    LOGGER.addHandler(handler)
    LOGGER.setLevel(logging.INFO)
    yield text
    LOGGER.removeHandler(handler)
    LOGGER.setLevel(logging.NOTSET)


@pytest.fixture
def log_is_put_back() -> Iterator[None]:
    """Ends a log that the test has set up."""
    failures = logging.getLogger("tokentide.failures")
    before = LOGGER.handlers[:], LOGGER.level, LOGGER.propagate, failures.propagate
    yield
    LOGGER.handlers[:], LOGGER.level, LOGGER.propagate, failures.propagate = before


def said(lines: io.StringIO) -> list[dict]:
    return [json.loads(line) for line in lines.getvalue().splitlines()]


class TestLog:
    def test_a_line_says_when_how_serious_and_what(self, lines: io.StringIO) -> None:
        log("step", asset="weekly.weeks", weeks=None, seconds=0.25)
        (line,) = said(lines)
        assert line.pop("time_utc").endswith("Z")
        assert line == {"level": "info", "event": "step", "asset": "weekly.weeks", "seconds": 0.25}

    def test_a_secret_is_taken_out_wherever_it_stands(self, lines: io.StringIO) -> None:
        log("progress", message=f"asked with {KEY}\n")
        LOGGER.error("and %s", KEY)
        assert [line.get("message", line.get("text")) for line in said(lines)] == [
            "asked with [secret]\n",
            "and [secret]",
        ]
        assert KEY not in lines.getvalue()

    def test_without_it_nothing_is_printed(self, capfd: pytest.CaptureFixture[str]) -> None:
        log("step", asset="weekly.weeks")
        assert capfd.readouterr() == ("", "")


class TestProgress:
    def test_each_step_is_told_once_it_has_ended_and_messages_at_once(self, lines: io.StringIO) -> None:
        shown = io.StringIO()
        with showing_progress(Console(file=shown), "2026-01-05..2026-01-12") as report:
            report("weekly.weeks")
            report("Waiting for process 1 ...")
            assert [line["event"] for line in said(lines)] == ["step", "progress"]
            report("publication")
        assert [(line["event"], line.get("asset", line.get("message"))) for line in said(lines)] == [
            ("step", "weekly.weeks"),
            ("progress", "Waiting for process 1 ..."),
            ("step", "publication"),
        ]
        assert {line["weeks"] for line in said(lines)} == {"2026-01-05..2026-01-12"}
        assert shown.getvalue() == "", "nothing is printed twice"

    def test_a_step_that_fails_is_timed_too_and_no_information(self, lines: io.StringIO) -> None:
        with pytest.raises(ZeroDivisionError), showing_progress(Console(file=io.StringIO())) as report:  # noqa: PT012
            report("attribution.labs")
            report("weekly.weeks")
            raise ZeroDivisionError
        assert [step.name for step in report.steps] == ["attribution.labs", "weekly.weeks"]
        assert [line["level"] for line in said(lines)] == ["info", "error"]

    def test_the_slowest_steps_come_first_and_the_others_are_summed(self) -> None:
        console = Console(record=True, file=io.StringIO())
        print_timings(console, [Step(f"step {number}", number / 10) for number in range(1, 13)])
        rows = [line.split() for line in console.export_text().splitlines() if line.strip()]
        assert rows[1] == ["step", "12", "1.20", "15", "%"]
        assert rows[-1] == ["2", "others", "0.30", "4", "%"]


class TestEnding:
    ERROR = LockHeld("Another process [1] is writing.", "wait.")

    @pytest.mark.parametrize(
        ("error", "ending"),
        [
            (ERROR, Ending(3, "Another process [1] is writing.", "wait.")),
            (SystemExit(0), Ending(0)),
            (SystemExit(11), Ending(11)),
            (SystemExit(130), Ending(130, "Interrupted. The published file is as it was; run again to go on.")),
        ],
    )
    def test_each_error_has_its_code_and_words(self, error: BaseException, ending: Ending) -> None:
        assert ending_of(error) == ending

    def test_a_refused_setting_is_named_by_its_variable_and_a_bug_keeps_its_traceback(self) -> None:
        with pytest.raises(ValidationError) as refused:
            Settings(ui_port=0)
        assert str(ending_of(refused.value)).startswith("TOKENTIDE_UI_PORT: ")
        try:
            raise ZeroDivisionError("by zero")
        except ZeroDivisionError as error:
            bug = ending_of(error)
        assert (bug.exit_code, bug.what) == (4, "ZeroDivisionError: by zero")
        assert "test_logs.py" in bug.traceback

    def test_in_a_terminal_it_is_text(self) -> None:
        errors = io.StringIO()
        tell_warning(Console(file=errors), "Not all was fetched: no answer [yet].")
        tell_ending(Console(file=errors), "run", ending_of(self.ERROR), 1)
        assert errors.getvalue() == (
            "Not all was fetched: no answer [yet].\nError: Another process [1] is writing.\nWhat to do: wait.\n"
        )

    def test_in_the_log_it_is_a_line_and_nothing_else(self, lines: io.StringIO) -> None:
        errors = io.StringIO()
        tell_warning(Console(file=errors), "Not all was fetched: no answer.")
        tell_ending(Console(file=errors), "run", ending_of(self.ERROR), 1.23456)
        tell_ending(Console(file=errors), "run", Ending(0), 1)
        warned, failed, done = said(lines)
        assert (warned["level"], warned["text"]) == ("warning", "Not all was fetched: no answer.")
        assert failed.pop("time_utc")
        assert failed == {
            "level": "error",
            "event": "ended",
            "command": "run",
            "exit_code": 3,
            "seconds": 1.235,
            "what": "Another process [1] is writing.",
            "next_step": "wait.",
        }
        assert (done["level"], done["exit_code"]) == ("info", 0)
        assert errors.getvalue() == ""


@pytest.mark.parametrize(
    ("arguments", "setting", "what", "next_step"),
    [
        (["run", "--bogus"], {}, "No such option: --bogus", "run --help"),
        (["bogus"], {}, "No such command 'bogus'.", " --help"),
        (
            ["run", "--weeks", "2026-01-05", "--as-of", "2026-02-01"],
            {},
            "Invalid value for --as-of: it builds all",
            "run --help",
        ),
        (["fetch"], {"TOKENTIDE_UI_PORT": "x"}, "TOKENTIDE_UI_PORT: Input should be a valid integer", "settings"),
        (
            ["fetch"],
            {"TOKENTIDE_WEBHOOK_URL": f"ftp://{KEY}"},
            "TOKENTIDE_WEBHOOK_URL: Value error, must be https:",
            "all settings.",
        ),
    ],
)
def test_what_cannot_be_understood_is_told_in_the_log_alone(
    arguments: list[str],
    setting: dict[str, str],
    what: str,
    next_step: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    log_is_put_back: None,
) -> None:
    for name, value in ({"TOKENTIDE_LOG": "json"} | setting).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "argv", ["tokentide", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    (line,) = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert line["what"].startswith(what)
    assert next_step in line["next_step"]
    assert (line["event"], line["exit_code"], ended.value.code) == ("ended", 2, 2)
    assert KEY not in str(line)


def test_a_secret_in_settings_that_are_refused_is_taken_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], log_is_put_back: None
) -> None:
    for name, value in {"LOG": "json", "UI_PORT": "x", "DAGSTER_POSTGRES_URL": KEY}.items():
        monkeypatch.setenv(f"TOKENTIDE_{name}", value)
    set_up_log()
    log("progress", message=f"asked with {KEY}")
    assert json.loads(capsys.readouterr().err)["message"] == "asked with [secret]"


def test_a_failure_is_one_line_of_json_though_the_notifiers_are_told_too(home: Home) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TOKENTIDE_")}
    settings = {"TOKENTIDE_HOME": str(home.path), "TOKENTIDE_LOG": "json", "TOKENTIDE_LOCK_WAIT_SECONDS": "0"}
    with writer_lock(home, 0):
        done = subprocess.run(
            [sys.executable, "-m", "pipeline.cli", "fetch"],
            env=kept | settings | {"OPENROUTER_API_KEY": KEY},
            capture_output=True,
            text=True,
            check=False,
        )
    (line,) = done.stderr.splitlines()
    ended = json.loads(line)
    assert (ended["event"], ended["command"], ended["exit_code"]) == ("ended", "fetch", 3)
    assert f"process {os.getpid()}" in ended["what"]
    assert done.stdout == ""
    assert done.returncode == 3
