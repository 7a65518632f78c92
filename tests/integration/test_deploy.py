"""What deploy/ and docs/deployment.md tell an operator to run exists: programs, commands, options, settings.

Nothing is started or installed here.
"""

import re
import shlex
import shutil
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest
import typer
from building import REPOSITORY
from dagster._cli import create_dagster_cli
from dagster._daemon.cli import create_dagster_daemon_cli
from dagster_webserver.cli import create_dagster_webserver_cli

from pipeline.cli import app
from pipeline.settings import Settings

DEPLOY = REPOSITORY / "deploy"
UNITS = sorted([*DEPLOY.glob("*.service"), *DEPLOY.glob("*.timer")])
INSTALLED = "/opt/tokentide/.venv/bin/"
PROGRAMS: dict[str, Any] = {
    "tokentide": typer.main.get_command(app),
    "dagster": create_dagster_cli(),
    "dagster-daemon": create_dagster_daemon_cli(),
    "dagster-webserver": create_dagster_webserver_cli(),
}


def commands_of_units() -> list[str]:
    lines = [line for unit in UNITS for line in unit.read_text().replace("\\\n", "").splitlines()]
    return [line.partition("=")[2] for line in lines if line.startswith("Exec")]


def commands_of_page() -> list[str]:
    """Of docs/deployment.md, what runs as the services do."""
    text = (REPOSITORY / "docs" / "deployment.md").read_text()
    return re.findall(r"as-tokentide ([a-z][^`;#\n]+)", text)


COMMANDS = sorted({*(c.removeprefix(INSTALLED) for c in commands_of_units()), *commands_of_page()})


def test_units_and_page_were_read() -> None:
    assert len(UNITS) == 5
    assert {"tokentide prune --older-than 90", "dagster instance migrate"} <= {command.strip() for command in COMMANDS}


@pytest.mark.parametrize("text", COMMANDS)
def test_a_command_can_be_understood(text: str) -> None:
    name, *arguments = shlex.split(text)
    if name.startswith("/"):
        assert shutil.which(name)
        return
    assert [script.name for script in entry_points(group="console_scripts", name=name)] == [name]
    command = PROGRAMS[name]
    while hasattr(command, "commands"):
        command = command.commands[arguments.pop(0)]
    command.make_context(name, arguments)  # raises for an option or an argument that it does not have


def test_a_failed_backup_is_told_of_by_a_unit_that_is_there() -> None:
    (told,) = re.findall(r"^OnFailure=(.+)$", (DEPLOY / "tokentide-upkeep.service").read_text(), re.MULTILINE)
    assert told == "tokentide-tell@%N.service"
    assert "tokentide tell-of-failure %i" in COMMANDS
    assert (DEPLOY / told.replace("%N", "")).exists()


def test_the_web_server_is_reached_from_this_machine_only() -> None:
    (command,) = (command for command in commands_of_units() if "dagster-webserver" in command)
    assert "--host 127.0.0.1 " in command


def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd is not installed: apt-get install systemd")
    for unit in UNITS:
        text = unit.read_text().replace(INSTALLED, f"{Path(sys.executable).parent}/")
        (tmp_path / unit.name).write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *(str(tmp_path / unit.name) for unit in UNITS)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    about_ours = [line for line in done.stderr.splitlines() if "tokentide" in line]
    assert (done.returncode, about_ours) == (0, [])


def test_the_environment_names_settings_that_there_are() -> None:
    text = (DEPLOY / "tokentide.env").read_text()
    said = dict(re.findall(r"^#?([A-Z_]+)=(.*)$", text, re.MULTILINE))
    fields = Settings.model_fields
    known = {field.validation_alias or f"TOKENTIDE_{name.upper()}" for name, field in fields.items()}
    assert set(said) - known == {"DAGSTER_HOME", "PYTHONWARNINGS"}
    assert said["DAGSTER_HOME"] == f"{said['TOKENTIDE_HOME']}/dagster"
    assert said["TOKENTIDE_DAGSTER_POSTGRES_URL"].startswith("postgresql://")


def test_readers_of_figures_do_not_get_the_secrets() -> None:
    """Whoever shall read the published file joins the group."""
    page = (REPOSITORY / "docs" / "deployment.md").read_text()
    assert "install -m 0600 /opt/tokentide/deploy/tokentide.env /etc/tokentide/\n" in page


def test_as_tokentide_gives_programs_the_environment_and_their_arguments(tmp_path: Path) -> None:
    (tmp_path / "tokentide.env").write_text("TOKENTIDE_HOME=/somewhere\n#DAGSTER_HOME=/not/this\n")
    for name, text in {
        # the user may not read the file, so by then it must have been read
        "runuser": f'[ "$1 $2 $3" = "--user tokentide --" ] && rm {tmp_path}/tokentide.env && shift 3 && exec "$@"',
        "tokentide": 'echo "$TOKENTIDE_HOME $DAGSTER_HOME"; printf "<%s>" "$@"',
    }.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / name).chmod(0o755)
    script = (DEPLOY / "as-tokentide").read_text().replace(INSTALLED, f"{tmp_path}/")
    script = script.replace("/etc/tokentide/", f"{tmp_path}/").replace("cd /var/lib/tokentide", f"cd {tmp_path}")
    done = subprocess.run(
        ["sh", "-c", script, "as-tokentide", "tokentide", "sql", "SELECT '$1'  \"x\""],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("/somewhere \n<sql><SELECT '$1'  \"x\">", "")
