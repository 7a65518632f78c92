"""`tokentide doctor` on homes that are well, empty, damaged and in use: what is found, and that nothing is written."""

import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import dagster as dg
import pytest
from building import LONG_AFTER, accept_all, build_tables, full_weeks, put_rows, references, week
from dagster._core.events import EngineEventData
from dagster._daemon.types import DaemonHeartbeat
from postgres_server import SECRET as PASSWORD
from rich.console import Console
from runbook import runbook_says

from checks.run import validate_publication
from pipeline.dagster_home import COMMAND_LINE_PID_TAG, dagster_records, prepare_dagster_home
from pipeline.doctor import as_json, examine, exit_code_of, print_diagnoses
from pipeline.doctor.diagnosis import Diagnosis
from pipeline.doctor.examination import CHECKS
from pipeline.doctor.state import bytes_needed
from pipeline.settings import Settings
from warehouse.database import open_working_file
from warehouse.home import Home
from warehouse.lock import writer_lock
from warehouse.publishing import publish
from warehouse.snapshots import SnapshotStore

KEY = "sk-or-v1-0123456789abcdef"
SECRET = "https://example.org/very-secret"
NOW = LONG_AFTER + timedelta(hours=1)
NOBODY = str(2**22 + 1)  # above what Linux gives to processes
# in tokentide's own storage, whose connections stay open
LAUNCHED_AND_KILLED = """
import os
import dagster as dg
from dagster._core.events import EngineEventData
from pipeline.dagster_home import dagster_records, prepare_dagster_home
from pipeline.settings import Settings

@dg.job(name="build_and_publish")
def nothing(): ...

prepare_dagster_home(Settings())
with dagster_records(Settings()) as instance:
    run = instance.create_run_for_job(
        nothing, status=dg.DagsterRunStatus.STARTED, tags={".dagster/pool/tokentide_writer": "true"}
    )
    instance.report_engine_event("Started process for run.", run, EngineEventData.in_process(os.getpid()))
    print(os.getpid(), flush=True)
    os.kill(os.getpid(), 9)
"""


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A week, published. Read only."""
    home = Home(tmp_path_factory.mktemp("doctor") / "data")
    put_rows(home, full_weeks([week(0)]))
    with writer_lock(home, 0), open_working_file(home) as connection:
        build_tables(connection, home, reference_tables=references())
        publish(connection, home, validate_publication, accept_all, (), 1)
    return home


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Nothing set, whatever the machine has."""
    for name in os.environ:
        if name.startswith("TOKENTIDE_") or name == "OPENROUTER_API_KEY":
            monkeypatch.delenv(name)
    return monkeypatch


@pytest.fixture
def well(published: Home, tmp_path: Path, environment: pytest.MonkeyPatch) -> Home:
    """A copy that a test may damage; the doctor looks at it."""
    subprocess.run(["cp", "-a", str(published.path), str(tmp_path / "data")], check=True)
    environment.setenv("TOKENTIDE_HOME", str(tmp_path / "data"))
    return Home(tmp_path / "data")


def found(is_deep: bool = False) -> Mapping[str, Diagnosis]:
    return {one.check: one for one in examine(is_deep, NOW)}


def bad(is_deep: bool = False) -> dict[str, tuple[str, int]]:
    """Outcome and exit code of every check that is not ok; each of them says what to do."""
    diagnoses = found(is_deep).values()
    assert all(bool(one.next_step) == (one.outcome != "ok") for one in diagnoses)
    return {one.check: (one.outcome, one.exit_code) for one in diagnoses if one.outcome != "ok"}


def printed(is_deep: bool = False) -> str:
    console = Console(record=True, width=200, file=io.StringIO())
    print_diagnoses(console, examine(is_deep, NOW))
    return console.export_text()


def contents(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {
        str(path): (path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else b"") for path in folder.rglob("*")
    }


@dg.job(name="build_and_publish")
def nothing() -> None: ...


@contextmanager
def recorded(home: Home) -> Iterator[dg.DagsterInstance]:
    """Dagster's records under the home, which stay open."""
    home.dagster.mkdir(exist_ok=True)
    with dg.DagsterInstance.local_temp(str(home.dagster)) as instance:
        yield instance


@contextmanager
def unfinished(home: Home, status: dg.DagsterRunStatus, tags: Mapping[str, str]) -> Iterator[str]:
    """A run in Dagster's records, which stay open, and its id."""
    with recorded(home) as instance:
        yield instance.create_run_for_job(nothing, status=status, tags=tags).run_id


def launched(instance: dg.DagsterInstance, pid: int) -> str:
    """A run as Dagster launches one: its first event names nothing, the next its process."""
    tags = {".dagster/pool/tokentide_writer": "true"}
    run = instance.create_run_for_job(nothing, status=dg.DagsterRunStatus.STARTED, tags=tags)
    instance.report_engine_event("Starting process for run.", run)
    instance.report_engine_event("Started process for run.", run, EngineEventData.in_process(pid))
    return run.run_id


def hear_of_the_daemon(instance: dg.DagsterInstance) -> None:
    instance.add_daemon_heartbeat(DaemonHeartbeat(NOW.replace(tzinfo=UTC).timestamp(), "SENSOR", None))


class TestWell:
    def test_all_checks_are_made_and_pass_in_their_order(self, well: Home) -> None:
        diagnoses = examine(now_utc=NOW)
        assert [one.check for one in diagnoses] == list(CHECKS)
        assert bad() == {}
        assert exit_code_of(diagnoses) == 0
        edition = next(well.editions.glob("*.duckdb")).stem
        assert f"edition {edition}, 1 weeks to {week(0)}" in found()["published file"].observed

    def test_nothing_is_written_and_no_file_made(self, well: Home) -> None:
        with unfinished(well, dg.DagsterRunStatus.SUCCESS, {}):
            pass
        before = contents(well.path)
        assert bad(is_deep=True) == {}
        assert contents(well.path) == before

    def test_an_empty_home_is_not_made(self, tmp_path: Path, environment: pytest.MonkeyPatch) -> None:
        environment.setenv("TOKENTIDE_HOME", str(tmp_path / "none" / "data"))
        assert bad() == {"published file": ("warning", 0), "freshness": ("warning", 0)}
        assert list(tmp_path.iterdir()) == []

    def test_neither_dagster_nor_great_expectations_is_imported(self, well: Home) -> None:
        code = (
            "import sys; from pipeline.doctor import examine; examine(); "
            "print({'dagster', 'great_expectations', 'pandas', 'httpx'} & set(sys.modules))"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert done.stdout.strip() == "set()"

    def test_it_is_shown_in_lines_and_as_json(self, well: Home) -> None:
        well.published_wal.write_bytes(b"")
        runbook_says("foreign-log", "doctor", printed())
        lines = printed().splitlines()
        assert lines[list(CHECKS).index("lock")] == "ok       lock: free: nobody is writing"
        assert any(line.startswith("FAILED   logs: A foreign write-ahead log lies beside") for line in lines)
        assert any(line.startswith("         What to do: `tokentide run` removes it") for line in lines)
        said = json.loads(as_json(examine(now_utc=NOW)))
        assert [one["check"] for one in said] == list(CHECKS)
        assert {"outcome", "observed", "next_step", "exit_code"} < set(said[0])


class TestProgram:
    def test_the_driver_of_postgresql_is_missed_only_where_it_is_set(
        self, well: Home, environment: pytest.MonkeyPatch
    ) -> None:
        def version_without_it(name: str) -> str:
            if name == "dagster-postgres":
                raise PackageNotFoundError
            return version(name)

        environment.setattr("pipeline.doctor.program.version", version_without_it)
        assert bad() == {}
        environment.setenv("TOKENTIDE_DAGSTER_POSTGRES_URL", "postgresql://me@127.0.0.1:1/x")
        assert bad()["installed"] == ("failed", 3)
        assert "dagster-postgres is not installed" in found()["installed"].observed
        assert "postgres.lock" in found()["installed"].next_step

    def test_settings_are_named_and_secrets_are_not_shown(self, well: Home, environment: pytest.MonkeyPatch) -> None:
        environment.setenv("OPENROUTER_API_KEY", KEY)
        environment.setenv("TOKENTIDE_WEBHOOK_URL", SECRET)
        environment.setenv("TOKENTIDE_ENDPOINTS", "5")
        observed = found()["settings"].observed
        for said in (f"TOKENTIDE_HOME={well.path}", "OPENROUTER_API_KEY (secret)", "TOKENTIDE_ENDPOINTS=5"):
            assert said in observed
        told = as_json(examine())
        assert KEY not in told
        assert SECRET not in told
        assert found()["key"].observed.startswith("set, of a usable form, not tried")

    def test_what_is_refused_is_named_and_the_rest_is_looked_at(
        self, well: Home, environment: pytest.MonkeyPatch
    ) -> None:
        environment.setenv("TOKENTIDE_UI_PORT", "http")
        environment.setenv("TOKENTIDE_WEBHOOK_URL", "http://example.org/very-secret")
        environment.setenv("TOKENTIDE_ENDPOINT", "5")
        assert bad() == {"settings": ("failed", 3)}
        observed = found()["settings"].observed
        assert "TOKENTIDE_UI_PORT: " in observed
        assert "TOKENTIDE_WEBHOOK_URL: Value error, must be https://HOST" in observed
        assert "TOKENTIDE_ENDPOINT (meant: TOKENTIDE_ENDPOINTS?)" in observed
        assert "secret" not in observed

    @pytest.mark.parametrize(
        ("key", "source", "is_bad"), [("a b", "exports", True), ("", "api", True), (KEY, "api", False)]
    )
    def test_a_key_that_cannot_be_sent_or_is_missing(
        self, well: Home, environment: pytest.MonkeyPatch, key: str, source: str, is_bad: bool
    ) -> None:
        environment.setenv("OPENROUTER_API_KEY", key)
        environment.setenv("TOKENTIDE_LIVE_SOURCE", source)
        assert bad() == ({"key": ("failed", 3)} if is_bad else {})
        if key == "":
            runbook_says("key-refused", "doctor", printed())


class TestState:
    def test_a_file_in_place_of_the_folder(self, tmp_path: Path, environment: pytest.MonkeyPatch) -> None:
        (tmp_path / "file").write_text("no folder")
        environment.setenv("TOKENTIDE_HOME", str(tmp_path / "file"))
        assert bad()["home"] == ("failed", 3)
        assert exit_code_of(examine()) == 3

    def test_a_disk_too_small_for_a_run(self, well: Home, monkeypatch: pytest.MonkeyPatch) -> None:
        assert bytes_needed(well) > 3 * well.published_file.stat().st_size
        monkeypatch.setattr("pipeline.doctor.state._LEAST_FREE_BYTES", 10**18)
        assert bad() == {"disk": ("failed", 3)}
        runbook_says("disk-full", "doctor", printed())

    def test_a_lock_that_is_held_names_its_process_and_does_not_wait(self, well: Home) -> None:
        with writer_lock(well, 0):
            assert found()["lock"].observed.startswith(f"held by process {os.getpid()} (")
            assert bad() == {"lock": ("warning", 0)}
            runbook_says("lock-held", "doctor", printed())
        assert bad() == {}

    def test_leftovers_are_listed_unless_someone_writes(self, well: Home) -> None:
        well.new_file.write_bytes(b"12")
        (well.raw / "objects" / ".partial-x").write_bytes(b"3")
        assert bad() == {"leftovers": ("warning", 0)}
        assert "2 of interrupted runs" in found()["leftovers"].observed
        with writer_lock(well, 0):
            assert "leftovers" not in bad()


class TestFigures:
    def test_a_published_file_that_was_written_into(self, well: Home) -> None:
        with well.published_file.open("ab") as file:
            file.write(b" ")
        assert bad() == {"published file": ("failed", 1)}
        assert exit_code_of(examine()) == 1

    def test_a_published_file_that_is_none(self, well: Home) -> None:
        well.published_file.write_bytes(b"no database" * 1000)
        assert bad() == {"published file": ("failed", 3)}

    def test_a_strangers_log(self, well: Home) -> None:
        well.published_wal.write_bytes(b"")
        assert bad() == {"logs": ("failed", 3), "published file": ("failed", 3)}

    def test_a_log_beside_the_working_file(self, well: Home) -> None:
        well.working_file.with_name("build.duckdb.wal").write_bytes(b"")
        assert bad() == {"logs": ("warning", 0)}

    def test_a_damaged_working_file(self, well: Home) -> None:
        well.working_file.write_bytes(b"no database")
        assert bad() == {"working file": ("failed", 3)}

    def test_another_code_is_told(self, well: Home, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("pipeline.doctor.figures.code_version", lambda: "another")
        assert bad() == {"made by": ("warning", 0)}
        assert "since then changed: code" in found()["made by"].observed

    def test_a_body_cut_short_is_found_at_once_and_an_altered_one_in_depth(self, well: Home) -> None:
        body = next(path for path in (well.raw / "objects").rglob("*") if path.is_file())
        whole = body.read_bytes()
        body.write_bytes(whole[:-1] + b" ")
        assert bad() == {}
        assert bad(is_deep=True) == {"snapshots": ("failed", 1)}
        runbook_says("damaged-snapshot", "doctor", printed(is_deep=True))
        body.write_bytes(whole[:-1])
        assert bad() == {"snapshots": ("failed", 1)}

    def test_a_sidecar_that_cannot_be_read(self, well: Home) -> None:
        next((well.raw / "sidecars").rglob("*.json")).write_text("{")
        assert bad() == {"snapshots": ("failed", 1)}

    def test_old_figures_and_snapshots_that_are_in_no_edition(self, well: Home) -> None:
        assert {one.check: one.outcome for one in examine(now_utc=NOW + timedelta(days=3))}["freshness"] == "warning"
        put_rows(well, full_weeks([week(1)]), LONG_AFTER + timedelta(minutes=1))
        assert len(SnapshotStore(well).snapshots()) == 2
        assert bad() == {"freshness": ("warning", 0)}
        assert found()["freshness"].next_step == "tokentide run."


class TestRecords:
    def test_a_run_whose_process_is_gone_holds_up_dagsters_own(self, well: Home) -> None:
        tags = {COMMAND_LINE_PID_TAG: NOBODY, ".dagster/pool/tokentide_writer": "true"}
        with unfinished(well, dg.DagsterRunStatus.STARTED, tags) as run_id:
            assert bad() == {"runs": ("warning", 0), "pool": ("warning", 0)}
            assert f"run {run_id} of build_and_publish" in found()["runs"].observed
            runbook_says("abandoned-run", "doctor", printed())

    def test_a_run_under_way_is_no_fault(self, well: Home) -> None:
        tags = {COMMAND_LINE_PID_TAG: str(os.getpid()), ".dagster/pool/tokentide_writer": "true"}
        with unfinished(well, dg.DagsterRunStatus.STARTED, tags) as run_id, writer_lock(well, 0):
            assert bad() == {"lock": ("warning", 0)}
            assert found()["pool"].observed.startswith(f"held by run {run_id}")

    def test_a_run_that_waits_for_a_daemon_that_is_not_there(self, well: Home) -> None:
        with recorded(well) as instance:
            instance.create_run_for_job(nothing, status=dg.DagsterRunStatus.NOT_STARTED)
            assert bad() == {"runs": ("warning", 0)}
            hear_of_the_daemon(instance)
            assert bad() == {}

    def test_what_dagster_launched_is_looked_for_by_the_process_that_it_names(self, well: Home) -> None:
        with recorded(well) as instance:
            hear_of_the_daemon(instance)
            launched(instance, os.getppid())
            assert bad() == {}, "under way, be the lock held or not"
            run_id = launched(instance, int(NOBODY))
            assert bad() == {"runs": ("warning", 0)}
            assert f"run {run_id} of build_and_publish" in found()["runs"].observed
            runbook_says("abandoned-run", "launched", printed())

    def test_records_of_processes_that_were_killed_are_read_and_left_as_they_are(self, well: Home) -> None:
        """They leave write-ahead logs, in which the newest stands."""
        done = subprocess.run([sys.executable, "-c", LAUNCHED_AND_KILLED], capture_output=True, text=True, check=False)
        assert done.returncode == -signal.SIGKILL, done.stderr
        before = contents(well.path)
        assert any(name.endswith("-wal") for name in before)
        assert bad() == {"runs": ("warning", 0), "pool": ("warning", 0)}
        assert f"its process {done.stdout.strip()} is gone" in found()["runs"].observed
        now = contents(well.path)
        assert now.keys() == before.keys()
        # the index of a log is SQLite's own: whoever reads first after a kill makes it anew, in place
        assert {name for name in now if now[name] != before[name] and not name.endswith("-shm")} == set()

    def test_records_that_cannot_be_read_are_a_failed_check_and_no_crash(self, well: Home) -> None:
        (well.dagster / "history").mkdir(parents=True)
        (well.dagster / "history" / "runs.db").write_bytes(b"no database" * 1000)
        assert bad() == {"runs": ("failed", 3), "pool": ("failed", 3)}


class TestRecordsInPostgres:
    @pytest.fixture
    def settings(self, well: Home, environment: pytest.MonkeyPatch, postgres_url: str) -> Settings:
        environment.setenv("DAGSTER_HOME", "to be replaced, and restored after the test")
        environment.setenv("TOKENTIDE_DAGSTER_POSTGRES_URL", postgres_url)
        return Settings()

    def test_an_empty_database_has_no_records_yet_and_then_the_same_is_found(self, settings: Settings) -> None:
        assert bad() == {}
        assert found()["runs"].observed == "Dagster has no records yet"
        prepare_dagster_home(settings)
        with dagster_records(settings) as instance:
            assert found()["runs"].observed == "0 kept, all have ended; Dagster's daemon does not run"
            waiting = instance.create_run_for_job(nothing, status=dg.DagsterRunStatus.NOT_STARTED)
            assert bad() == {"runs": ("warning", 0)}
            hear_of_the_daemon(instance)
            assert bad() == {}
            instance.delete_run(waiting.run_id)
            launched(instance, os.getppid())
            assert bad() == {}
            gone = launched(instance, int(NOBODY))
            assert bad() == {"runs": ("warning", 0)}
            assert f"run {gone} of build_and_publish" in found()["runs"].observed
            for run in instance.get_runs():
                instance.delete_run(run.run_id)
            tags = {COMMAND_LINE_PID_TAG: NOBODY, ".dagster/pool/tokentide_writer": "true"}
            instance.create_run_for_job(nothing, status=dg.DagsterRunStatus.STARTED, tags=tags)
            assert bad() == {"runs": ("warning", 0), "pool": ("warning", 0)}
        assert PASSWORD not in as_json(examine())

    def test_one_that_does_not_serve_is_told_without_its_password(
        self, well: Home, environment: pytest.MonkeyPatch
    ) -> None:
        environment.setenv("TOKENTIDE_DAGSTER_POSTGRES_URL", f"postgresql://me:{PASSWORD}%zz@127.0.0.1:1/x")
        assert bad() == {"runs": ("failed", 3), "pool": ("failed", 3)}
        assert "Connection refused" in found()["runs"].observed
        runbook_says("postgresql-down", "doctor", printed())
        assert PASSWORD not in as_json(examine())

    def test_a_password_that_is_refused_is_not_told(
        self, settings: Settings, environment: pytest.MonkeyPatch, postgres_url: str
    ) -> None:
        environment.setenv("TOKENTIDE_DAGSTER_POSTGRES_URL", postgres_url.replace(PASSWORD, f"not-{PASSWORD}"))
        assert bad() == {"runs": ("failed", 3), "pool": ("failed", 3)}
        assert "password authentication failed" in found()["runs"].observed
        assert PASSWORD not in as_json(examine())
