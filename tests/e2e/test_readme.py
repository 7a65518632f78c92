"""Every command that README.md shows works, as written, on a home that `make run` has built.

The commands run in a mirror of the repository (links to all of it), so that the README's `data/` is the test's own.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from building import REPOSITORY
from command_line import CommandLine
from web_server import free_port, graphql, serving

# Not run: what gets the repository, and what would run these tests again.
LEFT_OUT = ("git clone", "cd ", "make test", "make check")
# what a person sees of the graph that `make ui` opens
NODES = """
{
  assetNodes {
    assetKey { path }
    groupName
    kinds
    partitionKeys
    assetMaterializations(limit: 1) { partition }
    assetChecksOrError { ... on AssetChecks { checks { name } } }
  }
}
"""
SERVERS = ("make ui", "tokentide ui", ".venv/bin/tokentide ui")


def commands() -> list[str]:
    """Lines of the README's shell blocks, comments aside."""
    text = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```(?:sh|bash)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    lines = [re.sub(r"\s+#.*$", "", line).strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line and not line.startswith(("#", *LEFT_OUT))]


@pytest.fixture(scope="module")
def mirror(archive: CommandLine, three_weeks: CommandLine, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("readme")
    mirror = directory / "repository"
    mirror.mkdir()
    (directory / "home").mkdir()
    for path in REPOSITORY.iterdir():
        if path.name != "data":
            (mirror / path.name).symlink_to(path)
    shutil.copytree(archive.home.path, mirror / "data")
    # an earlier edition, for the command that compares two
    for edition in three_weeks.home.editions.iterdir():
        os.utime(shutil.copy(edition, mirror / "data" / "editions"), (0, 0))
    return mirror


@pytest.fixture(scope="module")
def environment(mirror: Path) -> dict[str, str]:
    """Of someone who has run `make run`."""
    is_made = subprocess.run(["make", "-q", ".venv/.installed"], cwd=mirror, capture_output=True).returncode == 0
    if not is_made:
        pytest.skip("the environment .venv was not made, or is older than its lock file: make run")
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": str(mirror.parent / "home"),
        "TOKENTIDE_HOME": str(mirror / "data"),
    }


def test_the_readme_shows_how_to_run_ask_and_open() -> None:
    shown = " ".join(commands())
    for command in ("make run", "tokentide sql", "tokentide explain", "tokentide verify", "make ui", "dg launch"):
        assert command in shown


@pytest.mark.parametrize("command", commands())
def test_a_command_of_the_readme_works(command: str, mirror: Path, environment: dict[str, str]) -> None:
    if command in SERVERS:
        port = free_port()
        started = environment | {"TOKENTIDE_UI_PORT": str(port)}
        with serving(["sh", "-c", command], port, cwd=mirror, env=started) as address:
            if command == "make ui":
                the_graph_is_there_with_its_weeks(address)
            return
    done = subprocess.run(
        ["sh", "-c", command], cwd=mirror, env=environment, capture_output=True, text=True, timeout=180, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def the_graph_is_there_with_its_weeks(address: str) -> None:
    nodes = {"/".join(node["assetKey"]["path"]): node for node in graphql(address, NODES)["assetNodes"]}
    countries = nodes["weekly/country_tokens"]
    assert countries["partitionKeys"][0] == "2024-12-30"
    assert len(countries["partitionKeys"]) > 93, "the archive's weeks, and those since"
    assert set(countries["kinds"]) == {"duckdb", "sql"}
    assert countries["groupName"] == "5_weekly"
    assert countries["assetMaterializations"], "what was built is shown"
    assert "tokens_add_up" in {check["name"] for check in countries["assetChecksOrError"]["checks"]}
    assert nodes["publication"]["partitionKeys"] == []
