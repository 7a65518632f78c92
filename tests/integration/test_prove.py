"""`tokentide ingest` and `tokentide prove` on small snapshots: what is stored, rebuilt, compared and refused."""

import hashlib
import io
import json
from collections.abc import Collection
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from building import build_tables, origin, put_rows
from rich.console import Console

from pipeline.export_manifest import EXPORT_SOURCE, ManifestInvalid
from pipeline.ingest_file import FileUnreadable, ingest_export, print_ingestion
from pipeline.reports.prove import NothingToProve, ProofMisunderstood, print_proof
from pipeline.settings import Settings
from warehouse.contracts import CONTRACTS
from warehouse.database import connect, create_tables
from warehouse.errors import PublishedFileInvalid, SnapshotRejected
from warehouse.export_bytes import export_bytes
from warehouse.home import Home
from warehouse.parsers import EXPORT_FORMAT
from warehouse.snapshots import Snapshot, SnapshotStore

DATE = date(2026, 3, 1)
DAYS = [DATE - timedelta(days=before) for before in range(30, 0, -1)]
AS_OF = datetime(2026, 3, 1, 1, 46, 15, 433000)
LATER = AS_OF + timedelta(days=4)
FIGURES = [(day, model, 100 + number) for day in DAYS for number, model in enumerate(["a/x", "b/y:free", "other"])]
TABLES = ["raw.snapshots", "staging.snapshot_days", "staging.model_day_token_vintages"]


def manifest_text(body: bytes, day: date = DATE, as_of: datetime = AS_OF) -> str:
    """As OpenRouter publishes it beside the file."""
    csv = {"url": f"https://example.org/{day}.csv", "encoding_format": "text/csv", "bytes": len(body)}
    return json.dumps(
        {
            "dataset": "rankings-daily",
            "schema_version": "v1",
            "snapshot_date": str(day),
            "retrieved_at": f"{as_of.isoformat(timespec='milliseconds')}Z",
            "row_count": body.count(b"\n") - 1,
            "license": {"name": "CC BY 4.0", "url": "https://creativecommons.org/licenses/by/4.0/"},
            "attribution": "Source: a test.",
            "files": {"csv": csv | {"sha256": hashlib.sha256(body).hexdigest()}},
        }
    )


def write(directory: Path, body: bytes, manifest: str) -> tuple[Path, Path]:
    directory.mkdir(exist_ok=True)
    (directory / "export.csv").write_bytes(body)
    (directory / "export.manifest.json").write_text(manifest)
    return directory / "export.csv", directory / "export.manifest.json"


@pytest.fixture
def settings(home: Home) -> Settings:
    return Settings(home=home.path)


def ingest(home: Home, directory: Path, rows: Collection[tuple[date, str, int]] = FIGURES) -> Snapshot:
    body = export_bytes(rows)
    file, manifest = write(directory / "downloads", body, manifest_text(body))
    return ingest_export(Settings(home=home.path), file, manifest)[0]


def publish(home: Home) -> None:
    """As far as a proof needs it: the staged vintages of all stored snapshots."""
    home.published_file.unlink(missing_ok=True)
    with connect(home.published_file) as connection:
        create_tables(connection, CONTRACTS.values())
        build_tables(connection, home, tables=TABLES)


def prove(home: Home, *arguments: object, **options: object) -> tuple[int, str]:
    console = Console(file=io.StringIO(), width=80, color_system=None)
    exit_code = print_proof(console, home, *(arguments or (None,)), **options)  # type: ignore[arg-type]
    return exit_code, console.file.getvalue()  # type: ignore[attr-defined]


def object_of(home: Home, snapshot: Snapshot) -> Path:
    return home.raw / "objects" / snapshot.sha256[:2] / snapshot.sha256


class TestIngesting:
    def test_an_export_is_stored_with_its_manifest(self, home: Home, settings: Settings, tmp_path: Path) -> None:
        body = export_bytes(FIGURES)
        manifest = manifest_text(body)
        snapshot, is_new = ingest_export(settings, *write(tmp_path / "downloads", body, manifest))
        assert is_new
        assert SnapshotStore(home).snapshots() == [snapshot]
        assert SnapshotStore(home).read(snapshot) == body
        said = snapshot.origin
        assert (said.source, said.format, said.as_of_utc, said.provenance) == (
            EXPORT_SOURCE,
            EXPORT_FORMAT,
            AS_OF,
            manifest,
        )
        assert (said.url, said.license) == (f"https://example.org/{DATE}.csv", "CC BY 4.0")
        assert "as of 2026-03-01T01:46:15Z" in said.citation

    def test_the_same_export_twice_is_one_observation_and_mends_it(self, home: Home, tmp_path: Path) -> None:
        snapshot = ingest(home, tmp_path)
        object_of(home, snapshot).write_bytes(b"broken")
        assert ingest(home, tmp_path) == snapshot
        assert SnapshotStore(home).snapshots() == [snapshot]
        assert SnapshotStore(home).read(snapshot) == export_bytes(FIGURES)

    @pytest.mark.parametrize("spoil", [lambda body: body[:-1], lambda body: body.replace(b"100", b"101", 1)])
    def test_a_file_that_is_not_its_manifests_is_refused(
        self, home: Home, settings: Settings, tmp_path: Path, spoil: object
    ) -> None:
        body = export_bytes(FIGURES)
        file, manifest = write(tmp_path / "downloads", spoil(body), manifest_text(body))  # type: ignore[operator]
        with pytest.raises(SnapshotRejected, match=r"(bytes|sha256 is .*), its manifest says") as caught:
            ingest_export(settings, file, manifest)
        assert str(caught.value).startswith(f"{file} is not what was published")
        assert f"the file that {manifest} was published with" in str(caught.value)
        assert SnapshotStore(home).snapshots() == []

    def test_a_number_of_rows_that_its_hash_belies_is_told_and_the_file_taken(
        self, home: Home, settings: Settings, tmp_path: Path
    ) -> None:
        body = export_bytes(FIGURES)
        text = manifest_text(body).replace('"row_count": 90', '"row_count": 91')
        console = Console(file=io.StringIO(), width=80, color_system=None)
        file, manifest = write(tmp_path / "downloads", body, text)
        print_ingestion(console, settings, file, manifest)
        assert f"Warning: {file} has 90 rows, though its manifest says 91" in console.file.getvalue()  # type: ignore[attr-defined]
        assert len(SnapshotStore(home).snapshots()) == 1

    @pytest.mark.parametrize(
        ("manifest", "said"),
        [
            ("{", "Invalid JSON"),
            ('{"dataset": "rankings-daily"}', "schema_version: Field required"),
            (manifest_text(b"").replace("rankings-daily", "benchmark-runs"), "dataset: Input should be"),
            (manifest_text(b"").replace("433Z", "433"), "retrieved_at: Input should have timezone"),
        ],
    )
    def test_what_is_no_manifest_is_named(self, settings: Settings, tmp_path: Path, manifest: str, said: str) -> None:
        with pytest.raises(ManifestInvalid, match=said):
            ingest_export(settings, *write(tmp_path / "downloads", b"", manifest))

    def test_files_that_are_not_there_are_named(self, settings: Settings, tmp_path: Path) -> None:
        file, manifest = write(tmp_path / "downloads", b"", manifest_text(b""))
        with pytest.raises(FileUnreadable, match=r"missing\.csv"):
            ingest_export(settings, tmp_path / "missing.csv", manifest)
        with pytest.raises(ManifestInvalid, match=r"missing\.json"):
            ingest_export(settings, file, tmp_path / "missing.json")


class TestStoredExport:
    def test_it_is_lossless(self, home: Home, tmp_path: Path) -> None:
        ingest(home, tmp_path)
        publish(home)
        exit_code, text = prove(home)
        assert exit_code == 0
        assert "Export of 2026-03-01: lossless: 90 figures equal the published file" in text
        assert "(says the published manifest, kept with it)" in text
        assert "No other snapshot speaks of these days" in text
        assert prove(home, DATE)[0] == 0

    def test_without_a_manifest_the_hash_on_arrival_counts_and_is_said_to(self, home: Home) -> None:
        SnapshotStore(home).put(export_bytes(FIGURES), origin(AS_OF, body_format=EXPORT_FORMAT))
        publish(home)
        exit_code, text = prove(home, DATE)
        assert exit_code == 0
        assert "(says its sidecar: the hash on arrival, as no manifest was kept with it)" in text

    def test_what_another_snapshot_says_is_counted_apart(self, home: Home, tmp_path: Path) -> None:
        ingest(home, tmp_path)
        changed = [(day, model, tokens + 7 * (day == DAYS[0] and model == "a/x")) for day, model, tokens in FIGURES]
        others = [(day, "new/z" if (day, model) == (DAYS[1], "a/x") else model, n) for day, model, n in changed]
        put_rows(home, [row for row in others if row[0] != DAYS[2]], LATER)
        publish(home)
        exit_code, text = prove(home)
        assert exit_code == 0
        assert "85 of 90 figures are confirmed by another snapshot: test-source as of 2026-03-05 01:46 UTC" in text
        assert "3 are of days of which no other snapshot speaks" in text
        assert "3 differ:" in text
        lines = [line.split() for line in text.splitlines()]
        assert [str(DAYS[0]), "a/x", "100", "107", "+7"] in lines
        assert [str(DAYS[1]), "a/x", "100", "-", "-"] in lines
        assert [str(DAYS[1]), "new/z", "-", "100", "-"] in lines

    def test_the_same_file_fetched_again_confirms_nothing(self, home: Home, tmp_path: Path) -> None:
        snapshot = ingest(home, tmp_path)
        again = replace(snapshot.origin, fetched_at_utc=snapshot.origin.fetched_at_utc + timedelta(hours=1))
        SnapshotStore(home).put(export_bytes(FIGURES), again)
        publish(home)
        assert "No other snapshot speaks of these days" in prove(home)[1]

    @pytest.mark.parametrize("position", [0, 500, -1])
    def test_one_byte_changed_is_corrupt(self, home: Home, tmp_path: Path, position: int) -> None:
        snapshot = ingest(home, tmp_path)
        publish(home)
        body = bytearray(object_of(home, snapshot).read_bytes())
        body[position] ^= 1
        object_of(home, snapshot).write_bytes(body)
        exit_code, text = prove(home)
        assert exit_code == 1
        assert text.startswith(f"corrupt: Snapshot {snapshot.snapshot_id} is corrupted")
        assert "lossless" not in text

    def test_a_staged_figure_that_was_lost_or_changed_is_found(self, home: Home, tmp_path: Path) -> None:
        ingest(home, tmp_path)
        publish(home)
        with connect(home.published_file) as connection:
            connection.execute(
                f"UPDATE staging.model_day_token_vintages SET tokens = tokens + 1 WHERE date = '{DAYS[0]}' "
                "AND model_permaslug = 'b/y:free'"
            )
        exit_code, text = prove(home)
        assert exit_code == 1
        assert "differs: 90 figures do not give the published file" in text
        assert "first difference in line 2: " in text

    def test_a_day_that_was_not_staged_is_named(self, home: Home, tmp_path: Path) -> None:
        ingest(home, tmp_path, [*FIGURES[:-3], (DAYS[-1], "nobody", 100), *FIGURES[-2:]])
        publish(home)
        exit_code, text = prove(home)
        assert exit_code == 1
        assert f"not staged: {DAYS[-1]}: quarantined: row 89: model_permaslug is not author/model: nobody" in text

    def test_a_hash_of_ones_own_is_what_counts(self, home: Home, tmp_path: Path) -> None:
        snapshot = ingest(home, tmp_path)
        publish(home)
        assert prove(home, DATE, sha256=snapshot.sha256.upper())[0] == 0
        exit_code, text = prove(home, DATE, sha256="0" * 64)
        assert exit_code == 1
        assert f"the rebuilt file is the stored one to the byte; that one has the sha256 {snapshot.sha256}" in text

    def test_a_snapshot_that_is_not_built_yet_is_nothing_to_prove(self, home: Home, tmp_path: Path) -> None:
        put_rows(home, FIGURES, LATER)
        publish(home)
        ingest(home, tmp_path)
        with pytest.raises(NothingToProve, match=r"made without it(.|\n)*tokentide run") as refused:
            prove(home)
        assert refused.value.exit_code == 3

    def test_without_a_published_file_there_is_none_to_prove(self, home: Home, tmp_path: Path) -> None:
        ingest(home, tmp_path)
        with pytest.raises(PublishedFileInvalid, match="tokentide run"):
            prove(home)


class TestUnstoredExport:
    def test_from_other_snapshots_only_the_hash_is_spoken_of(self, home: Home, tmp_path: Path) -> None:
        put_rows(home, FIGURES, LATER)
        publish(home)
        body = export_bytes(FIGURES)
        _, manifest = write(tmp_path / "downloads", body, manifest_text(body))
        for options in ({"sha256": hashlib.sha256(body).hexdigest()}, {"manifest_file": manifest}):
            exit_code, text = prove(home, DATE, **options)
            assert exit_code == 0
            assert "Export of 2026-03-01: hash equals" in text
            assert "lossless" not in text
            assert "30 days are as they were stated later" in text
        assert prove(home, None, manifest_file=manifest)[0] == 0

    def test_the_statement_nearest_to_the_export_counts(self, home: Home) -> None:
        before = [(day, model, tokens) for day, model, tokens in FIGURES if day < DAYS[-1]]
        put_rows(home, [(day, model, tokens + 1) for day, model, tokens in before], AS_OF - timedelta(hours=30))
        put_rows(home, before, AS_OF - timedelta(hours=20))
        put_rows(home, FIGURES, LATER)
        put_rows(home, [(day, model, tokens + 2) for day, model, tokens in FIGURES], LATER + timedelta(days=1))
        publish(home)
        exit_code, text = prove(home, DATE, sha256=hashlib.sha256(export_bytes(FIGURES)).hexdigest())
        assert exit_code == 0
        assert "1 days are as they were stated later" in text

    def test_a_restated_figure_makes_another_hash(self, home: Home) -> None:
        put_rows(home, FIGURES, LATER)
        publish(home)
        exit_code, text = prove(home, DATE, sha256="0" * 64)
        assert exit_code == 1
        assert "Export of 2026-03-01: hash differs" in text

    @pytest.mark.parametrize(
        ("rows", "asked", "said"),
        [
            (FIGURES, None, "No export is stored"),
            (FIGURES, DATE, "no hash to compare"),
            (FIGURES[3:], DATE, r"lack 1 of its 30 days \(2026-01-30\)"),
            (FIGURES, DATE + timedelta(days=40), r"lack 30 of its 30 days"),
        ],
    )
    def test_what_is_missing_is_said(self, home: Home, rows: list, asked: date | None, said: str) -> None:
        put_rows(home, rows, LATER)
        publish(home)
        with pytest.raises(NothingToProve, match=said) as refused:
            prove(home, asked)
        assert "tokentide ingest FILE --manifest MANIFEST" in refused.value.next_step

    def test_questions_that_contradict_themselves_are_refused(self, home: Home, tmp_path: Path) -> None:
        _, manifest = write(tmp_path / "downloads", b"", manifest_text(b""))
        with pytest.raises(ProofMisunderstood, match="that of 2026-03-01, asked for is 2026-03-02"):
            prove(home, date(2026, 3, 2), manifest_file=manifest)
        with pytest.raises(ProofMisunderstood, match="no sha256"):
            prove(home, DATE, sha256="abc")
