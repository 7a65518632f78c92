"""`tokentide dev-server`: what it prints, what it serves, how it ends."""

import json
import re
import signal
import socket
import time
import urllib.error
import urllib.request
from typing import Any

import pytest
from command_line import CommandLine

from pipeline.dev_server import Fault

INDEX = "/api/v1/datasets/exports/index.json"


def start(line: CommandLine, *arguments: str) -> tuple[Any, str]:
    """The running server, and the address that it tells people to set."""
    process = line.start("dev-server", "--port", "0", *arguments)
    said = ""
    while "TOKENTIDE_OPENROUTER_URL=" not in said:
        text = process.stdout.readline()
        assert text, process.communicate()
        said += text
    return process, re.findall(r"export TOKENTIDE_OPENROUTER_URL=(http://127\.0\.0\.1:\d+) TOKENTIDE_HOME=", said)[0]


def test_it_serves_until_ctrl_c_and_leaves_nothing_behind(empty_line: CommandLine) -> None:
    process, url = start(empty_line)
    with urllib.request.urlopen(url + INDEX, timeout=30) as answer:
        said = json.load(answer)
    assert said["datasets"][0]["latest_snapshot_date"] == "2026-10-19", "more than the built-in archive has"
    assert "invented" in said["attribution"]
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=30)
    assert process.returncode == 0, stderr
    assert stdout.endswith("Ended.\n")
    assert stderr == ""
    assert empty_line.files_written_outside() == []
    assert not empty_line.home.path.exists()


def test_its_options_are_heard(empty_line: CommandLine) -> None:
    process, url = start(empty_line, "--today", "2026-09-25", "--fault", "server-errors:1", "--key", "sk-or-mine")
    try:
        with pytest.raises(urllib.error.HTTPError, match="500"):
            urllib.request.urlopen(url + INDEX, timeout=30)
        with urllib.request.urlopen(url + INDEX, timeout=30) as answer:
            assert json.load(answer)["datasets"][0]["latest_snapshot_date"] == "2026-09-25"
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(f"{url}/api/v1/datasets/rankings-daily", timeout=30)
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)


def test_the_switches_of_faults_are_heard(empty_line: CommandLine) -> None:
    switches = ("--fault", "rate-limited", "--retry-after", "77", "--fault", "slow:1", "--slow-seconds", "1.5")
    process, url = start(empty_line, *switches, "--missing-day", "2026-10-15")
    try:
        with pytest.raises(urllib.error.HTTPError, match="429") as refused:
            urllib.request.urlopen(url + INDEX, timeout=30)
        assert refused.value.headers["Retry-After"] == "77"
        asked_at = time.monotonic()
        urllib.request.urlopen(url + INDEX, timeout=30).close()
        assert time.monotonic() - asked_at >= 1.5
        exports = INDEX.replace("index.json", "rankings-daily/latest.csv")
        with urllib.request.urlopen(url + exports, timeout=30) as answer:
            body = answer.read()
        assert (b"2026-10-14," in body, b"2026-10-15," in body) == (True, False)
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)


def test_a_last_day_before_the_archives_end_is_refused(empty_line: CommandLine) -> None:
    outcome = empty_line("dev-server", "--last-day", "2026-10-08")
    assert outcome.exit_code == 2
    assert "--today" in outcome.stderr


def test_help_names_every_fault(empty_line: CommandLine) -> None:
    text = re.sub(r"[\s│]+", " ", empty_line("dev-server", "--help").stdout)
    assert [fault for fault in Fault if fault not in text] == []


def test_a_fault_that_there_is_not_is_named(empty_line: CommandLine) -> None:
    outcome = empty_line("dev-server", "--fault", "nonsense")
    assert outcome.exit_code == 2
    assert "'nonsense' is no fault" in re.sub(r"[\s│]+", " ", outcome.stderr)


def test_a_taken_port_ends_with_what_to_do(empty_line: CommandLine) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        outcome = empty_line("dev-server", "--port", str(other.getsockname()[1]))
    assert outcome.exit_code == 3
    assert "What to do: end what uses it, or name another --port." in outcome.stderr


def test_an_address_in_the_clear_is_refused_before_anything_is_sent(empty_line: CommandLine) -> None:
    outcome = empty_line("status", environment={"TOKENTIDE_OPENROUTER_URL": "http://openrouter.ai"})
    assert outcome.exit_code == 2
    assert "TOKENTIDE_OPENROUTER_URL: Value error, must be https://HOST" in outcome.stderr
