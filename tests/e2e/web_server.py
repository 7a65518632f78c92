"""The Dagster web server as a process group of its own: started on a free port, asked, ended."""

import json
import os
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

_START_SECONDS = 90
_END_SECONDS = 20


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def serving(command: list[str], port: int, **options: Any) -> Iterator[str]:
    """Runs the command until the block ends; gives the server's address once it answers."""
    address = f"http://127.0.0.1:{port}"
    # to a file: the runs that it launches print every event, and would wait for whoever reads a pipe
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(
            command, start_new_session=True, stdout=output, stderr=subprocess.STDOUT, text=True, **options
        )
        try:
            deadline = time.monotonic() + _START_SECONDS
            while not answers(address):
                assert process.poll() is None, _all_of(output)
                assert time.monotonic() < deadline, f"no answer after {_START_SECONDS} s: {_all_of(output)}"
                time.sleep(0.2)
            yield address
        finally:
            end_group(process)


def _all_of(output: IO[str]) -> str:
    output.seek(0)
    return output.read()


def end_group(process: "subprocess.Popen[str]") -> None:
    """Ctrl-C to the whole group, and the hard way for what is left of it."""
    for signal_number in (signal.SIGINT, signal.SIGKILL):
        try:
            os.killpg(process.pid, signal_number)
        except ProcessLookupError:
            break
        try:
            process.communicate(timeout=_END_SECONDS)
        except subprocess.TimeoutExpired:
            continue


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/server_info", timeout=10) as answer:
            return "dagster_webserver_version" in json.load(answer)
    except OSError:
        return False


def graphql(address: str, query: str) -> Any:
    request = urllib.request.Request(
        f"{address}/graphql", json.dumps({"query": query}).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        said = json.load(answer)
    assert "errors" not in said, said
    return said["data"]
