"""Compiling the built-in archive: no figure changed, and the same figures give the same bytes."""

import hashlib
import json
from pathlib import Path

from building import shared_file

from pipeline.archive import ARCHIVE_DIRECTORY
from pipeline.archive.compile_usage import compile_usage
from warehouse.parsers import USAGE_ARCHIVE_FORMAT, parse_usage

CSV = "date,model_permaslug,total_tokens,extra\n2026-01-06,qwen/a,7,x\n2026-01-05,other,3,x\n2026-01-05,qwen/a,9,x\n"


def compile_text(text: str, tmp_path: Path) -> dict[str, object]:
    (tmp_path / "usage.csv").write_text(text)
    return compile_usage(tmp_path / "usage.csv", "2026-10-11T00:27:00Z", "a test", tmp_path)


def test_rows_are_sorted_and_described(tmp_path: Path) -> None:
    said = compile_text(CSV, tmp_path)
    body = (tmp_path / "usage.parquet").read_bytes()
    rows = [tuple(row.values())[1:] for row in parse_usage(body, USAGE_ARCHIVE_FORMAT).to_pylist()]
    assert rows == [("2026-01-05", "other", "3"), ("2026-01-05", "qwen/a", "9"), ("2026-01-06", "qwen/a", "7")]
    assert (said["rows"], said["days"], said["tokens"]) == (3, 2, 19)
    assert (said["sha256"], said["bytes"]) == (hashlib.sha256(body).hexdigest(), len(body))
    assert json.loads((tmp_path / "usage.json").read_text()) == said


def test_the_same_figures_in_another_order_give_the_same_bytes(tmp_path: Path) -> None:
    header, *lines = CSV.splitlines()
    reordered = "\n".join([header, *reversed(lines)]) + "\n"
    assert compile_text(CSV, tmp_path) == compile_text(reordered, tmp_path)


def test_the_public_history_compiles_to_the_built_in_archive(tmp_path: Path) -> None:
    history = shared_file("usage/rankings_daily_2025-01-01_2026-10-09.csv.gz")
    built_in = json.loads((ARCHIVE_DIRECTORY / "usage.json").read_text())
    said = compile_usage(history, built_in["as_of"], built_in["provenance"], tmp_path)
    # the bytes may differ with the version of pyarrow that wrote them; the rows may not
    written_by = {"sha256", "bytes"}
    assert {key: value for key, value in said.items() if key not in written_by} == {
        key: value for key, value in built_in.items() if key not in written_by
    }
    compiled = parse_usage((tmp_path / "usage.parquet").read_bytes(), USAGE_ARCHIVE_FORMAT)
    assert compiled == parse_usage((ARCHIVE_DIRECTORY / "usage.parquet").read_bytes(), USAGE_ARCHIVE_FORMAT)
