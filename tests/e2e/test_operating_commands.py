"""The commands of whoever operates a machine, as they run them: backup and restore, prune, prepare."""

from pathlib import Path

import dagster as dg
import pytest
from command_line import CommandLine

from pipeline.dagster_home import COMMAND_LINE_PID_TAG
from warehouse.builds import built_weeks
from warehouse.database import open_working_file
from warehouse.home import Home


@pytest.fixture
def restored(three_weeks: CommandLine, tmp_path: Path) -> CommandLine:
    (tmp_path / "backups").mkdir()
    saved = three_weeks("backup", str(tmp_path / "backups"))
    assert saved.exit_code == 0, saved.text
    (file,) = (tmp_path / "backups").iterdir()
    assert f"The way back: tokentide restore {file}" in saved.stdout
    line = CommandLine(Home(tmp_path / "data"), tmp_path / "surroundings")
    outcome = line("restore", str(file))
    assert outcome.exit_code == 0, outcome.text
    assert f"Restored to {line.home.path}: " in outcome.stdout
    again = line("restore", str(file))
    assert (again.exit_code, "is not empty, and a restore never overwrites" in again.stderr) == (3, True)
    return line


def test_a_restored_home_says_the_same_and_goes_on(three_weeks: CommandLine, restored: CommandLine) -> None:
    for command in (["status"], ["sql", "FROM china_and_us", "--format", "csv"]):
        before, after = (line(*command, environment={"COLUMNS": "999"}) for line in (three_weeks, restored))
        assert after.exit_code == 0, after.text
        assert _without_home(after.stdout, restored) == _without_home(before.stdout, three_weeks)
    again = restored("run", "--weeks", "2026-02-02..2026-02-16")
    assert "Nothing to do" in again.stdout
    # a scheduled run of one week publishes it with the others, which it finds here
    with open_working_file(restored.home) as connection:
        assert built_weeks(connection) == {week for (week,) in restored.query("SELECT week_start FROM main.weeks")}


def _without_home(text: str, line: CommandLine) -> list[str]:
    return text.replace(str(line.home.path), "HOME").split()


def test_prune_says_what_went_and_what_stays(line: CommandLine) -> None:
    outcome = line("prune", "--older-than", "1")
    assert outcome.exit_code == 0, outcome.text
    assert outcome.stdout.endswith(" UTC: 0 deleted, 0 kept as they hold a current state.\n")


def test_prepare_writes_the_settings_of_a_home_that_is_not_there_yet(empty_line: CommandLine) -> None:
    outcome = empty_line("prepare")
    assert outcome.exit_code == 0, outcome.text
    settings = empty_line.home.dagster / "dagster.yaml"
    assert outcome.stdout == f"Dagster's settings: {settings}; its records: SQLite, in the same folder.\n"
    assert "PooledSqliteEventLogStorage" in settings.read_text()


def test_prepare_ends_runs_whose_process_is_gone_so_that_services_start_free(line: CommandLine) -> None:
    @dg.job
    def launched() -> None: ...

    with dg.DagsterInstance.from_config(str(line.home.dagster)) as instance:
        gone = {COMMAND_LINE_PID_TAG: str(2**22 + 1)}  # above what Linux gives to processes
        run_id = instance.create_run_for_job(launched, status=dg.DagsterRunStatus.STARTED, tags=gone).run_id
    assert line("prepare").exit_code == 0
    with dg.DagsterInstance.from_config(str(line.home.dagster)) as instance:
        run = instance.get_run_by_id(run_id)
    assert run is not None
    assert run.status == dg.DagsterRunStatus.FAILURE
