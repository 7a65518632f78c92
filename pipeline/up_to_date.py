"""Whether a run has anything to do: compares what the published file was made from with what is at hand now."""

from datetime import date

import duckdb

from pipeline.archive import BuiltInArchive
from warehouse.editions import is_as_published, open_published, read_edition
from warehouse.errors import PublishedFileInvalid, TokentideError
from warehouse.hashing import code_version, raw_hash, reference_hash
from warehouse.home import Home
from warehouse.reference_files import REFERENCE_DIRECTORY
from warehouse.snapshots import SnapshotStore
from warehouse.version import SOFTWARE_VERSION


def is_up_to_date(home: Home, first: date, last: date) -> bool:
    """True where the published file has every week of the span that has figures, from these very snapshots,
    reference files and code, and its content is what was published."""
    try:
        store = SnapshotStore(home)
        snapshots = store.snapshots()
        for snapshot in snapshots:
            store.read(snapshot)  # a broken object is work to do: the archive's is restored, another is named
        hashes = {snapshot.sha256 for snapshot in snapshots}
        hashes |= {sha256 for _, _, sha256 in BuiltInArchive().observations()}
        with open_published(home) as published:
            edition = read_edition(published)
            made_from = (edition.raw_hash, edition.reference_hash, edition.code_version, edition.software_version)
            at_hand = (raw_hash(hashes), reference_hash(REFERENCE_DIRECTORY), code_version(), SOFTWARE_VERSION)
            return (
                made_from == at_hand
                and not _weeks(published, "SELECT week_start FROM main.held_back_weeks")
                and _weeks_with_figures(published, first, last)
                <= _weeks(published, "SELECT week_start FROM main.weeks")
                and is_as_published(home)
            )
    except (TokentideError, duckdb.Error):
        return False


def unpublished_snapshots_hash(home: Home) -> str | None:
    """Hash over the stored snapshots where the published file was made from others, or there is none; else None.

    Only identities are compared, so that a sensor can ask often. Raises LockHeld.
    """
    stored = raw_hash(snapshot.sha256 for snapshot in SnapshotStore(home).snapshots())
    try:
        with open_published(home) as published:
            return None if read_edition(published).raw_hash == stored else stored
    except PublishedFileInvalid:
        return stored


def _weeks_with_figures(published: duckdb.DuckDBPyConnection, first: date, last: date) -> set[date]:
    staged = _weeks(published, "SELECT DISTINCT week_start FROM staging.snapshot_days WHERE status = 'staged'")
    return {week for week in staged if first <= week <= last}


def _weeks(published: duckdb.DuckDBPyConnection, sql: str) -> set[date]:
    return {row[0] for row in published.execute(sql).fetchall()}
