"""From the built-in archive to yesterday, and what a killed fetch leaves behind, against a loopback source."""

import re
import shlex
import signal
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from building import REPOSITORY
from command_line import CommandLine, copy_of
from runbook import runbook_says
from web_server import free_port

from pipeline.dev_server import Fault, LoopbackOpenRouter, recorded_figures, serving
from warehouse.snapshots import SnapshotStore

KEY = "sk-or-v1-0123456789abcdef"
LAST_DAY = date(2026, 10, 19)
DAY = timedelta(days=1)


@pytest.fixture
def source() -> Iterator[tuple[LoopbackOpenRouter, dict[str, str]]]:
    """A source that has gone on to 2026-10-19, and the environment in which commands ask it."""
    server = LoopbackOpenRouter(recorded_figures().with_invented_days(LAST_DAY), today=LAST_DAY + DAY)
    with serving(server) as url:
        yield server, {"TOKENTIDE_OPENROUTER_URL": url, "OPENROUTER_API_KEY": KEY}


@pytest.fixture
def how_to(archive: CommandLine, tmp_path: Path) -> Iterator[tuple[CommandLine, list[list[str]], dict[str, str]]]:
    """The page's server is running: a home to try, the arguments of the page's commands, their environment."""
    page = (REPOSITORY / "docs" / "how-to" / "try-the-live-path.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```sh\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    server, export, *commands = (line for block in blocks for line in block.splitlines())
    port = str(free_port())
    environment = dict(part.split("=") for part in export.replace("8765", port).split() if "=" in part)
    assert environment.pop("TOKENTIDE_HOME") == "$PWD/data/trying-out", "not the folder of true figures"
    line = copy_of(archive, tmp_path)
    process = line.start(*arguments(server), "--port", port)
    try:
        while process.stdout.readline() not in ("End with Ctrl-C.\n", ""):  # type: ignore[union-attr]
            pass
        yield line, [arguments(command) for command in commands], environment | {"OPENROUTER_API_KEY": KEY}
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)


def arguments(command: str) -> list[str]:
    program, *rest = shlex.split(command)
    assert program == ".venv/bin/tokentide"
    return rest


def test_the_page_goes_from_the_archive_to_figures_that_it_calls_invented(
    how_to: tuple[CommandLine, list[list[str]], dict[str, str]],
) -> None:
    line, (run, ask), environment = how_to
    outcome = line(*run, environment=environment | {"TOKENTIDE_ENDPOINTS": "5"})
    assert outcome.exit_code == 0, outcome.text
    assert "2024-12-30 to 2026-10-12" in outcome.stdout
    assert "Cite      Not for quoting: " in outcome.stdout
    asked = line(*ask, environment=environment)
    assert ("2026-10-12" in asked.stdout, "Not for quoting: " in asked.text) == (True, True), asked.text
    assert line.query("SELECT count(*) FROM staging.model_day_tokens WHERE date > '2026-10-09'") == [(459,)]
    assert line.query("SELECT days_observed FROM main.weeks WHERE week_start = '2026-10-12'") == [(7,)]
    assert line.query("SELECT count(DISTINCT model_id) FROM staging.endpoint_prices") == [(5,)]
    served = line("fetch", "--endpoints", "2", environment=environment)
    assert served.exit_code == 0, served.text
    stored = [one.origin.source for one in SnapshotStore(line.home).snapshots()]
    assert (stored.count("openrouter-endpoints"), stored.count("openrouter-providers")) == (7, 2)
    proof = line("prove", environment=environment)
    assert proof.exit_code == 0
    assert "lossless: 1,530 figures equal the published file" in proof.stdout
    assert [path for path in line.home.path.rglob("*") if path.is_file() and KEY.encode() in path.read_bytes()] == []
    assert KEY not in outcome.text
    assert line.files_written_outside() == []


def test_where_a_source_fails_it_builds_from_what_is_stored_and_says_so(
    line: CommandLine, source: tuple[LoopbackOpenRouter, dict[str, str]]
) -> None:
    server, environment = source
    server.faults.switch_on(Fault.WRONG_HASH, 99)
    catalogues = "SELECT count(*) FROM raw.snapshots WHERE source = 'openrouter-catalogue' AND http_status = 200"
    assert line.query(catalogues) == [(0,)]
    outcome = line("run", "--live", "--weeks", "2026-02-02..2026-02-16", environment=environment)
    assert outcome.exit_code == 3
    told = outcome.stderr
    assert "Not all was fetched: " in told
    assert "Building from what is stored." in told
    assert told.index("The edition is made of what is stored; not all was fetched.") < told.index("Error: http")
    assert "is not what was published" in told
    runbook_says("source-down", "run-live", told)
    assert line.query(catalogues) == [(1,)], "what did come is in the edition"


def test_a_killed_fetch_leaves_nothing_half_and_the_next_one_goes_on(
    empty_line: CommandLine, source: tuple[LoopbackOpenRouter, dict[str, str]]
) -> None:
    server, environment = source
    server.slow_seconds = 60
    server.faults.switch_on(Fault.SLOW, 99)
    process = empty_line.start("fetch", environment=environment)
    deadline = time.monotonic() + 60
    while not server.requests:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    server.faults.switch_on(Fault.SLOW, 0)
    store = SnapshotStore(empty_line.home)
    assert {one.origin.source for one in store.snapshots()}.isdisjoint({"openrouter-rankings-export"})
    outcome = empty_line("fetch", environment=environment)
    assert outcome.exit_code == 0, outcome.text
    exports = [one for one in store.snapshots() if one.origin.source == "openrouter-rankings-export"]
    assert len(exports) == len({one.sha256 for one in exports}) == 1
    assert all(store.read(one) for one in store.snapshots())


@pytest.mark.parametrize(
    ("fault", "exit_code", "said"),
    [
        (Fault.WRONG_HASH, 3, "is not what was published"),
        (Fault.CHANGED_SHAPE, 3, "has another shape than this program knows"),
    ],
)
def test_a_bad_answer_is_named_with_what_to_do(
    empty_line: CommandLine,
    source: tuple[LoopbackOpenRouter, dict[str, str]],
    fault: Fault,
    exit_code: int,
    said: str,
) -> None:
    server, environment = source
    server.faults.switch_on(fault, 99)
    outcome = empty_line("fetch", environment=environment)
    assert outcome.exit_code == exit_code
    assert said in outcome.stderr
    assert "What to do:" in outcome.stderr
    assert "Traceback" not in outcome.text


def test_a_refused_key_says_so_and_is_not_shown(
    empty_line: CommandLine, source: tuple[LoopbackOpenRouter, dict[str, str]]
) -> None:
    server, environment = source
    server.key = "another"
    outcome = empty_line("fetch", "--source", "api", environment=environment)
    assert outcome.exit_code == 3
    assert "OPENROUTER_API_KEY" in outcome.stderr
    assert KEY not in outcome.text
    runbook_says("key-refused", "refused", outcome.stderr)


@pytest.mark.parametrize(
    "arguments",
    [("--source", "web"), ("--every-vintage", "--source", "api"), ("--weeks", "last")],
)
def test_what_cannot_be_asked_for_is_refused(empty_line: CommandLine, arguments: tuple[str, ...]) -> None:
    assert empty_line("fetch", *arguments).exit_code == 2
