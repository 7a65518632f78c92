"""Progress of long work: a moving line in a terminal, one plain line a step elsewhere, or lines of the log; and the
seconds that each step took.

Not here: how a line of the log looks (logs.py).
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table

from pipeline.logs import is_on, log

_SHOWN = 10


@dataclass(frozen=True)
class Step:
    """A step that has ended."""

    name: str
    seconds: float


@dataclass
class Progress:
    """To be called with the name of each step as it begins, or with a message; `steps` are those that have ended.

    `weeks` is A..B as asked for, where the work is about weeks.
    """

    show: Callable[[str], None]
    weeks: str | None = None
    steps: list[Step] = field(default_factory=list)
    _running: tuple[str, float] | None = None

    def __call__(self, step: str) -> None:
        self.end_step()
        self._running = step, time.monotonic()
        if not _is_asset(step):
            log("progress", message=step, weeks=self.weeks)
        self.show(step)

    def end_step(self, has_failed: bool = False) -> None:
        """Notes how long the running step took, to its end or until it failed."""
        if self._running is None:
            return
        name, started = self._running
        self._running = None
        self.steps.append(Step(name, time.monotonic() - started))
        if _is_asset(name):
            level = logging.ERROR if has_failed else logging.INFO
            log("step", level, asset=name, weeks=self.weeks, seconds=round(self.steps[-1].seconds, 3))


@contextmanager
def showing_progress(console: Console, weeks: str | None = None) -> Iterator[Progress]:
    """Progress of the work in the block."""
    with _display(console) as show:
        progress = Progress(show, weeks)
        try:
            yield progress
        except BaseException:
            progress.end_step(has_failed=True)
            raise
        progress.end_step()


def print_timings(console: Console, steps: list[Step]) -> None:
    """The slowest steps, slowest first, and what the others took together."""
    slowest = sorted(steps, key=lambda step: -step.seconds)
    total = sum(step.seconds for step in steps) or 1
    table = Table("slowest steps", box=None, header_style="bold", pad_edge=False)
    table.add_column("seconds", justify="right")
    table.add_column("share", justify="right")
    rows = [(step.name, step.seconds) for step in slowest[:_SHOWN]]
    if others := slowest[_SHOWN:]:
        rows.append((f"{len(others)} others", sum(step.seconds for step in others)))
    for name, seconds in rows:
        table.add_row(name, f"{seconds:.2f}", f"{seconds / total * 100:.0f} %")
    console.print()
    console.print(table)


@contextmanager
def _display(console: Console) -> Iterator[Callable[[str], None]]:
    """Gives a function that shows that a step begins."""
    started = time.monotonic()
    if is_on():
        yield lambda _: None
        return
    if not console.is_terminal:
        yield lambda step: console.print(
            f"{time.monotonic() - started:5.1f} s  {step}", highlight=False, soft_wrap=True
        )
        return
    with console.status("Starting ...") as line:
        previous: list[str] = []

        def show(step: str) -> None:
            if previous:
                console.print(f"[green]done[/green]  {previous.pop()}", highlight=False)
            previous.append(step)
            line.update(f"{step} ...")

        yield show
        if previous:
            console.print(f"[green]done[/green]  {previous.pop()}", highlight=False)


def _is_asset(step: str) -> bool:
    from warehouse.contracts import CONTRACTS  # imports pyarrow: only where there is work to do
    from warehouse.results import GATE

    return step in CONTRACTS or step == GATE
