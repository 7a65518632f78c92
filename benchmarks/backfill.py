"""What a backfill costs in one run, and in a run a week: `python -m benchmarks.backfill [--single-weeks 5]`

All weeks in one run of a fresh home; then, in another fresh home, the first few weeks in a run and process each, as a
backfill that knows no ranges launches them. The rest of those is reckoned: a run mostly costs what does not depend on
its weeks. Then all weeks once more, launched as the UI launches them; meanwhile the web server is asked for the asset
graph again and again. Not here: where a run's seconds go (where_time_goes.py).
"""

import argparse
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks.children import REPOSITORY, markdown_table, median_and_range, run_child

FIRST, LAST = date(2024, 12, 30), date(2026, 10, 5)
WEEKS = [FIRST + timedelta(weeks=number) for number in range((LAST - FIRST).days // 7 + 1)]
# What the page of the asset graph is drawn from.
ASSET_GRAPH = """
{
  assetNodes {
    assetKey { path }
    groupName
    kinds
    dependencyKeys { path }
    partitionStats { numMaterialized numPartitions numFailed }
    assetMaterializations(limit: 1) { timestamp runId }
    assetChecksOrError { ... on AssetChecks { checks { name executionForLatestMaterialization { status } } } }
  }
}
"""
MATERIALIZABLE = "{ assetNodes { assetKey { path } isMaterializable } }"
LAUNCH = """
mutation Launch($weeks: [String!]!, $assets: [AssetKeyInput!]!) {
  launchPartitionBackfill(backfillParams: {partitionNames: $weeks, assetSelection: $assets}) {
    ... on LaunchBackfillSuccess { backfillId }
    ... on PythonError { message }
  }
}
"""
STATUS = (
    "query Status($id: String!) { partitionBackfillOrError(backfillId: $id) { ... on PartitionBackfill { status } } }"
)
RUNS = "{ runsOrError(limit: 1) { ... on Runs { results { status startTime endTime } } } }"
_PAUSE_S = 0.2
_START_S = 120
_IDLE_QUESTIONS = 30


@contextmanager
def web_server(home: Path) -> Iterator[str]:
    """`tokentide ui` on the home; gives its address once it answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    environment = {**os.environ, "TOKENTIDE_HOME": str(home), "TOKENTIDE_UI_PORT": str(port)}
    address = f"http://127.0.0.1:{port}"
    server = subprocess.Popen(
        [sys.executable, "-m", "pipeline.cli", "ui"],
        cwd=REPOSITORY,
        env=environment,
        start_new_session=True,  # with its daemon and code server, it is ended as a group
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + _START_S
        while not _answers(address):
            if time.monotonic() > deadline or server.poll() is not None:
                sys.exit("The web server does not start.")
            time.sleep(0.5)
        yield address
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/server_info", timeout=10):
            return True
    except OSError:
        return False


def ask(address: str, query: str, **variables: object) -> Any:
    """What GraphQL answers. Ends the program where that is an error."""
    body = json.dumps({"query": query, "variables": variables}).encode()
    request = urllib.request.Request(f"{address}/graphql", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=300) as answer:
        said = json.load(answer)
    if "errors" in said:
        sys.exit(f"The web server answers {said}")
    return said["data"]


def seconds_to_answer(address: str) -> float:
    """How long the asset graph takes. Ends the program where it is not the graph that comes."""
    started = time.perf_counter()
    said = ask(address, ASSET_GRAPH)
    seconds = time.perf_counter() - started
    if len(said["assetNodes"]) < 40:
        sys.exit(f"No asset graph: {said}")
    return seconds


def launch_and_wait(address: str) -> float:
    """Backfills all weeks as the UI does; seconds of its one run. Ends the program where it does not succeed."""
    keys = [node["assetKey"] for node in ask(address, MATERIALIZABLE)["assetNodes"] if node["isMaterializable"]]
    launched = ask(address, LAUNCH, weeks=[str(week) for week in WEEKS], assets=keys)["launchPartitionBackfill"]
    status = ""
    while not status.startswith(("COMPLETED", "FAILED", "CANCELED")):
        time.sleep(1)
        status = ask(address, STATUS, id=launched["backfillId"])["partitionBackfillOrError"]["status"]
    [run] = ask(address, RUNS)["runsOrError"]["results"]
    if (status, run["status"]) != ("COMPLETED_SUCCESS", "SUCCESS"):
        sys.exit(f"The backfill ended as {status}, its run as {run['status']}")
    return float(run["endTime"] - run["startTime"])


@contextmanager
def asking(address: str) -> Iterator[list[float]]:
    """Asks again and again until the block ends; gives the list that the seconds are added to."""
    seconds: list[float] = []
    ended = threading.Event()

    def ask_on() -> None:
        while not ended.wait(_PAUSE_S):
            seconds.append(seconds_to_answer(address))

    thread = threading.Thread(target=ask_on)
    thread.start()
    try:
        yield seconds
    finally:
        ended.set()
        thread.join()


def backfill(home: Path, first: date, last: date) -> float:
    """Wall seconds of the process."""
    return run_child(["-m", "pipeline.cli", "backfill", f"{first}..{last}"], {"TOKENTIDE_HOME": str(home)}).wall_s


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--single-weeks", type=int, default=5)
    singles = WEEKS[: parser.parse_args().single_weeks]
    with (
        tempfile.TemporaryDirectory(prefix="tokentide-benchmark-") as temporary,
        Console(stderr=True).status("one run ...") as line,
    ):
        folder = Path(temporary)
        one_run_s = backfill(folder / "one", FIRST, LAST)
        single_s = []
        for week in singles:
            line.update(f"{week} in a run of its own ...")
            single_s.append(backfill(folder / "single", week, week))
        line.update("the web server, idle and during a backfill that it has launched ...")
        with web_server(folder / "one") as address:
            idle_s = [seconds_to_answer(address) for _ in range(_IDLE_QUESTIONS)]
            with asking(address) as beside_s:
                launched_run_s = launch_and_wait(address)
    a_week_each_s = statistics.mean(single_s) * len(WEEKS)
    print(
        markdown_table(
            [f"backfill of {len(WEEKS)} weeks", "wall s", "ratio"],
            [
                ["one run", f"{one_run_s:.1f}", "1.0"],
                ["one run, launched as the UI does", f"{launched_run_s:.1f}", f"{launched_run_s / one_run_s:.1f}"],
                [f"a single week, {len(singles)} measured", median_and_range(single_s, 1), ""],
                ["a run a week, reckoned", f"{a_week_each_s:,.0f}", f"{a_week_each_s / one_run_s:.0f}"],
            ],
        )
    )
    print()
    print(
        markdown_table(
            ["the asset graph from the web server", "questions", "median s", "longest s"],
            [
                [name, str(len(seconds)), f"{statistics.median(seconds):.2f}", f"{max(seconds):.2f}"]
                for name, seconds in {"idle": idle_s, "while the backfill runs": beside_s}.items()
            ],
        )
    )


if __name__ == "__main__":
    main()
