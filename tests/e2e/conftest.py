"""Homes that the command line has built, shared by all test processes."""

import shutil
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import building
import duckdb
import pytest
from command_line import CommandLine, Outcome, built_once, copy_of
from snapshots_of_faults import AFTER_THE_ARCHIVE

from warehouse.home import Home

WEEKS = "2026-02-02..2026-02-16"
LATER_WEEK = date(2026, 10, 12)


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
    """2026-02-02 to 2026-02-16, published by someone in New Zealand. Read only."""

    def build(line: CommandLine) -> Outcome:
        return line("run", "--weeks", WEEKS, environment={"TZ": "Pacific/Auckland"})

    return built_once(shared_directory / "three_weeks", build)[0]


@pytest.fixture(scope="session")
def later_week(three_weeks: CommandLine, shared_directory: Path) -> tuple[CommandLine, Outcome]:
    """A new week from three more snapshots: without its Saturday, one author unknown, one day restated, one
    contradicted for the same instant. Read only.
    """

    def build(line: CommandLine) -> Outcome:
        shutil.copytree(three_weeks.home.path, line.home.path)
        # some 20T a day, as at the archive's end: the gate compares
        tokens = {"nobody-knows/model-x": 7 * 10**12, "deepseek/deepseek-v3": 9 * 10**12}
        full_day = partial(building.full_day, fill=10**11)
        days = [day for day in building.days_of(LATER_WEEK) if day.weekday() != 5]
        as_of = AFTER_THE_ARCHIVE + timedelta(weeks=1)
        building.put_rows(line.home, [row for day in days for row in full_day(day, tokens)], as_of)
        restated = full_day(days[0], tokens | {"deepseek/deepseek-v3": 10**13})
        building.put_rows(line.home, restated, as_of + timedelta(days=1))
        contradicted = full_day(days[1], tokens | {"deepseek/deepseek-v3": 1})
        building.put_rows(line.home, contradicted, as_of, fetched_at=as_of + timedelta(hours=5))
        with duckdb.connect(str(line.home.published_file), read_only=True) as reader:
            outcome = line("run", "--weeks", str(LATER_WEEK))
            weeks = reader.execute("SELECT count(*) FROM main.weeks").fetchall()
            assert weeks == [(3,)], "who has the file open keeps reading its old state"
        return outcome

    return built_once(shared_directory / "later_week", build)


@pytest.fixture
def line(three_weeks: CommandLine, tmp_path: Path) -> CommandLine:
    """A copy of the three weeks that a test may change."""
    return copy_of(three_weeks, tmp_path)


@pytest.fixture
def empty_line(tmp_path: Path) -> CommandLine:
    """A home in which nothing was ever built."""
    return CommandLine(Home(tmp_path / "data"), tmp_path / "surroundings")
