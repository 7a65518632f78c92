"""Hashes that answer "did anything change?": of table rows, of code, of reference files, of the raw snapshots."""

import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from warehouse.contracts import Contract

# When and from which observation a figure came may differ between builds that agree on every figure.
_TIMES_OF_OBSERVATION = {
    *("snapshot_id", "earlier_snapshot_id", "later_snapshot_id"),
    *("fetched_at_utc", "published_at_utc", "held_back_at_utc"),
}
_HOUSE = Path(__file__).parent.parent
_TABLE_MAKING_FOLDERS = ("warehouse", "checks", "assets")


def row_hash_sql(contract: Contract) -> str:
    """An aggregate over rows that does not depend on their order, in constant memory: the sums of both halves of
    each row's MD5 (sums, as an exclusive-or would let two equal rows cancel each other)."""
    columns = ", ".join(
        f'coalesce(CAST("{name}" AS VARCHAR), chr(30))'
        for name in contract.column_names
        if name not in _TIMES_OF_OBSERVATION
    )
    row = f"concat_ws(chr(31), {columns})"
    return (
        f"format('{{:x}}-{{:x}}', coalesce(sum(md5_number_upper({row})), 0::HUGEINT), "
        f"coalesce(sum(md5_number_lower({row})), 0::HUGEINT))"
    )


def hash_texts(texts: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for text in texts:
        digest.update(text.encode() + b"\x1f")
    return digest.hexdigest()


def hash_files(paths: Iterable[Path], root: Path) -> str:
    """Over names and contents, with line ends as in the repository."""
    texts: list[str] = []
    for path in sorted(paths):
        texts += [path.relative_to(root).as_posix(), path.read_bytes().replace(b"\r\n", b"\n").hex()]
    return hash_texts(texts)


@cache
def code_version() -> str:
    """Hash of the code that makes tables: Python and SQL of warehouse, checks and assets."""
    files = [
        path
        for folder in _TABLE_MAKING_FOLDERS
        for path in (_HOUSE / folder).rglob("*")
        if path.suffix in {".py", ".sql"}
    ]
    return hash_files(files, _HOUSE)[:16]


def reference_hash(directory: Path) -> str:
    """Hash of the curated reference files."""
    return hash_files(directory.rglob("*.csv"), directory)[:16]


def raw_hash(sha256s: Iterable[str]) -> str:
    """Hash over the set of snapshots."""
    return hash_texts(sorted(set(sha256s)))[:16]
