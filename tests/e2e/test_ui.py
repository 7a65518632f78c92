"""`tokentide ui` serves the asset graph with partitions, kinds and what was materialised."""

import sys
from pathlib import Path

from command_line import CommandLine, copy_of
from web_server import free_port, graphql, serving

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


def test_the_ui_shows_the_graph_with_its_weeks(archive: CommandLine, tmp_path: Path) -> None:
    line = copy_of(archive, tmp_path)
    port = free_port()
    (line.surroundings / "cwd").mkdir(parents=True)
    with serving(
        [sys.executable, "-m", "pipeline.cli", "ui"],
        port,
        env=line.environment | {"TOKENTIDE_UI_PORT": str(port)},
        cwd=line.surroundings / "cwd",
    ) as address:
        nodes = {"/".join(node["assetKey"]["path"]): node for node in graphql(address, NODES)["assetNodes"]}
    countries = nodes["weekly/country_tokens"]
    assert countries["partitionKeys"][0] == "2024-12-30"
    assert len(countries["partitionKeys"]) > 93, "the archive's weeks, and those since"
    assert set(countries["kinds"]) == {"duckdb", "sql"}
    assert countries["groupName"] == "5_weekly"
    assert countries["assetMaterializations"] == [{"partition": "2026-10-05"}]
    assert "tokens_add_up" in {check["name"] for check in countries["assetChecksOrError"]["checks"]}
    assert nodes["publication"]["partitionKeys"] == []
    assert line.files_written_outside() == []
