"""How time and memory grow with the rows: `python -m benchmarks.scale [--times 1 10 100]`

The usage history is repeated forward in time (repeat_history.py), and tokentide's data work with its checks, plain
pandas and bare DuckDB each compute all tables from it, each in a process of its own. Then, for tokentide, the seconds
of every table. Not here: Dagster and publication, whose cost hardly depends on the rows.
"""

import argparse
import json
import math
import tempfile
from pathlib import Path

from rich.console import Console
from rich.status import Status

from benchmarks.children import Measured, markdown_table, run_child

# A part that takes less than this is not called worse than linear: start-up and noise are all there is to it.
_WORTH_A_WORD_S = 0.5


def measure(times: int, folder: Path, line: Status) -> tuple[int, dict[str, Measured]]:
    """The number of rows, and what each way of computing took. Ends the program where their figures differ."""
    archive = folder / f"archive-{times}"
    line.update(f"{times} times: writing the history ...")
    rows = int(run_child(["-m", "benchmarks.repeat_history", str(times), str(archive)]).output)
    ways = {
        "tokentide, with checks": [
            "-m",
            "benchmarks.data_work",
            str(folder / f"home-{times}"),
            "--archive",
            str(archive),
        ],
        "plain pandas": ["benchmarks/plain_pandas.py", "--archive", str(archive), "--output", str(folder / "pandas")],
        "bare DuckDB": ["benchmarks/bare_duckdb.py", "--archive", str(archive), "--output", str(folder / "duckdb")],
    }
    measured = {}
    for name, arguments in ways.items():
        line.update(f"{times} times, {rows:,} rows: {name} ...")
        measured[name] = run_child(arguments)
        line.console.print(f"{times} times: {name}, {measured[name].wall_s:.1f} s", highlight=False)
    line.update(f"{times} times: comparing the figures ...")
    built = folder / f"home-{times}" / "build.duckdb"
    compared = run_child(["-m", "benchmarks.compare", str(built), str(folder / "pandas"), str(folder / "duckdb")])
    line.console.print(f"{times} times: {compared.output.splitlines()[0]}", highlight=False)
    return rows, measured


def checks_s(measured: Measured) -> float:
    return float(_said(measured).get("checks_s", 0))


def table_seconds(measured: Measured) -> dict[str, float]:
    """Seconds by table and part of tokentide's data work; and what lies between them (opening, closing the file)."""
    said = _said(measured)
    seconds = {
        f"{table}, {part}": value
        for table, parts in said["tables"].items()
        for part, value in parts.items()
        if part != "rows"
    }
    everything = (measured.data_work_s or 0) + said["checks_s"]
    return {**seconds, "(opening, closing, the rest)": everything - sum(seconds.values())}


def _said(measured: Measured) -> dict:
    """What data_work.py printed as JSON; nothing for the scripts."""
    return next((json.loads(line) for line in measured.output.splitlines() if line.startswith("{")), {})


def growth(fewest: float, most: float, times: float) -> str:
    """The exponent e of seconds ~ rows ** e: 1 is linear."""
    return f"{math.log(most / fewest) / math.log(times):.2f}" if min(fewest, most) > 0 and times > 1 else ""


def ways_table(results: dict[int, tuple[int, dict[str, Measured]]]) -> str:
    lines = [
        [
            name,
            f"{rows:,}",
            f"{(measured.data_work_s or 0):.2f}",
            f"{checks_s(measured):.2f}",
            f"{((measured.data_work_s or 0) + checks_s(measured)) / rows * 1e9:,.0f}",
            f"{measured.peak_mb:,.0f}",
        ]
        for rows, by_way in results.values()
        for name, measured in by_way.items()
    ]
    return markdown_table(["", "usage rows", "data work s", "checks s", "ns a row", "peak MB"], lines)


def parts_table(results: dict[int, tuple[int, dict[str, Measured]]]) -> str:
    """The parts that matter at the largest scale, and how each grew from the scale before."""
    seconds = {times: table_seconds(next(iter(by_way.values()))) for times, (_, by_way) in results.items()}
    *before, largest = sorted(seconds)
    lines = []
    for part, most in sorted(seconds[largest].items(), key=lambda item: -item[1]):
        if most >= _WORTH_A_WORD_S or largest == 1:
            fewest = seconds[before[-1]].get(part, 0) if before else 0
            exponent = growth(fewest, most, largest / before[-1]) if before else ""
            lines.append([part, *(f"{seconds[times].get(part, 0):.2f}" for times in sorted(seconds)), exponent])
    return markdown_table(["tokentide's part", *(f"{times} times, s" for times in sorted(seconds)), "exponent"], lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, nargs="+", default=[1, 10, 100])
    given = parser.parse_args()
    results = {}
    with (
        tempfile.TemporaryDirectory(prefix="tokentide-benchmark-") as temporary,
        Console(stderr=True).status("Starting ...") as line,
    ):
        for times in sorted(set(given.times)):
            results[times] = measure(times, Path(temporary), line)
    print(f"{ways_table(results)}\n\n{parts_table(results)}")


if __name__ == "__main__":
    main()
