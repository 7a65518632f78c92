"""The writer's lock: between processes, who comes second waits, says for whom, and writes once the first is gone; a run
of Dagster holds it to its end.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
import pytest
from building import REPOSITORY

from assets import resources
from assets.resources import Warehouse
from warehouse.errors import LockHeld, StorageFailed
from warehouse.home import Home
from warehouse.lock import holder_of, writer_lock

HOLD = """
import sys
from pathlib import Path
from warehouse.home import Home
from warehouse.lock import writer_lock
with writer_lock(Home(Path(sys.argv[2])), 0):
    print("writing", flush=True)
    sys.stdin.read()
"""


def fill_the_disk(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("CREATE TEMP TABLE of_this_run (number INTEGER)")
    raise duckdb.IOException("no more space")


@contextmanager
def holding(home: Home) -> Iterator[subprocess.Popen[str]]:
    """Another process, that holds the lock until it is killed."""
    command = [sys.executable, "-c", HOLD, "backfill", str(home.path)]
    with subprocess.Popen(command, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "writing\n"
        yield process
        process.kill()


def test_the_second_waits_for_the_first_and_goes_on_when_that_is_killed(home: Home) -> None:
    said: list[str] = []
    with holding(home) as first:

        def kill_the_first(text: str) -> None:
            said.append(text)
            first.kill()

        with writer_lock(home, 60, kill_the_first):
            first.wait(timeout=30)
    assert len(said) == 1, "told once, however long it takes"
    assert said[0].startswith(f"Waiting for process {first.pid} (-c backfill {home.path}), since ")


def test_a_run_keeps_lock_and_file_from_its_first_write_to_its_end(home: Home) -> None:
    """Between two assets, too: nothing else may be built in the middle of it."""
    logged: list[str] = []
    with Warehouse(home, [], lock_wait_seconds=0, editions_to_keep=1).for_one_run("run 12", logged.append) as warehouse:
        assert holder_of(home) is None, "before it writes"
        with warehouse.writing() as connection:
            connection.execute("CREATE TEMP TABLE of_this_run (number INTEGER)")
        assert str(holder_of(home)).startswith(f"process {os.getpid()} (run 12), since ")
        with warehouse.writing() as connection:
            assert connection.execute("FROM of_this_run").fetchall() == []
    assert holder_of(home) is None
    assert logged == []


def test_after_an_error_the_file_is_opened_anew_and_the_lock_kept(home: Home) -> None:
    with Warehouse(home, [], lock_wait_seconds=0, editions_to_keep=1).for_one_run("run 12", print) as warehouse:
        with pytest.raises(StorageFailed, match="no more space"), warehouse.writing() as connection:
            fill_the_disk(connection)
        assert holder_of(home) is not None
        with warehouse.writing() as connection:
            assert connection.execute("SELECT count(*) FROM duckdb_tables() WHERE temporary").fetchall() == [(0,)]
    assert holder_of(home) is None


def test_a_file_that_cannot_be_closed_well_is_told_of_and_frees_the_lock(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def opening(_: Home) -> Iterator[duckdb.DuckDBPyConnection]:
        with duckdb.connect(":memory:") as connection:
            yield connection
        raise StorageFailed("The disk is full.", "free space.")

    monkeypatch.setattr(resources, "open_working_file", opening)
    logged: list[str] = []
    run = Warehouse(home, [], lock_wait_seconds=0, editions_to_keep=1).for_one_run("run 12", logged.append)
    with run as warehouse, warehouse.writing():
        pass
    assert logged == ["The disk is full. Nothing is lost, but the next run needs more space."]
    assert holder_of(home) is None


def test_a_run_of_dagster_says_in_its_log_for_whom_it_waits(home: Home) -> None:
    logged: list[str] = []
    waiting = Warehouse(home, [], lock_wait_seconds=0.3, editions_to_keep=1)
    with (
        holding(home) as holder,
        waiting.for_one_run("run 12", logged.append) as warehouse,
        pytest.raises(LockHeld, match=f"process {holder.pid} "),
        warehouse.writing(),
    ):
        pass
    assert [text.partition(" (")[0] for text in logged] == [f"Waiting for process {holder.pid}"]


def test_a_server_of_dagster_does_not_show_its_configuration(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["dagster/__main__.py", "api", "grpc", "--instance-ref", '{"password": "secret"}'])
    with writer_lock(home, 0):
        assert str(holder_of(home)).startswith(f"process {os.getpid()} (a server of Dagster), since ")
        assert "secret" not in home.writer.read_text()
