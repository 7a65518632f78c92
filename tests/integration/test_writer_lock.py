"""The writer's lock between processes: who comes second waits, says for whom, and writes once the first is gone."""

import os
import subprocess
import sys

import pytest
from building import REPOSITORY

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


def test_of_a_long_command_line_the_beginning_is_told(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["/x/__main__.py", "api", "grpc", "--instance-ref", "{...} " * 1000])
    with writer_lock(home, 0):
        holder = holder_of(home) or ""
    assert holder.startswith(f"process {os.getpid()} (__main__.py api grpc --instance-ref {{...}} ")
    assert len(holder) < 200


def test_the_second_waits_for_the_first_and_goes_on_when_that_is_killed(home: Home) -> None:
    said: list[str] = []
    command = [sys.executable, "-c", HOLD, "backfill", str(home.path)]
    with subprocess.Popen(command, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "writing\n"

        def kill_the_first(text: str) -> None:
            said.append(text)
            first.kill()

        with writer_lock(home, 60, kill_the_first):
            first.wait(timeout=30)
    assert len(said) == 1, "told once, however long it takes"
    assert said[0].startswith(f"Waiting for process {first.pid} (-c backfill {home.path}), since ")
