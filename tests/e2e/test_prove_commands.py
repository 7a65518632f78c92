"""`tokentide ingest` and `tokentide prove` as a person types them: from a downloaded file to its proof."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from command_line import CommandLine, copy_of
from conftest import WEEKS
from snapshots_of_faults import archive_rows

from warehouse.export_bytes import export_bytes


@dataclass(frozen=True)
class Downloads:
    """An export as it could have been published on 2026-02-19, one figure of it restated in the archive."""

    file: Path
    manifest: Path
    sha256: str


@pytest.fixture(scope="module")
def downloads(tmp_path_factory: pytest.TempPathFactory) -> Downloads:
    directory = tmp_path_factory.mktemp("downloads")
    [(day, model, tokens), *rows] = archive_rows("2026-01-20", "2026-02-18")
    body = export_bytes([(day, model, tokens + 1000), *rows])
    sha256 = hashlib.sha256(body).hexdigest()
    (directory / "2026-02-19.csv").write_bytes(body)
    manifest = {
        "schema_version": "v1",
        "dataset": "rankings-daily",
        "row_count": body.count(b"\n") - 1,
        "snapshot_date": "2026-02-19",
        "retrieved_at": "2026-02-19T01:46:15.433Z",
        "license": {"name": "CC BY 4.0", "url": "https://creativecommons.org/licenses/by/4.0/"},
        "files": {"csv": {"url": "https://example.org/2026-02-19.csv", "bytes": len(body), "sha256": sha256}},
    }
    (directory / "2026-02-19.manifest.json").write_text(json.dumps(manifest))
    return Downloads(directory / "2026-02-19.csv", directory / "2026-02-19.manifest.json", sha256)


@pytest.fixture(scope="module")
def proven(three_weeks: CommandLine, downloads: Downloads, tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    """Three weeks, and the export ingested and built. Read only."""
    line = copy_of(three_weeks, tmp_path_factory.mktemp("proven"))
    ingested = line("ingest", str(downloads.file), "--manifest", str(downloads.manifest))
    assert ingested.exit_code == 0, ingested.text
    assert ingested.stdout.startswith("Stored: openrouter-rankings-export/")
    early = line("prove")
    assert early.exit_code == 3
    assert "made without it" in early.stderr
    outcome = line("run", "--weeks", WEEKS)
    assert outcome.exit_code == 0, outcome.text
    return line


def test_a_downloaded_export_is_proven(proven: CommandLine, downloads: Downloads) -> None:
    for arguments in ((), ("2026-02-19",), ("--manifest", str(downloads.manifest)), ("--sha256", downloads.sha256)):
        outcome = proven("prove", *arguments)
        assert outcome.exit_code == 0, outcome.text
        assert "Export of 2026-02-19: lossless: 1,530 figures equal the published file" in outcome.stdout
        assert "1,529 of 1,530 figures are confirmed by another snapshot: openrouter-rankings-daily" in outcome.stdout
        assert "-1,000" in outcome.stdout
    assert proven.files_written_outside() == []


def test_what_it_restates_can_be_asked_for(proven: CommandLine) -> None:
    assert proven.query("SELECT date, rows_changed, tokens_after - tokens_before AS change FROM restated_days") == [
        (archive_rows("2026-01-20", "2026-01-20")[0][0], 1, -1000)
    ]
    assert proven("verify").exit_code == 0


def test_ingesting_it_again_adds_nothing(proven: CommandLine, downloads: Downloads, tmp_path: Path) -> None:
    line = copy_of(proven, tmp_path)
    outcome = line("ingest", str(downloads.file), "--manifest", str(downloads.manifest))
    assert outcome.exit_code == 0
    assert outcome.stdout.startswith("Already stored: ")
    assert "Nothing to do" in line("run", "--weeks", WEEKS).stdout


def test_a_changed_byte_is_corrupt_and_can_be_mended(proven: CommandLine, downloads: Downloads, tmp_path: Path) -> None:
    line = copy_of(proven, tmp_path)
    stored = line.home.raw / "objects" / downloads.sha256[:2] / downloads.sha256
    body = stored.read_bytes()
    stored.write_bytes(body[:-3] + bytes([body[-3] ^ 1]) + body[-2:])
    outcome = line("prove")
    assert outcome.exit_code == 1
    assert outcome.stdout.startswith("corrupt: ")
    assert line("ingest", str(downloads.file), "--manifest", str(downloads.manifest)).exit_code == 0
    assert line("prove").exit_code == 0


def test_an_export_that_is_not_stored_is_proven_by_its_hash_alone(proven: CommandLine) -> None:
    sha256 = hashlib.sha256(export_bytes(archive_rows("2026-03-02", "2026-03-31"))).hexdigest()
    equal = proven("prove", "2026-04-01", "--sha256", sha256)
    assert (equal.exit_code, "hash equals" in equal.stdout) == (0, True)
    different = proven("prove", "2026-04-01", "--sha256", "0" * 64)
    assert (different.exit_code, "hash differs" in different.stdout) == (1, True)


def test_an_altered_download_is_refused(proven: CommandLine, downloads: Downloads, tmp_path: Path) -> None:
    altered = tmp_path / "altered.csv"
    altered.write_bytes(downloads.file.read_bytes().replace(b"2026-01-20", b"2026-01-19", 1))
    outcome = proven("ingest", str(altered), "--manifest", str(downloads.manifest))
    assert outcome.exit_code == 3
    assert f"{altered} is not what was published" in outcome.stderr
    assert "What to do: " in outcome.stderr


@pytest.mark.parametrize(
    ("arguments", "exit_code", "said"),
    [
        (("prove",), 3, "No export is stored"),
        (("prove", "2026-04-01"), 3, "no hash to compare"),
        (("prove", "2024-04-01"), 3, "lack 30 of its 30 days"),
        (("prove", "April"), 2, "April"),
        (("prove", "2026-04-01", "--sha256", "abc"), 2, "no sha256"),
        (("ingest", "missing.csv", "--manifest", "missing.json"), 3, "missing.json"),
        (("ingest", "missing.csv"), 2, "--manifest"),
    ],
)
def test_what_cannot_be_done_says_why(
    three_weeks: CommandLine, arguments: tuple[str, ...], exit_code: int, said: str
) -> None:
    outcome = three_weeks(*arguments)
    assert outcome.exit_code == exit_code, outcome.text
    assert said in outcome.stderr
    assert "Traceback" not in outcome.stderr
