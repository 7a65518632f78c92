"""Fixtures that all tests share; what they are made of is in building.py."""

from collections.abc import Iterator
from pathlib import Path

import building
import duckdb
import pytest
from hypothesis import settings
from postgres_server import postgres_server, programs

from warehouse.contracts import CONTRACTS
from warehouse.database import connect, create_tables, open_working_file
from warehouse.home import Home

# the same examples everywhere, however slow the machine, and nothing written beside the repository
settings.register_profile("tokentide", deadline=None, derandomize=True, database=None)
settings.load_profile("tokentide")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A folder of state of the test's own."""
    return Home(tmp_path / "home")


@pytest.fixture(scope="session")
def empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with every table and view of the contracts, made once: copying it is faster than making it."""
    path = tmp_path_factory.mktemp("empty") / "empty.duckdb"
    with connect(path) as connection:
        create_tables(connection, CONTRACTS.values())
    return path


@pytest.fixture
def connection(empty_file: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """An in-memory database with every table and view of the contracts."""
    memory = connect(":memory:")
    memory.execute(f"ATTACH '{empty_file}' AS empty (READ_ONLY)")
    memory.execute("COPY FROM DATABASE empty TO memory")
    memory.execute("DETACH empty")
    yield memory
    memory.close()


@pytest.fixture(scope="session")
def archive_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The whole built-in archive, built and checked once per test process. Read only: copy it before writing."""
    from checks.run import validate_candidate

    home = Home(tmp_path_factory.mktemp("archive"))
    building.put_archive(home)
    with open_working_file(home) as connection:
        reports = building.build_tables(connection, home, validate=validate_candidate)
    failed = {name: report.failed for name, report in reports.items() if report.failed}
    assert not failed, f"the built-in archive does not pass its own checks: {failed}"
    return home


@pytest.fixture(scope="session")
def built_archive(archive_home: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    """A read-only connection to the built archive."""
    connection = connect(archive_home.working_file, read_only=True)
    yield connection
    connection.close()


@pytest.fixture(scope="module")
def postgres_url() -> Iterator[str]:
    """The address of an empty PostgreSQL server on this machine."""
    if programs() is None:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    with postgres_server() as address:
        yield address
