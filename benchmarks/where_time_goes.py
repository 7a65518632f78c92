"""Where the main job's time goes: `python -m benchmarks.where_time_goes`

Runs `tokentide run` once in a fresh home, in a child whose public functions are timed from outside. A part's seconds
leave out those of the parts inside it, so the parts add up to the wall time; but publication is counted whole. Timing
itself costs a little. Not here: comparing with anything else (run.py).
"""

import importlib
import json
import os
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

OTHER = "other"
PUBLICATION = "publication (gate, copy, hashes)"
IMPORTS = {
    "import of pandas, pyarrow, duckdb": ["pandas", "pyarrow", "duckdb"],
    "import of dagster": ["dagster"],
    "import of great-expectations": ["great_expectations"],
    "import of tokentide": ["pipeline.cli", "pipeline.run_job", "pipeline.definitions", "checks.run"],
}
# Part, where its function is looked up, its name.
TIMED = [
    ("great-expectations: context and suites", "checks.run", "validate_measures"),
    ("column lineage", "assets.table_assets", "known_column_lineage"),
    ("Dagster: events stored", "dagster:DagsterInstance", "handle_new_event"),
    ("Dagster: planning and steps", "dagster:Definitions", "get_job_def"),
    ("Dagster: planning and steps", "dagster:JobDefinition", "execute_in_process"),
    (PUBLICATION, "assets.publication", "publish"),
    *(
        ("DuckDB: statements", "duckdb:DuckDBPyConnection", method)
        for method in ("execute", "sql", "fetchall", "df", "close")
    ),
]


class Stopwatch:
    """Seconds by part; entering a part stops the clock of the one around it."""

    def __init__(self, part: str) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._open = [part]
        self._since = time.monotonic()

    def enter(self, part: str) -> None:
        self._note()
        # what publication does with DuckDB and the suites is publication
        self._open.append(PUBLICATION if PUBLICATION in self._open else part)

    def leave(self) -> None:
        self._note()
        self._open.pop()

    def _note(self) -> None:
        now = time.monotonic()
        self.seconds[self._open[-1]] += now - self._since
        self._since = now

    def timed(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            self.enter(part)
            try:
                return function(*args, **kwargs)
            finally:
                self.leave()

        return wrapper


def child() -> None:
    """The main job with its parts timed; the last line printed is what was measured."""
    started = time.monotonic()
    watch = Stopwatch(OTHER)
    os.environ["GX_ANALYTICS_ENABLED"] = "false"  # as checks/run.py does before this import
    for part, modules in IMPORTS.items():
        watch.enter(part)
        for module in modules:
            importlib.import_module(module)
        watch.leave()
    for part, where, name in TIMED:
        module, _, owner = where.partition(":")
        holder = importlib.import_module(module)
        holder = getattr(holder, owner) if owner else holder
        setattr(holder, name, watch.timed(part, getattr(holder, name)))
    from pipeline.cli import app

    app(["run"], standalone_mode=False)
    watch.enter(OTHER)
    print(json.dumps({"started": started, "ended": time.monotonic(), "seconds": watch.seconds}), flush=True)


def main() -> None:
    from benchmarks.children import markdown_table, run_child

    with tempfile.TemporaryDirectory(prefix="tokentide-benchmark-") as home:
        began = time.monotonic()  # one clock for all processes of the machine
        measured = run_child(["-m", "benchmarks.where_time_goes", "--child"], {"TOKENTIDE_HOME": home})
    said = json.loads(measured.output.splitlines()[-1])
    seconds = {
        **said["seconds"],
        "start of Python": said["started"] - began,
        "process exit": began + measured.wall_s - said["ended"],
    }
    seconds[OTHER] += measured.wall_s - sum(seconds.values())
    rows = [
        [part, f"{s:.2f}", f"{s / measured.wall_s:.0%}"] for part, s in sorted(seconds.items(), key=lambda i: -i[1])
    ]
    print(markdown_table(["part", "s", "of all"], [*rows, ["wall", f"{measured.wall_s:.2f}", "100%"]]))


if __name__ == "__main__":
    child() if "--child" in sys.argv else main()
