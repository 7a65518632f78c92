"""Runs a command as a whole process and says what it took: wall seconds, peak resident memory, what it printed.

Whatever measures with it stays small itself (no duckdb, no pandas): Linux counts the memory of the process that starts
a child as a lower bound of the child's peak. Not here: which commands are measured.
"""

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
BYTES_PER_MB = 1_000_000


@dataclass(frozen=True)
class Measured:
    """One child: from before it starts until it has ended. `data_work_s` is what it printed as `data work 1.2 s`.

    `cpu_s`, over all threads, suffers less than `wall_s` where others use the machine.
    """

    wall_s: float
    cpu_s: float
    peak_mb: float
    output: str
    data_work_s: float | None


def run_child(arguments: Sequence[str], environment: Mapping[str, str] | None = None) -> Measured:
    """Runs Python with the arguments, in the repository's folder. Ends the program where the child fails."""
    command = [sys.executable, *arguments]
    with tempfile.TemporaryFile() as output:
        started = time.perf_counter()
        child = subprocess.Popen(
            command, cwd=REPOSITORY, env={**os.environ, **(environment or {})}, stdout=output, stderr=output
        )
        _, status, usage = os.wait4(child.pid, 0)
        wall_s = time.perf_counter() - started
        child.returncode = os.waitstatus_to_exitcode(status)  # reaped here, so Popen need not wait
        output.seek(0)
        printed = output.read().decode()
    if child.returncode != 0:
        sys.exit(f"{' '.join(command)} ended with {child.returncode}:\n{printed}")
    said = re.search(r"^data work ([0-9.]+) s", printed, re.MULTILINE)
    return Measured(
        wall_s=wall_s,
        cpu_s=usage.ru_utime + usage.ru_stime,
        peak_mb=usage.ru_maxrss * 1024 / BYTES_PER_MB,  # Linux counts in KiB
        output=printed,
        data_work_s=float(said[1]) if said else None,
    )


def median_and_range(values: Iterable[float], decimals: int) -> str:
    """`1.2 (1.1 to 1.4)`, or the value alone where there is only one."""
    values = list(values)
    median = f"{statistics.median(values):,.{decimals}f}"
    return median if len(values) == 1 else f"{median} ({min(values):,.{decimals}f} to {max(values):,.{decimals}f})"


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table as docs/benchmarks.md shows it: the first column to the left, figures to the right."""
    lines = [list(header), *(list(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    padded = [
        [
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        for line in lines
    ]
    ruler = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    return "\n".join(f"| {' | '.join(line)} |" for line in [padded[0], ruler, *padded[1:]])
