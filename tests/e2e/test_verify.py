"""`tokentide verify`: green on what was published, red on whatever was altered since. A foreign log: test_faults.py."""

import json
import re
from pathlib import Path

import duckdb
from command_line import CommandLine, Outcome, copy_of


def test_what_was_published_holds(three_weeks: CommandLine) -> None:
    outcome = three_weeks("verify")
    assert outcome.exit_code == 0, outcome.text
    edition = three_weeks.query("SELECT edition FROM main.edition")[0][0]
    assert f"holds  the file is what was published as {edition}" in outcome.stdout.replace("holds   ", "holds  ")
    assert "every snapshot is stored whole, as the published file names it (4)" in outcome.stdout
    assert "the publication gate is green" in outcome.stdout
    assert "FAILED" not in outcome.stdout
    assert three_weeks.files_written_outside() == []


def alter_a_figure(line: CommandLine) -> None:
    with duckdb.connect(str(line.home.published_file)) as published:
        published.execute("UPDATE weekly.country_tokens SET tokens = tokens + 1 WHERE country_code = 'CN'")
        published.execute("CHECKPOINT")


def test_an_altered_figure_is_found(line: CommandLine) -> None:
    alter_a_figure(line)
    outcome = line("verify")
    assert outcome.exit_code == 1
    assert "FAILED  the file is what was published" in outcome.stdout
    assert "FAILED  weekly.country_tokens passes its suite" in outcome.stdout
    assert "tokens_add_up failed" in outcome.stdout
    assert "Publish anew: `tokentide run`." in outcome.stdout


def test_each_damaged_snapshot_is_found(later_week: tuple[CommandLine, Outcome], tmp_path: Path) -> None:
    line = copy_of(later_week[0], tmp_path)
    sidecars = sorted((line.home.raw / "sidecars").rglob("*.json"))
    altered, truncated, removed, without_sidecar = (json.loads(path.read_text()) for path in sidecars[:4])
    body = object_of(line, altered).read_bytes()
    object_of(line, altered).write_bytes(body[:-1] + bytes([body[-1] ^ 1]))
    object_of(line, truncated).write_bytes(object_of(line, truncated).read_bytes()[:1000])
    object_of(line, removed).unlink()
    sidecars[3].unlink()

    outcome = line("verify")
    assert outcome.exit_code == 1
    assert "FAILED  every snapshot is stored whole, as the published file names it (7)" in outcome.stdout
    for snapshot, problem in (
        (altered, "its bytes do not hash to its name"),
        (truncated, "it has 1000 bytes instead of"),
        (removed, "it is missing"),
        (without_sidecar, "its sidecar is missing"),
    ):
        assert re.search(rf"{re.escape(snapshot['snapshot_id'])}.*{problem}", outcome.stdout), problem


def object_of(line: CommandLine, sidecar: dict[str, str]) -> Path:
    return line.home.raw / "objects" / sidecar["sha256"][:2] / sidecar["sha256"]
