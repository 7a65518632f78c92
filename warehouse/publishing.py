"""The publisher: the gate over the whole working file, then a fresh file that replaces the old one atomically.

Readers never block it: whoever has the old file open keeps its old state. A write-ahead log that a stranger's session
left beside the published file is removed before the new one takes its place.
"""

import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
from filelock import FileLock

from warehouse.builds import load_current_inputs, made_from_reference_hash, note_build
from warehouse.contracts import CONTRACTS, Build, Contract
from warehouse.database import STORAGE_VERSION, comment_on, connect, create_tables, fetch_one, select_sql
from warehouse.editions import (
    Edition,
    content_hash,
    edition_path,
    is_as_published,
    kept_editions,
    open_published,
    read_edition,
    write_checksum,
)
from warehouse.errors import ChecksFailed, PublishedFileInvalid, TokentideError
from warehouse.hashing import code_version, raw_hash
from warehouse.hold_back import note_held_back
from warehouse.home import Home
from warehouse.parsers import PRICE_PARSERS
from warehouse.results import GATE, CheckResult, store_results
from warehouse.version import SOFTWARE_VERSION

# Checks the whole working file, one row of measures a week.
GateValidator = Callable[[duckdb.DuckDBPyConnection], list[CheckResult]]
# Checks tables and views as they stand in the new file.
StoredValidator = Callable[[duckdb.DuckDBPyConnection, Sequence[Contract]], list[CheckResult]]

# A server on this machine, such as `tokentide dev-server`, is not OpenRouter, whatever it calls itself.
_IS_OF_THIS_MACHINE = r"regexp_matches(url, '^http://(127\.0\.0\.1|localhost|\[::1\])[:/]')"
# Checks of the gate that say of a week that it is half built, or built from what is no longer at hand.
_MENDED_BY_BUILDING = {"all_layers_are_built", "rows_are_made_from_what_is_at_hand"}
_NOT_FOR_QUOTING = "Not for quoting: some figures come from a server on this machine, such as one that invents them. "


@dataclass(frozen=True)
class Publication:
    """What publishing did. `is_new` is false where the published file already held exactly these figures."""

    edition: Edition
    is_new: bool
    results: list[CheckResult]
    held_back: list[date]


def publish(
    connection: duckdb.DuckDBPyConnection,
    home: Home,
    validate_gate: GateValidator,
    validate_stored: StoredValidator,
    hold_back: Iterable[date],
    editions_to_keep: int,
    known_at_utc: datetime | None = None,
) -> Publication:
    """Publishes the working file if its gate is green, or held back by a person's word where it is not.

    `known_at_utc` is noted in the edition of a file that shows what was known at a past instant.

    Raises ChecksFailed, with the published file as it was.
    """
    _remember_published_weeks(connection, home)
    load_current_inputs(connection, code_version())
    results = validate_gate(connection)
    store_results(connection, GATE, results, None)
    failed = _failed_results(connection)
    held_back = note_held_back(connection, frozenset(hold_back), failed)
    # with weeks held back, the gate is asked again of what will stand in their place
    _refuse([r for r in failed if r.week_start not in held_back and not (held_back and r.table_name == GATE)], home)
    new_path = home.new_file
    _remove(new_path)
    try:
        with _new_file(connection, new_path) as working:
            _copy_tables(connection, working)
            if held_back:
                _keep_published_weeks(connection, home, held_back)
                load_current_inputs(connection, code_version())
                results = validate_gate(connection)
                store_results(connection, GATE, results, None)
                _refuse([r for r in _failed_results(connection) if r.week_start not in held_back], home)
            _cite(connection)
            edition = _make_edition(connection, known_at_utc)
            _check_published_tables(connection, validate_stored)
        is_new = not _is_published(home, edition)
        if is_new:
            _replace(home, new_path, edition, editions_to_keep)
    finally:
        _remove(new_path)
    return Publication(edition, is_new, results, sorted(held_back))


def _remember_published_weeks(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    """Weeks and days that the published file has, for the check that coverage does not shrink."""
    weeks: list[tuple[date, int]] = []
    if home.published_file.exists():
        # a stranger's log beside it is not ours to read: it goes first
        _remove(home.published_wal)
        # the kept copy stands in for a published file that someone has open, or has damaged
        for path in (home.published_file, *(edition_path(home, name) for name in kept_editions(home)[-1:])):
            try:
                with closing(connect(path, read_only=True)) as published:
                    weeks = published.execute("SELECT week_start, days_observed FROM weekly.weeks").fetchall()
                break
            except (TokentideError, duckdb.Error):
                continue
    connection.execute("CREATE OR REPLACE TEMP TABLE published_before (week_start DATE, days INTEGER)")
    if weeks:
        connection.executemany("INSERT INTO published_before VALUES (?, ?)", weeks)


def _failed_results(connection: duckdb.DuckDBPyConnection) -> list[CheckResult]:
    rows = connection.execute(
        "SELECT table_name, week_start, check_name, severity, outcome, observed_value, expected, description "
        "FROM checks.results WHERE outcome = 'failed' ORDER BY week_start, table_name, check_name"
    ).fetchall()
    return [CheckResult(*row) for row in rows]


def _what_to_build(failed: list[CheckResult]) -> str:
    """The weeks that only have to be built anew, as where somebody has built some of the tables alone."""
    weeks = sorted({r.week_start for r in failed if r.check_name in _MENDED_BY_BUILDING and r.week_start is not None})
    if not weeks:
        return ""
    span = str(weeks[0]) if len(weeks) == 1 else f"{weeks[0]}..{weeks[-1]}"
    return f"build {span} anew: `tokentide run --weeks {span}`, or launch these weeks in Dagster's UI; else "


def _refuse(failed: list[CheckResult], home: Home) -> None:
    if failed:
        raise ChecksFailed(
            "Nothing was published: the gate is not green.\n" + "\n".join(f"  {result}" for result in failed[:10]),
            f"{_what_to_build(failed)}correct the cause and run again, or leave a week as it was: "
            f"`tokentide run --hold-back WEEK`. Rejected rows and reasons: {home.quarantine}.",
            failed,
        )


@contextmanager
def _new_file(connection: duckdb.DuckDBPyConnection, path: Path) -> Iterator[str]:
    """A fresh file with every table and view of the contracts, in use; gives the name of the working file's catalog."""
    working = str(fetch_one(connection, "SELECT current_database()")[0])
    connection.execute(f"ATTACH '{_quoted(path)}' AS publication (STORAGE_VERSION '{STORAGE_VERSION}')")
    try:
        connection.execute("USE publication")
        create_tables(connection, CONTRACTS.values())
        comment_on(connection, CONTRACTS.values())
        yield working
    finally:
        connection.execute(f"USE {working}")
        connection.execute("DETACH publication")


def _copy_tables(connection: duckdb.DuckDBPyConnection, working: str) -> None:
    for contract in CONTRACTS.values():
        if contract.build is not Build.VIEW:
            connection.execute(f"INSERT INTO {contract.name} BY NAME SELECT * FROM {working}.{contract.name}")


def _keep_published_weeks(connection: duckdb.DuckDBPyConnection, home: Home, held_back: frozenset[date]) -> None:
    """Puts the published rows of held-back weeks in place of the working file's, in every layer, and derives anew what
    looks across weeks: the layers of a week in the file always belong together."""
    weeks = sorted(held_back)
    by_week = [
        contract for contract in CONTRACTS.values() if contract.build is Build.WEEKS or contract.name == "checks.builds"
    ]
    for contract in by_week:
        connection.execute(f"DELETE FROM {contract.name} WHERE list_contains(?, week_start)", [weeks])
    if home.published_file.exists():
        connection.execute(f"ATTACH '{_quoted(home.published_file)}' AS published_before_now (READ_ONLY)")
        try:
            for contract in by_week:
                connection.execute(
                    f"INSERT INTO {contract.name} BY NAME SELECT * FROM published_before_now.{contract.name} "
                    "WHERE list_contains(?, week_start)",
                    [weeks],
                )
        finally:
            connection.execute("DETACH published_before_now")
    for contract in CONTRACTS.values():
        if contract.build is Build.DERIVED:
            order = ", ".join(contract.key)
            connection.execute(f"DELETE FROM {contract.name}")
            connection.execute(f"INSERT INTO {contract.name} BY NAME {select_sql(contract)} ORDER BY {order}")
            note_build(connection, contract, None)


def _cite(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("DELETE FROM main.citations")
    connection.execute(
        "INSERT INTO main.citations BY NAME "
        f"SELECT source, CASE WHEN bool_or({_IS_OF_THIS_MACHINE}) THEN ? ELSE '' END "
        "|| max_by(citation, as_of_utc) AS citation, license, license_url, max(as_of_utc) AS newest_as_of_utc "
        "FROM raw.snapshots GROUP BY source, license, license_url",
        [_NOT_FOR_QUOTING],
    )


def _make_edition(connection: duckdb.DuckDBPyConnection, known_at_utc: datetime | None) -> Edition:
    first_week, last_week, weeks, as_of = fetch_one(
        connection, "SELECT min(week_start), max(week_start), count(*), max(newest_as_of_utc) FROM weekly.weeks"
    )
    if not weeks:
        raise PublishedFileInvalid("Nothing was published: no week has been built yet.", "build some: `tokentide run`.")
    hashes = [row[0] for row in connection.execute("SELECT sha256 FROM raw.snapshots").fetchall()]
    prices = connection.execute(
        "SELECT max_by(citation, as_of_utc) AS newest, license, count(DISTINCT citation), min(as_of_utc) "
        "FROM raw.snapshots WHERE list_contains(?, format) GROUP BY source, license ORDER BY newest, license",
        [list(PRICE_PARSERS)],
    ).fetchall()
    of_prices = " ".join(
        citation.removesuffix(".")
        + (f" and {number - 1:,} times before, since {first:%Y-%m-%d}" if number > 1 else "")
        + f"; licence: {license_}."
        for citation, license_, number, first in prices
    )
    [of_this_machine] = fetch_one(connection, f"SELECT count(*) FROM raw.snapshots WHERE {_IS_OF_THIS_MACHINE}")
    content = content_hash(connection)
    name = f"{as_of:%Y-%m-%d}-{content[:8]}"
    edition = Edition(
        edition=name,
        published_at_utc=datetime.now(UTC).replace(tzinfo=None, microsecond=0),
        newest_as_of_utc=as_of,
        first_week_start=first_week,
        last_week_start=last_week,
        weeks=weeks,
        software_version=SOFTWARE_VERSION,
        code_version=code_version(),
        raw_hash=raw_hash(hashes),
        reference_hash=made_from_reference_hash(connection) or "",
        content_hash=content,
        known_at_utc=known_at_utc,
        citation=(_NOT_FOR_QUOTING if of_this_machine else "")
        + f"tokentide edition {name}, computed from OpenRouter's public rankings "
        f"(openrouter.ai/rankings), as of {as_of:%Y-%m-%dT%H:%M:%SZ}, CC BY 4.0."
        + (f" What was known at {known_at_utc.isoformat()}Z." if known_at_utc else "")
        + (f" Prices: {of_prices}" if prices else ""),
    )
    connection.register("edition_row", pa.Table.from_pylist([edition.__dict__], CONTRACTS["main.edition"].columns))
    connection.execute("DELETE FROM main.edition")
    connection.execute("INSERT INTO main.edition BY NAME SELECT * FROM edition_row")
    connection.unregister("edition_row")
    return edition


def _check_published_tables(connection: duckdb.DuckDBPyConnection, validate_stored: StoredValidator) -> None:
    """The tables that only the published file has, and the views: weekly tables were checked where they were built."""
    unchecked = [
        contract
        for contract in CONTRACTS.values()
        if contract.build is Build.VIEW or contract.schema_name in {"main", "checks"}
    ]
    failed = [result for result in validate_stored(connection, unchecked) if result.outcome == "failed"]
    if failed:
        raise ChecksFailed(
            "Nothing was published: the new file's own tables fail.\n"
            + "\n".join(f"  {result}" for result in failed[:10]),
            "this is a fault of the program, not of the data; the published file is as it was.",
            [],
        )


def _is_published(home: Home, edition: Edition) -> bool:
    try:
        with open_published(home) as published:
            before = read_edition(published)
        if not is_as_published(home):
            return False  # someone wrote into it
    except (TokentideError, duckdb.Error):
        return False
    same = ("edition", "content_hash", "code_version", "raw_hash", "reference_hash", "software_version")
    return all(getattr(before, name) == getattr(edition, name) for name in same)


def _replace(home: Home, new_path: Path, edition: Edition, editions_to_keep: int) -> None:
    with FileLock(home.publish_lock):
        # opened once more: only a file that DuckDB reads whole may become the published one
        connection = connect(new_path, read_only=True)
        connection.close()
        home.editions.mkdir(exist_ok=True)
        kept = home.editions / f"{edition.edition}.duckdb"
        copy = kept.with_suffix(".partial")
        shutil.copyfile(new_path, copy)
        _remove(home.published_wal)
        write_checksum(home, new_path)
        new_path.replace(home.published_file)
        copy.replace(kept)
    newest_first = sorted(home.editions.glob("*.duckdb"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
    for path in newest_first[max(1, editions_to_keep) :]:
        path.unlink()


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)
    if path.suffix != ".wal":
        path.with_name(path.name + ".wal").unlink(missing_ok=True)


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
