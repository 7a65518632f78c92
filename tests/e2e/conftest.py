"""Homes that the command line has built, shared by all test processes."""

from pathlib import Path

import pytest
from command_line import CommandLine, Outcome, built_once, copy_of

from warehouse.home import Home

WEEKS = "2026-02-02..2026-02-16"


@pytest.fixture(scope="session")
def shared_directory(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder that all test processes of this session see."""
    own = tmp_path_factory.getbasetemp()
    return own if worker_id == "master" else own.parent


@pytest.fixture(scope="session")
def archive_run(shared_directory: Path) -> tuple[CommandLine, Outcome]:
    """`tokentide run` on the whole built-in archive, and what it printed."""
    return built_once(shared_directory / "archive_run", lambda line: line("run"))


@pytest.fixture(scope="session")
def archive(archive_run: tuple[CommandLine, Outcome]) -> CommandLine:
    """The whole archive, published. Read only."""
    return archive_run[0]


@pytest.fixture(scope="session")
def three_weeks(shared_directory: Path) -> CommandLine:
    """2026-02-02 to 2026-02-16, published. Read only."""
    return built_once(shared_directory / "three_weeks", lambda line: line("run", "--weeks", WEEKS))[0]


@pytest.fixture
def line(three_weeks: CommandLine, tmp_path: Path) -> CommandLine:
    """A copy of the three weeks that a test may change."""
    return copy_of(three_weeks, tmp_path)


@pytest.fixture
def empty_line(tmp_path: Path) -> CommandLine:
    """A home in which nothing was ever built."""
    return CommandLine(Home(tmp_path / "data"), tmp_path / "surroundings")
