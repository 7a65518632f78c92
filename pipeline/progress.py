"""Progress of long work: a moving line in a terminal, one plain line a step elsewhere."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console


@contextmanager
def showing_progress(console: Console) -> Iterator[Callable[[str], None]]:
    """Gives a function to call with the name of each step as it begins."""
    started = time.monotonic()
    if not console.is_terminal:
        yield lambda step: console.print(
            f"{time.monotonic() - started:5.1f} s  {step}", highlight=False, soft_wrap=True
        )
        return
    with console.status("Starting ...") as line:
        previous: list[str] = []

        def report(step: str) -> None:
            if previous:
                console.print(f"[green]done[/green]  {previous.pop()}", highlight=False)
            previous.append(step)
            line.update(f"{step} ...")

        yield report
        if previous:
            console.print(f"[green]done[/green]  {previous.pop()}", highlight=False)
