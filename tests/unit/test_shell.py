"""What a person is told to copy into a shell runs the program of this installation, wherever that is."""

import subprocess
import sys
from pathlib import Path

import pytest
from building import REPOSITORY

from warehouse.shell import called


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the programs of an installation whose interpreter is at work."""
    folder = tmp_path / "a folder" / ".venv" / "bin"
    folder.mkdir(parents=True)
    (folder / "tokentide").write_text("#!/bin/sh\necho it is this\n")
    (folder / "tokentide").chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(folder / "python"))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    return folder


def test_below_the_working_directory_it_is_short(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(installed.parent.parent)
    assert called("tokentide") == ".venv/bin/tokentide"


def test_from_elsewhere_it_is_the_whole_path_as_a_shell_takes_it(
    installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    done = subprocess.run(["sh", "-c", called("tokentide")], capture_output=True, text=True, check=False)
    assert done.stdout == "it is this\n"


@pytest.mark.parametrize("is_this", [True, False])
def test_on_a_deployed_host_it_is_the_script_that_runs_this_installation(
    is_this: bool, installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = (REPOSITORY / "deploy" / "as-tokentide").read_text()
    assert "/opt/tokentide/.venv/bin/" in script
    sbin = tmp_path / "sbin"
    sbin.mkdir()
    (sbin / "as-tokentide").write_text(
        script.replace("/opt/tokentide/.venv/bin", str(installed)) if is_this else script
    )
    (sbin / "as-tokentide").chmod(0o755)
    monkeypatch.setenv("PATH", f"{sbin}:/usr/bin:/bin")
    assert (called("tokentide") == "as-tokentide tokentide") == is_this
