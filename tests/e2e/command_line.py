"""The command line as a person runs it: a process of its own, with an empty HOME and an empty working directory."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import forked
from filelock import FileLock
from forked import Outcome

from warehouse.home import Home

# variables that have done their work by the time a forked process gets its environment
_READ_AT_IMPORT = {"COLUMNS", "PYTHONPATH"}
_PATH = "/usr/local/bin:/usr/bin:/bin"


@dataclass(frozen=True)
class CommandLine:
    """`tokentide` on one folder of state; `surroundings` holds HOME and the working directory, which stay empty."""

    home: Home
    surroundings: Path

    def __call__(self, *arguments: str, environment: dict[str, str] | None = None, **options: Any) -> Outcome:
        """Runs a command to its end; `environment` adds variables, other options go to Popen.

        Without such options the process is forked from one that has imported everything: that alone is a third of the
        time of a run.
        """
        if options or _READ_AT_IMPORT & (environment or {}).keys():
            process = self.start(*arguments, environment=environment, **options)
            stdout, stderr = process.communicate(timeout=180)
            return Outcome(process.returncode, stdout, stderr)
        self._make_surroundings()
        return forked.run(arguments, self.environment | (environment or {}), self.surroundings)

    def start(
        self, *arguments: str, environment: dict[str, str] | None = None, **options: Any
    ) -> "subprocess.Popen[str]":
        self._make_surroundings()
        return subprocess.Popen(
            [sys.executable, "-m", "pipeline.cli", *arguments],
            env=self.environment | (environment or {}),
            cwd=self.surroundings / "cwd",
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **options,
        )

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PATH": f"{Path(sys.executable).parent}:{_PATH}",
            "HOME": str(self.surroundings / "home"),
            "TOKENTIDE_HOME": str(self.home.path),
        }

    def _make_surroundings(self) -> None:
        for name in ("home", "cwd"):
            (self.surroundings / name).mkdir(parents=True, exist_ok=True)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of the published file, read with DuckDB itself."""
        with duckdb.connect(str(self.home.published_file), read_only=True) as published:
            return published.execute(sql).fetchall()

    def content_hash(self) -> str:
        return str(self.query("SELECT content_hash FROM main.edition")[0][0])

    def files_written_outside(self) -> list[str]:
        return [str(path) for name in ("home", "cwd") for path in (self.surroundings / name).rglob("*")]


def copy_of(built: CommandLine, directory: Path) -> CommandLine:
    """A copy of a built home that a test may change."""
    shutil.copytree(built.home.path, directory / "data")
    return CommandLine(Home(directory / "data"), directory / "surroundings")


def built_once(
    directory: Path, build: Callable[[CommandLine], Outcome], exit_code: int = 0
) -> tuple[CommandLine, Outcome]:
    """Builds a home once for all test processes. Read only: copy it before changing anything."""
    line = CommandLine(Home(directory / "data"), directory / "surroundings")
    outcome_file = directory / "outcome.json"
    directory.mkdir(exist_ok=True)
    with FileLock(directory / "building.lock"):
        if not outcome_file.exists():
            shutil.rmtree(line.home.path, ignore_errors=True)  # of a build that failed
            outcome = build(line)
            assert outcome.exit_code == exit_code, outcome.text
            outcome_file.write_text(json.dumps([outcome.exit_code, outcome.stdout, outcome.stderr]))
        return line, Outcome(*json.loads(outcome_file.read_text()))
