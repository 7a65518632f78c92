"""Commands in processes of their own, forked from one that has imported all that a run imports.

Not here: what a command is run on (command_line.py).
"""

import atexit
import multiprocessing
import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

TIMEOUT_SECONDS = 180

_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(["imports_of_a_run"])


@dataclass(frozen=True)
class Outcome:
    """How a command ended."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def text(self) -> str:
        return self.stdout + self.stderr


def run(arguments: Sequence[str], environment: Mapping[str, str], surroundings: Path) -> Outcome:
    """Runs `tokentide` with exactly this environment, in the folder `surroundings/cwd`, to its end."""
    outputs = [surroundings / name for name in ("stdout", "stderr")]
    process = _processes.Process(target=_run, args=(list(arguments), dict(environment), surroundings / "cwd", *outputs))
    process.start()
    process.join(TIMEOUT_SECONDS)
    if process.exitcode is None:
        process.kill()
        process.join()
    assert process.exitcode is not None
    stdout, stderr = (output.read_text() for output in outputs)
    return Outcome(process.exitcode, stdout, stderr)


def _run(arguments: list[str], environment: dict[str, str], directory: Path, *outputs: Path) -> None:
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    os.chdir(directory)
    for descriptor, output in zip((1, 2), outputs, strict=True):
        with output.open("wb") as file:
            os.dup2(file.fileno(), descriptor)
    # the two that Python opened at the start of the server are not those of this process
    sys.stdout, sys.stderr = (os.fdopen(os.dup(number), "w") for number in (1, 2))
    sys.argv = ["tokentide", *arguments]
    from pipeline.cli import main

    try:
        main()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        atexit._run_exitfuncs()  # what a process forked by multiprocessing leaves out
