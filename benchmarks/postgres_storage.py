"""What a backfill costs by where Dagster keeps its records: `python -m benchmarks.postgres_storage`

Whole processes, interleaved round by round, so that a busy machine is busy for all of them: SQLite (the default) and
PostgreSQL (the option), both as tokentide sets them up, and PostgreSQL as Dagster does, which connects for every event
and waits for the disk. The server is one of its own, with default settings, on the same machine: Debian's postgresql.
"""

import argparse
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from benchmarks.children import Measured, markdown_table, median_and_range, run_child
from pipeline.weeks import all_weeks
from tests.postgres_server import postgres_server, programs

BASELINE = "SQLite"
OPTION = "PostgreSQL"
AS_IT_COMES = "PostgreSQL, as Dagster sets it up"
# the same storage, without what ours adds
_AS_IT_COMES = (
    "from dagster_postgres.event_log import PostgresEventLogStorage\n"
    "import pipeline.postgres_storage\n"
    "PostgresEventLogStorage.optimize_for_webserver = lambda *_: None\n"
    "pipeline.postgres_storage._OPTIONS = '-csynchronous_commit=on'\n"
    "from pipeline.cli import main\n"
    "main()\n"
)


def backfill(name: str, home: Path, url: str) -> Measured:
    """All weeks anew, in a home that is built and has records of one run already."""
    first, last = all_weeks()
    arguments = ["-c", _AS_IT_COMES] if name == AS_IT_COMES else ["-m", "pipeline.cli"]
    address = "" if name == BASELINE else url
    return run_child(
        [*arguments, "backfill", f"{first}..{last}"],
        {"TOKENTIDE_HOME": str(home), "TOKENTIDE_DAGSTER_POSTGRES_URL": address},
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    if programs() is None:
        sys.exit("PostgreSQL is not installed: apt-get install postgresql")
    measured: dict[str, list[Measured]] = {name: [] for name in (BASELINE, OPTION, AS_IT_COMES)}
    with (
        tempfile.TemporaryDirectory(prefix="tokentide-benchmark-") as temporary,
        postgres_server() as url,
        Console(stderr=True).status("Building the home ...") as line,
    ):
        built = Path(temporary, "built")
        run_child(["-m", "pipeline.cli", "run"], {"TOKENTIDE_HOME": str(built), "TOKENTIDE_DAGSTER_POSTGRES_URL": ""})
        for number in range(1, rounds + 1):
            for name, rounds_measured in measured.items():
                line.update(f"round {number} of {rounds}: {name} ...")
                home = Path(temporary, "home")
                shutil.copytree(built, home)
                rounds_measured.append(backfill(name, home, url))
                shutil.rmtree(home)
                line.console.print(f"round {number}: {name}, {rounds_measured[-1].wall_s:.1f} s", highlight=False)
    baseline = statistics.median(m.wall_s for m in measured[BASELINE])
    rows = [
        [
            name,
            median_and_range((m.wall_s for m in results), 1),
            f"{statistics.median(m.wall_s for m in results) / baseline:.2f}",
            median_and_range((m.cpu_s for m in results), 1),
        ]
        for name, results in measured.items()
    ]
    print(f"Rounds: {rounds}; medians (lowest to highest). CPU without the server's.\n")
    print(markdown_table(["backfill of all weeks", "wall s", "/ SQLite", "CPU s"], rows))


if __name__ == "__main__":
    main()
