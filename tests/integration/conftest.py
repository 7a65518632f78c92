"""OpenRouters on this machine, for the tests of the clients; and the good weeks that the proofs of the checks spoil."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import duckdb
import pytest
from good_weeks import build_good_weeks
from loopback import Loopback

from pipeline.dev_server import LoopbackOpenRouter, serving
from warehouse.home import Home


@pytest.fixture
def loopback_of(tmp_path: Path) -> Iterator[Callable[..., Loopback]]:
    """Starts servers with the given options; all end with the test."""
    with ExitStack() as running:

        def start(**options: object) -> Loopback:
            server = LoopbackOpenRouter(**options)  # type: ignore[arg-type]
            return Loopback(server, running.enter_context(serving(server)), tmp_path)

        yield start


@pytest.fixture
def loopback(loopback_of: Callable[..., Loopback]) -> Loopback:
    """A server without faults, today being 2026-10-11: its latest export is that of 2026-10-10."""
    return loopback_of()


@pytest.fixture(scope="session")
def good_weeks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """Three good weeks with rows in every table, built once per test process. Read only: `spoiled` may be changed."""
    with build_good_weeks(Home(tmp_path_factory.mktemp("good_weeks"))) as connection:
        yield connection


@pytest.fixture
def spoiled(good_weeks: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    """The good weeks inside a transaction that is undone after the test."""
    good_weeks.execute("BEGIN")
    yield good_weeks
    good_weeks.execute("ROLLBACK")
