"""What goes wrong, and that the published file outlives it: message, exit code, bytes, and the run after."""

import ctypes
import os
import re
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import building
import pytest
from command_line import CommandLine, Outcome, built_once, copy_of
from conftest import LATER_WEEK, WEEKS
from runbook import runbook_says
from snapshots_of_faults import AFTER_THE_ARCHIVE, archive_rows

from warehouse.snapshots import Snapshot

FIGURES = (
    "SELECT week_start, population, policy, knowledge, country_code, tokens FROM weekly.country_tokens ORDER BY ALL"
)


def object_of(line: CommandLine, snapshot: Snapshot) -> Path:
    return line.home.raw / "objects" / snapshot.sha256[:2] / snapshot.sha256


@contextmanager
def published_file_unchanged(line: CommandLine) -> Iterator[None]:
    before = line.home.published_file.read_bytes()
    yield
    assert line.home.published_file.read_bytes() == before
    assert not line.home.published_wal.exists()


@contextmanager
def another_process(code: str, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    """A Python process that has run the code and printed a line, and then stays until the block ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", f"{code}\nprint('ready', flush=True)\ninput()", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process
    finally:
        process.kill()
        process.communicate()


class TestBadAnswers:
    def test_they_change_nothing_until_a_good_one_comes(self, line: CommandLine) -> None:
        good = [
            row for day in ("2026-02-03", "2026-02-10", "2026-02-17", "2026-02-18") for row in archive_rows(day, day)
        ]
        figures = line.query(FIGURES)

        with published_file_unchanged(line):
            building.put_body(line.home, building.api_body(good)[:-100], AFTER_THE_ARCHIVE)
            outcome = line("run", "--weeks", WEEKS)
        assert outcome.exit_code == 1
        assert "the table keeps the old rows, and nothing is published." in outcome.stderr
        assert "no readable day: not whole JSON: " in outcome.stderr
        assert "newest_snapshots_can_be_read failed: observed 1, expected 0" in outcome.stderr
        assert "What to do: correct the cause and run again." in outcome.stderr

        with published_file_unchanged(line):
            building.put_rows(line.home, self.with_four_faults(good), AFTER_THE_ARCHIVE + timedelta(hours=1))
            outcome = line("run", "--weeks", WEEKS)
        assert outcome.exit_code == 1
        assert "weeks 2026-02-02, 2026-02-09, 2026-02-16 keep the old rows, and nothing is published." in outcome.stderr
        assert "week 2026-02-16: newest_vintage_of_each_day_is_good failed: observed 2, expected 0" in outcome.stderr
        quarantined = " ".join(path.read_text() for path in line.home.quarantine.rglob("reasons.json"))
        for reason in (
            "total_tokens is not a whole number: many",
            "total_tokens is negative: -5",
            f"total_tokens does not fit 64 bits: {2**63}",
            f"two rows for one day and model: 2026-02-18 {good[-1][1]}",
        ):
            assert reason in outcome.stderr, "told at once"
            assert reason in quarantined, "and kept"

        building.put_rows(line.home, good, AFTER_THE_ARCHIVE + timedelta(hours=2))
        outcome = line("run", "--weeks", WEEKS)
        assert outcome.exit_code == 0, outcome.text
        assert line.query(FIGURES) == figures

    @staticmethod
    def with_four_faults(rows: list[building.Row]) -> list[building.Row]:
        """One fault a day: no number, a negative one, one beyond 64 bits, one model twice."""
        faults: dict[str, object] = {"2026-02-03": "many", "2026-02-10": -5, "2026-02-17": 2**63}
        bad = list(rows)
        for day, tokens in faults.items():
            position = next(number for number, row in enumerate(bad) if str(row[0]) == day)
            bad[position] = (bad[position][0], bad[position][1], tokens)
        return [*bad, bad[-1]]


class TestShrunkenDay:
    def test_it_does_not_replace_what_was_there_until_the_week_is_held_back(self, line: CommandLine) -> None:
        """A day comes back with half of its tokens, which no row by itself shows."""
        figures = line.query(FIGURES)
        halved = [(day, model, tokens // 2) for day, model, tokens in archive_rows("2026-02-11", "2026-02-11")]
        building.put_rows(line.home, halved, AFTER_THE_ARCHIVE)
        with published_file_unchanged(line):
            outcome = line("run", "--weeks", WEEKS)
        assert outcome.exit_code == 1
        assert "week 2026-02-09: restated_days_keep_their_tokens failed: observed 0.5" in outcome.stderr
        assert re.search(r"2026-02-11: [\d,]+ tokens in snapshot test-source/\S+, after [\d,]+ in", outcome.stderr)
        assert "tokentide run --hold-back 2026-02-09" in outcome.stderr
        runbook_says("restatement", "held-back", outcome.stderr)

        outcome = line("run", "--weeks", WEEKS, "--hold-back", "2026-02-09")
        assert outcome.exit_code == 0, outcome.text
        runbook_says("restatement", "published", outcome.stdout)
        assert line.query(FIGURES) == figures
        assert line.query("SELECT week_start FROM main.weeks WHERE is_held_back") == [(date(2026, 2, 9),)]
        [(changed, relative_change)] = line.query("SELECT rows_changed, relative_change FROM restated_days")
        assert (changed, round(relative_change, 6)) == (51, -0.5), "the list shows it all the same"
        assert line("verify").exit_code == 0


class TestLaterWeek:
    """A new week that is possible, though not usual: published, with warnings."""

    def test_a_reader_keeps_the_old_file_while_the_new_one_is_published(
        self, later_week: tuple[CommandLine, Outcome]
    ) -> None:
        line, _ = later_week  # the reader's part is asserted where the week is built
        assert line.query("SELECT max(week_start) FROM main.weeks") == [(LATER_WEEK,)]

    def test_an_unknown_author_is_a_warning_and_counts_for_nobody(
        self, later_week: tuple[CommandLine, Outcome]
    ) -> None:
        line, outcome = later_week
        runbook_says("unknown-author", "run", outcome.stdout)
        runbook_says("unknown-author", "todo", line("attribution", "todo").stdout)
        decided = line.query(
            "SELECT country_code, method FROM attribution.models WHERE model_permaslug = 'nobody-knows/model-x'"
        )
        assert decided == [("ZZ", "unknown")]
        warned = line.query(
            "SELECT check_name FROM checks.results WHERE table_name LIKE 'attribution.%' AND outcome = 'warned'"
        )
        assert warned, "the unknown author is told"
        assert line.query(
            "SELECT tokens FROM weekly.country_tokens WHERE week_start = '2026-10-12' AND country_code = 'ZZ' "
            "AND population = 'ranked' AND policy = 'lab_home' AND knowledge = 'as_known_now'"
        ) == [(6 * 7 * 10**12,)]

    def test_a_missing_day_makes_the_week_incomplete(self, later_week: tuple[CommandLine, Outcome]) -> None:
        line, outcome = later_week
        assert line.query(
            "SELECT days_observed, missing_days, is_complete_week FROM main.weeks WHERE week_start = '2026-10-12'"
        ) == [(6, "2026-10-17", False)]
        assert re.search(r"all_seven_days_are_there: \d", outcome.stdout)
        assert re.search(r"\(\d incomplete, marked so\)", outcome.stdout)

    def test_a_restated_day_becomes_a_vintage_and_the_newest_one_counts(
        self, later_week: tuple[CommandLine, Outcome]
    ) -> None:
        line, _ = later_week
        of_the_day = "WHERE date = '2026-10-12' AND model_permaslug = 'deepseek/deepseek-v3'"
        assert line.query(f"SELECT tokens FROM staging.model_day_token_vintages {of_the_day} ORDER BY as_of_utc") == [
            (9 * 10**12,),
            (10**13,),
        ]
        assert line.query(f"SELECT tokens FROM staging.model_day_tokens {of_the_day}") == [(10**13,)]

    def test_a_day_contradicted_for_the_same_instant_is_quarantined_with_a_warning(
        self, later_week: tuple[CommandLine, Outcome]
    ) -> None:
        line, outcome = later_week
        assert line.query("SELECT date, reason FROM staging.snapshot_days WHERE status = 'quarantined'") == [
            (date(2026, 10, 13), "an earlier snapshot states other figures for the same day and the same as_of")
        ]
        assert "no_day_is_quarantined: 1" in outcome.stdout
        assert line.query(
            "SELECT tokens FROM staging.model_day_tokens "
            "WHERE date = '2026-10-13' AND model_permaslug = 'deepseek/deepseek-v3'"
        ) == [(9 * 10**12,)]


class TestImpossibleMagnitude:
    """A snapshot that gives the week of 2026-02-09 a thousand times over."""

    @pytest.fixture(scope="class")
    def refused(self, three_weeks: CommandLine, shared_directory: Path) -> tuple[CommandLine, Outcome]:
        def build(line: CommandLine) -> Outcome:
            shutil.copytree(three_weeks.home.path, line.home.path)
            building.put_rows(line.home, archive_rows("2026-02-09", "2026-02-15", times=1000), AFTER_THE_ARCHIVE)
            return line("run", "--weeks", "2026-02-09")

        return built_once(shared_directory / "impossible_magnitude", build, exit_code=1)

    def test_it_is_not_published(self, refused: tuple[CommandLine, Outcome], three_weeks: CommandLine) -> None:
        line, outcome = refused
        assert "Nothing was published: the gate is not green." in outcome.stderr
        assert "week 2026-02-09: magnitude_is_possible failed: observed 1326.4374" in outcome.stderr
        assert "tokentide run --hold-back WEEK" in outcome.stderr
        runbook_says("restatement", "gate", outcome.stderr)
        assert line.home.published_file.read_bytes() == three_weeks.home.published_file.read_bytes()

    def test_held_back_it_leaves_the_last_good_rows(
        self, refused: tuple[CommandLine, Outcome], three_weeks: CommandLine, tmp_path: Path
    ) -> None:
        line = copy_of(refused[0], tmp_path)
        outcome = line("run", "--weeks", "2026-02-09", "--hold-back", "2026-02-09")
        assert outcome.exit_code == 0, outcome.text
        assert line.query(FIGURES) == three_weeks.query(FIGURES)
        assert line.query("SELECT week_start FROM main.weeks WHERE is_held_back") == [(date(2026, 2, 9),)]
        assert "2026-02-09" in outcome.stdout.split("Held back by a person")[1]


class TestDamagedSnapshot:
    def test_the_archives_is_restored_and_another_stops_the_run(self, line: CommandLine) -> None:
        rows = archive_rows("2026-02-10", "2026-02-10")
        snapshot = building.put_rows(line.home, rows, AFTER_THE_ARCHIVE)
        whole = object_of(line, snapshot).read_bytes()
        archived = next(path for path in (line.home.raw / "objects").rglob("ec6570f2*"))
        archived_bytes = archived.read_bytes()
        object_of(line, snapshot).write_bytes(whole[:-1] + b" ")
        archived.write_bytes(archived_bytes[:1000])

        with published_file_unchanged(line):
            outcome = line("run", "--weeks", "2026-02-09")
        assert outcome.exit_code == 3
        assert f"Snapshot {snapshot.snapshot_id} is corrupted" in outcome.stderr
        assert "its bytes do not hash to its name" in outcome.stderr
        assert "restore that file from a backup" in outcome.stderr
        runbook_says("damaged-snapshot", "run", outcome.stderr)
        assert archived.read_bytes() == archived_bytes

        object_of(line, snapshot).write_bytes(whole)
        outcome = line("run", "--weeks", "2026-02-09")
        assert outcome.exit_code == 0, outcome.text


class TestMachine:
    def test_a_read_only_directory_is_named(self, line: CommandLine) -> None:
        line.home.path.chmod(0o555)
        try:
            with published_file_unchanged(line):
                outcome = line("run", "--weeks", "2026-02-23", preexec_fn=without_power_over_permissions)
        finally:
            line.home.path.chmod(0o755)
        assert outcome.exit_code == 3
        assert f"The data directory {line.home.path} cannot be written: no permission to write." in outcome.stderr
        assert "TOKENTIDE_HOME" in outcome.stderr
        runbook_says("disk-full", "read-only", outcome.stderr)

    def test_a_full_disk_leaves_the_published_file(self, line: CommandLine) -> None:
        # no file may outgrow the working file; a smaller limit would tear its blocks, which no full disk does
        limit = line.home.working_file.stat().st_size
        with published_file_unchanged(line):
            # a year of weeks: one more would fit into the blocks that the file has free
            outcome = line(
                "run", "--weeks", "2025-02-24..2026-02-23", preexec_fn=partial(let_no_file_grow_beyond, limit)
            )
        assert outcome.exit_code == 3, outcome.text
        assert "The disk or the memory would not serve" in outcome.stderr
        assert "free space" in outcome.stderr
        assert "The published file is as it was." in outcome.stderr
        runbook_says("disk-full", "run", outcome.stderr)
        outcome = line("run", "--weeks", "2026-02-23")
        assert outcome.exit_code == 0, outcome.text
        assert line.query("SELECT count(*) FROM main.weeks") == [(4,)]

    def test_a_working_file_open_elsewhere_is_said_so(self, line: CommandLine) -> None:
        holds = "import sys, duckdb; connection = duckdb.connect(sys.argv[1])"
        with another_process(holds, str(line.home.working_file)), published_file_unchanged(line):
            outcome = line("run", "--weeks", "2026-02-23")
        assert outcome.exit_code == 3, outcome.text
        assert f"Another process has {line.home.working_file} open" in outcome.stderr
        assert "close it there, then run again" in outcome.stderr
        runbook_says("lock-held", "working-file", outcome.stderr)

    def test_another_writer_is_named_with_pid_and_command(self, line: CommandLine) -> None:
        holds = (
            "import sys; from pathlib import Path; from warehouse.home import Home; "
            "from warehouse.lock import writer_lock; sys.argv = ['tokentide', 'backfill', sys.argv[1]]; "
            "lock = writer_lock(Home(Path(sys.argv[2])), 0); lock.__enter__()"
        ).replace("sys.argv[2]", "sys.argv[-1]")
        with another_process(holds, str(line.home.path)) as holder, published_file_unchanged(line):
            outcome = line("run", "--weeks", "2026-02-23", environment={"TOKENTIDE_LOCK_WAIT_SECONDS": "0"})
        assert outcome.exit_code == 3, outcome.text
        assert f"process {holder.pid} (tokentide backfill {line.home.path})" in outcome.stderr
        assert "the lock goes with its process" in outcome.stderr
        runbook_says("lock-held", "run", outcome.stderr)


class TestForeignLog:
    def test_a_strangers_log_is_refused_then_removed_with_its_figures(self, line: CommandLine) -> None:
        write_and_die = (
            "import os, sys, duckdb; connection = duckdb.connect(sys.argv[1]); "
            "connection.execute('UPDATE weekly.country_tokens SET tokens = 42'); os._exit(1)"
        )
        subprocess.run([sys.executable, "-c", write_and_die, str(line.home.published_file)], check=False)
        assert line.home.published_wal.exists()

        refused = line("sql", "FROM china_and_us")
        assert refused.exit_code == 3
        assert "A foreign write-ahead log lies beside the published file" in refused.stderr
        runbook_says("foreign-log", "sql", refused.stderr)
        verified = line("verify")
        assert verified.exit_code == 1
        assert "FAILED  no foreign write-ahead log lies beside the published file" in verified.stdout
        runbook_says("foreign-log", "verify", verified.stdout)

        outcome = line("run", "--weeks", "2026-02-23")
        assert outcome.exit_code == 0, outcome.text
        assert not line.home.published_wal.exists()
        assert line.query("SELECT count(*) FROM weekly.country_tokens WHERE tokens = 42") == [(0,)]
        assert line.query("SELECT count(*) FROM main.weeks") == [(4,)]


class TestInterruption:
    def test_ctrl_c_and_a_killed_run_cost_nothing_but_time(self, three_weeks: CommandLine, line: CommandLine) -> None:
        with published_file_unchanged(line):
            interrupted = self.stop_at(line, "weekly.model_tokens", signal.SIGINT)
            killed = self.stop_at(line, "weekly.country_tokens", signal.SIGKILL)
        assert interrupted.exit_code == 130, interrupted.text
        assert "Interrupted. The published file is as it was; run again to go on." in interrupted.stderr
        assert "Traceback" not in interrupted.stderr
        runbook_says("abandoned-run", "interrupted", interrupted.stderr)
        assert killed.exit_code == -signal.SIGKILL

        outcome = line("backfill", WEEKS)
        assert outcome.exit_code == 0, outcome.text
        assert line.content_hash() == three_weeks.content_hash()
        with sqlite3.connect(line.home.dagster / "history" / "runs.db") as runs:
            statuses = {status for (status,) in runs.execute("SELECT status FROM runs")}
        assert statuses <= {"SUCCESS", "FAILURE", "CANCELED"}, "no run seems to be still at work"

    @staticmethod
    def stop_at(line: CommandLine, step: str, signal_number: int) -> Outcome:
        """Sends the signal while the step is at work."""
        process = line.start("backfill", WEEKS, environment={"PYTHONUNBUFFERED": "1"})
        assert process.stdout is not None
        printed = ""
        for text in process.stdout:
            printed += text
            if step in text:
                time.sleep(0.05)
                process.send_signal(signal_number)
                break
        stdout, stderr = process.communicate(timeout=60)
        return Outcome(process.returncode, printed + stdout, stderr)


class TestSurroundings:
    def test_neither_time_zone_nor_duckdb_changes_a_figure(
        self, three_weeks: CommandLine, empty_line: CommandLine
    ) -> None:
        """The three weeks were built at the other end of the world, with DuckDB 2; here DuckDB 1.5 builds them."""
        older = building.REPOSITORY / ".venv" / "duckdb-1.5"
        if not older.exists():
            pytest.skip("needs the other DuckDB version under .venv/duckdb-1.5 (make test installs it)")
        surroundings = {"TZ": "America/Los_Angeles", "PYTHONPATH": str(older)}
        outcome = empty_line("run", "--weeks", WEEKS, environment=surroundings)
        assert outcome.exit_code == 0, outcome.text
        assert empty_line.content_hash() == three_weeks.content_hash()

    def test_nothing_is_written_outside_the_home(self, three_weeks: CommandLine) -> None:
        """The home was built by `run`; HOME and the working directory hold nothing of it."""
        assert three_weeks("sql", "FROM china_and_us").exit_code == 0
        assert three_weeks("status").exit_code == 0
        assert three_weeks.files_written_outside() == []


def without_power_over_permissions() -> None:
    """Even root is then bound by the permissions of files."""
    if os.geteuid() == 0:
        drop_from_bounding_set, override_permissions = 24, 1
        assert ctypes.CDLL(None).prctl(drop_from_bounding_set, override_permissions, 0, 0, 0) == 0


def let_no_file_grow_beyond(size: int) -> None:
    """To the program, a full disk."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
