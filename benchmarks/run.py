"""What a run of tokentide costs beside plain scripts that compute the same figures: `python -m benchmarks.run`

Whole processes, interleaved round by round, so that a busy machine is busy for all of them: the main job in a fresh
home, one week, a run with nothing to do, the main job's data work alone, plain pandas, bare DuckDB. Not here: how the
figures grow with the rows (scale.py), or where the main job's time goes (where_time_goes.py).
"""

import argparse
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from rich.console import Console

from benchmarks.children import Measured, markdown_table, median_and_range, run_child

WEEK = "2026-02-09"
_TOKENTIDE = ["-m", "pipeline.cli", "run"]
BASELINE = "bare DuckDB"


def main_job(folder: Path, number: int) -> Measured:
    """The whole history from the built-in archive into a home that does not exist yet."""
    return run_child(_TOKENTIDE, {"TOKENTIDE_HOME": str(folder / f"home-{number}")})


def one_week(folder: Path, number: int) -> Measured:
    """One week in a home that is built, but has not published: with the file in place there would be nothing to do."""
    home = folder / f"week-{number}"
    shutil.copytree(folder / f"home-{number}", home)
    (home / "tokentide.duckdb").unlink()
    measured = run_child([*_TOKENTIDE, "--weeks", WEEK], {"TOKENTIDE_HOME": str(home)})
    shutil.rmtree(home)
    return measured


def nothing_to_do(folder: Path, number: int) -> Measured:
    measured = run_child(_TOKENTIDE, {"TOKENTIDE_HOME": str(folder / f"home-{number}")})
    if "Nothing to do" not in measured.output:
        sys.exit("The code or the reference files changed while this was measured: run it again.")
    return measured


def data_work(folder: Path, number: int) -> Measured:
    home = folder / f"data-work-{number}"
    measured = run_child(["-m", "benchmarks.data_work", str(home)])
    shutil.rmtree(home)
    return measured


def script(name: str, folder: Path, _: int) -> Measured:
    return run_child([f"benchmarks/{name}.py", "--output", str(folder / name)])


MEASUREMENTS: dict[str, Callable[[Path, int], Measured]] = {
    "tokentide, main job": main_job,
    "tokentide, one week": one_week,
    "tokentide, nothing to do": nothing_to_do,
    "tokentide, data work and checks alone": data_work,
    "plain pandas": partial(script, "plain_pandas"),
    BASELINE: partial(script, "bare_duckdb"),
}


def result_table(measured: dict[str, list[Measured]]) -> str:
    baseline = statistics.median(m.wall_s for m in measured[BASELINE])
    baseline_data = statistics.median(m.data_work_s or 0 for m in measured[BASELINE])
    rows = []
    for name, rounds in measured.items():
        data_s = [m.data_work_s for m in rounds if m.data_work_s is not None]
        rows.append(
            [
                name,
                median_and_range((m.wall_s for m in rounds), 2),
                f"{statistics.median(m.wall_s for m in rounds) / baseline:.1f}",
                median_and_range((m.cpu_s for m in rounds), 1),
                median_and_range(data_s, 2) if data_s else "",
                f"{statistics.median(data_s) / baseline_data:.1f}" if data_s else "",
                median_and_range((m.peak_mb for m in rounds), 0),
            ]
        )
    ratio = f"/ {BASELINE}"
    return markdown_table(["whole process", "wall s", ratio, "CPU s", "of which data work s", ratio, "peak MB"], rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    measured: dict[str, list[Measured]] = {name: [] for name in MEASUREMENTS}
    with (
        tempfile.TemporaryDirectory(prefix="tokentide-benchmark-") as temporary,
        Console(stderr=True).status("Starting ...") as line,
    ):
        folder = Path(temporary)
        for number in range(1, rounds + 1):
            for name, measure in MEASUREMENTS.items():
                line.update(f"round {number} of {rounds}: {name} ...")
                measured[name].append(measure(folder, number))
                line.console.print(f"round {number}: {name}, {measured[name][-1].wall_s:.1f} s", highlight=False)
            if number < rounds:
                shutil.rmtree(folder / f"home-{number}")
        print(f"Rounds: {rounds}; medians (lowest to highest).\n\n{result_table(measured)}\n")
        published = str(folder / f"home-{rounds}" / "tokentide.duckdb")
        for name, results in {"plain pandas": folder / "plain_pandas", BASELINE: folder / "bare_duckdb"}.items():
            compared = run_child(["-m", "benchmarks.compare", published, str(results)])
            print(f"{name} and the published file: {compared.output.strip()}")


if __name__ == "__main__":
    main()
