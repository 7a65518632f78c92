"""Dagster's records in PostgreSQL: a real server, a run of the job, a backfill, and nothing of the password in a file.

Skipped where PostgreSQL is not installed; CI installs it.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import building
import dagster as dg
import pytest
import sqlalchemy
from building import LONG_AFTER, full_weeks, week
from dagster._serdes import serialize_value
from job_runs import run_job
from postgres_server import SECRET

from assets.partitions import WEEKS
from assets.table_assets import asset_key
from pipeline.dagster_home import RecordsUnavailable, dagster_records, prepare_dagster_home
from pipeline.run_job import JOB_NAME
from pipeline.settings import Settings
from warehouse.contracts import CONTRACTS

COUNTRIES = asset_key(CONTRACTS["weekly.country_tokens"])
FIGURES = {"openai/gpt-5": 10_000, "deepseek/deepseek-v3": 9_000}
SPAN = [week(0), week(1), week(2)]


@pytest.fixture
def settings(postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name in ("DAGSTER_HOME", "TOKENTIDE_DAGSTER_POSTGRES_URL"):
        monkeypatch.setenv(name, "to be replaced, and restored after the test")
    return Settings(home=tmp_path / "home", dagster_postgres_url=postgres_url, lock_wait_seconds=0)


def test_runs_and_events_of_a_run_and_of_a_backfill_are_in_postgresql(settings: Settings, postgres_url: str) -> None:
    assert SECRET in postgres_url
    home = settings.state
    building.put_rows(home, full_weeks(SPAN, FIGURES), LONG_AFTER)
    prepare_dagster_home(settings)
    with dagster_records(settings) as instance:
        for last in (SPAN[0], SPAN[-1]):
            assert run_job(home, SPAN[0], last, instance).success
        # Dagster starts other processes with this as an argument, which everybody on the machine can see
        assert SECRET not in serialize_value(instance.get_ref())
        runs = instance.get_runs()
        assert [(run.job_name, run.status) for run in runs] == [(JOB_NAME, dg.DagsterRunStatus.SUCCESS)] * 2
        made = [record.create_timestamp for record in instance.get_run_records()]
        assert all(abs(datetime.now(UTC) - at) < timedelta(minutes=30) for at in made), "in UTC, as Dagster takes it"
        status = instance.get_status_by_partition(COUNTRIES, list(map(str, SPAN)), WEEKS)
        assert status is not None
        assert [state.name if state else None for state in status.values()] == ["MATERIALIZED"] * len(SPAN)
    with sqlalchemy.create_engine(
        postgres_url.replace("postgresql://", "postgresql+psycopg2://")
    ).connect() as connection:
        of_runs = connection.execute(sqlalchemy.text("SELECT DISTINCT run_id FROM event_logs")).fetchall()
    assert {row[0] for row in of_runs} == {run.run_id for run in runs}
    assert list(home.dagster.rglob("*.db")) == []
    for path in home.path.rglob("*"):
        assert not path.is_file() or SECRET.encode() not in path.read_bytes(), f"{path} holds the password"


def test_a_database_that_is_not_there_is_told_at_once_and_without_its_password(settings: Settings) -> None:
    wrong = settings.model_copy(
        update={"dagster_postgres_url": type(settings.dagster_postgres_url)("postgresql://me:secret@127.0.0.1:1/x")}
    )
    prepare_dagster_home(wrong)
    with pytest.raises(RecordsUnavailable, match="Connection refused") as told, dagster_records(wrong):
        pass
    assert "secret" not in str(told.value)


@pytest.mark.parametrize(
    "address",
    [
        "mysql://me:secret@host/x",
        "secret",
        "postgresql://me:secret@host:port/x",
        "postgresql://me:secret@host:/x",
        "postgresql:me:secret",
    ],
)
def test_what_is_no_address_of_postgresql_is_refused_without_showing_it(address: str) -> None:
    with pytest.raises(ValueError, match="must be postgresql://") as told:
        Settings(dagster_postgres_url=address)
    assert "secret" not in str(told.value)


def test_an_empty_variable_is_sqlite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAGSTER_HOME", "to be replaced, and restored after the test")
    settings = Settings(home=tmp_path, dagster_postgres_url="")
    prepare_dagster_home(settings)
    with dagster_records(settings) as instance:
        assert type(instance.event_log_storage).__name__ == "PooledSqliteEventLogStorage"
