"""Editions: what a published file says of itself, whether its content is still what was published, and past ones."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import date, datetime
from pathlib import Path

import duckdb

from warehouse.contracts import CONTRACTS, Build, Contract
from warehouse.database import connect, fetch_one
from warehouse.errors import LockHeld, PublishedFileInvalid
from warehouse.hashing import hash_texts, row_hash_sql
from warehouse.home import Home

# What the content hash covers: every table of figures. Check results, builds and the edition itself are not figures.
HASHED_CONTRACTS: list[Contract] = [
    contract
    for contract in CONTRACTS.values()
    if contract.build is not Build.VIEW and contract.schema_name != "checks" and contract.name != "main.edition"
]


@dataclass(frozen=True)
class Edition:
    """The row of `main.edition`. Instants are UTC."""

    edition: str
    published_at_utc: datetime
    newest_as_of_utc: datetime
    first_week_start: date
    last_week_start: date
    weeks: int
    software_version: str
    code_version: str
    raw_hash: str
    reference_hash: str
    content_hash: str
    known_at_utc: datetime | None
    citation: str


def content_hash(connection: duckdb.DuckDBPyConnection) -> str:
    """Hash over all figures of the connected file."""
    hashes = []
    for contract in HASHED_CONTRACTS:
        row_hash = fetch_one(connection, f"SELECT {row_hash_sql(contract)} FROM {contract.name}")[0]
        hashes.append(f"{contract.name} {row_hash}")
    return hash_texts(hashes)[:32]


def read_edition(connection: duckdb.DuckDBPyConnection) -> Edition:
    """Raises PublishedFileInvalid where the connected file holds no edition, or that of another version's columns."""
    names = ", ".join(field.name for field in fields(Edition))
    try:
        return Edition(*fetch_one(connection, f"SELECT {names} FROM main.edition"))
    except (duckdb.CatalogException, duckdb.BinderException, IndexError) as error:
        raise PublishedFileInvalid(
            "The file holds no edition of this version of tokentide.", "publish one: `tokentide run`."
        ) from error


def write_checksum(home: Home, file: Path) -> None:
    """Notes the sha256 of the file that is about to be published, in the form of `sha256sum`."""
    home.published_checksum.write_text(f"{_sha256(file)}  {home.published_file.name}\n")


def is_as_published(home: Home) -> bool:
    """Whether the published file has, byte for byte, what was published: figures, views, comments, edition."""
    try:
        noted = home.published_checksum.read_text().split()[0]
    except (OSError, IndexError):
        return False
    return noted == _sha256(home.published_file)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def open_published(home: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published file, read-only.

    Raises PublishedFileInvalid where there is none, or where a stranger's write-ahead log lies beside it: DuckDB
    would mix that log's figures into ours, even for reading.
    """
    if not home.published_file.exists():
        raise PublishedFileInvalid(
            f"There is no published file yet: {home.published_file}.", "make one: `tokentide run`."
        )
    if home.published_wal.exists():
        raise foreign_wal(home)
    try:
        connection = connect(home.published_file, read_only=True)
    except LockHeld as error:
        raise LockHeld(
            str(error).split("\n")[0], "close that session, or have it open the file with read_only (-readonly)."
        ) from error
    try:
        yield connection
    finally:
        connection.close()


def foreign_wal(home: Home) -> PublishedFileInvalid:
    return PublishedFileInvalid(
        f"A foreign write-ahead log lies beside the published file: {home.published_wal}. Someone opened the file for "
        "writing; what they wrote would appear among the published figures.",
        "`tokentide run` removes it; or delete it yourself. Open the file with -readonly to leave none.",
    )


def edition_path(home: Home, edition: str) -> Path:
    """Where a kept edition is. Raises PublishedFileInvalid with the ones that are kept."""
    path = home.editions / f"{edition}.duckdb"
    if not path.exists():
        kept = ", ".join(kept_editions(home)) or "none"
        raise PublishedFileInvalid(f"No edition {edition} is kept.", f"choose one of: {kept}.")
    return path


def kept_editions(home: Home) -> list[str]:
    """Names of the kept editions, oldest publication first."""
    paths = sorted(home.editions.glob("*.duckdb"), key=lambda path: (path.stat().st_mtime_ns, path.name))
    return [path.stem for path in paths]
