"""The UI's web server and daemon with Dagster's records in PostgreSQL: a run launched there ends well, and all that is
kept of it is in PostgreSQL.

Not here: the storage itself (tests/integration/test_postgres_storage.py).
"""

import sys
import time
from pathlib import Path

import sqlalchemy
from command_line import CommandLine
from postgres_server import SECRET
from web_server import free_port, graphql, serving

from pipeline.postgres_connection import connected

WEEK = "2026-02-09"
# one table of one week, as the whole job takes three times as long, and does the same over and over
LAUNCH = f"""
mutation {{
  launchRun(executionParams: {{
    selector: {{
      repositoryLocationName: "pipeline.definitions", repositoryName: "__repository__", jobName: "build_and_publish"
      assetSelection: [{{ path: ["weekly", "model_tokens"] }}]
    }}
    executionMetadata: {{ tags: [
      {{ key: "dagster/asset_partition_range_start", value: "{WEEK}" }}
      {{ key: "dagster/asset_partition_range_end", value: "{WEEK}" }}
    ] }}
  }}) {{ ... on LaunchRunSuccess {{ run {{ runId }} }} ... on Error {{ message }} }}
}}
"""
A_RUN_SECONDS = 120


def test_a_run_that_the_ui_launches_is_kept_in_postgresql_alone(line: CommandLine, postgres_url: str) -> None:
    port = free_port()
    environment = line.environment | {
        "TOKENTIDE_UI_PORT": str(port),
        "TOKENTIDE_DAGSTER_POSTGRES_URL": postgres_url,
    }
    of_sqlite = list(line.home.dagster.rglob("*.db"))
    command = [sys.executable, "-m", "pipeline.cli", "ui"]
    with serving(command, port, env=environment, cwd=line.home.path) as address:
        run_id = graphql(address, LAUNCH)["launchRun"]["run"]["runId"]
        assert ended(address, run_id) == "SUCCESS"
        assert arguments_with_the_password() == []
    with connected(postgres_url) as connection:
        told = connection.execute(
            sqlalchemy.text("SELECT dagster_event_type FROM event_logs WHERE run_id = :run"), {"run": run_id}
        ).scalars()
        assert {"PIPELINE_SUCCESS", "ASSET_MATERIALIZATION", "ASSET_CHECK_EVALUATION"} <= set(told)
    assert list(line.home.dagster.rglob("*.db")) == of_sqlite


def ended(address: str, run_id: str) -> str:
    """The status with which the run ends."""
    deadline = time.monotonic() + A_RUN_SECONDS
    while True:
        said = graphql(address, f'{{ runOrError(runId: "{run_id}") {{ ... on Run {{ status }} }} }}')
        status = str(said["runOrError"]["status"])
        if status in ("SUCCESS", "FAILURE", "CANCELED"):
            return status
        assert time.monotonic() < deadline, f"{status} after {A_RUN_SECONDS} s"
        time.sleep(0.5)


def arguments_with_the_password() -> list[str]:
    """Command lines of this machine's processes, which everybody on it can read."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            arguments = path.read_bytes()
        except OSError:  # it has just ended
            continue
        if SECRET.encode() in arguments:
            found.append(str(path))
    return found
