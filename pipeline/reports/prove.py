"""`tokentide prove`: OpenRouter's own export, rebuilt byte for byte from the tables, against its published hash.

Not here: how its bytes follow from the figures (warehouse/export_bytes.py).
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import duckdb
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipeline.export_manifest import EXPORT_DAYS, ExportManifest, export_date, manifest_of, read_manifest
from warehouse.database import fetch_dicts
from warehouse.editions import open_published
from warehouse.errors import SnapshotCorrupted, TokentideError
from warehouse.export_bytes import export_bytes
from warehouse.home import Home
from warehouse.parsers import EXPORT_FORMAT
from warehouse.snapshots import Snapshot, SnapshotStore

LOSSLESS, DIFFERS = 0, 1
_ROWS_SHOWN = 20
# When exports were made, where no manifest says it: all that were seen were published at 01:46 UTC.
_USUAL_TIME = time(1, 46)
_INGEST = "download its CSV and manifest, then `tokentide ingest FILE --manifest MANIFEST` and `tokentide run`"

# Every value of an export beside what the newest other statement of its day says. Another statement is one of another
# source or instant: the same export fetched twice confirms nothing.
_BESIDE_OTHERS_SQL = """
    WITH export AS (
        SELECT date, model_permaslug, tokens FROM staging.model_day_token_vintages WHERE snapshot_id = $export
    ),
    others AS (
        SELECT days.date, days.snapshot_id, days.as_of_utc, snapshots.source
        FROM staging.snapshot_days AS days
        INNER JOIN raw.snapshots AS snapshots ON snapshots.snapshot_id = days.snapshot_id
        INNER JOIN raw.snapshots AS proven ON proven.snapshot_id = $export
        WHERE
            days.status = 'staged'
            AND days.date IN (SELECT date FROM export)
            AND snapshots.sha256 <> proven.sha256
            AND (snapshots.source <> proven.source OR snapshots.as_of_utc <> proven.as_of_utc)
        QUALIFY row_number() OVER (PARTITION BY days.date ORDER BY days.as_of_utc DESC, days.snapshot_id DESC) = 1
    ),
    other_values AS (
        SELECT vintages.date, vintages.model_permaslug, vintages.tokens
        FROM staging.model_day_token_vintages AS vintages
        INNER JOIN others ON others.date = vintages.date AND others.snapshot_id = vintages.snapshot_id
    ),
    beside AS (
        SELECT
            coalesce(export.date, other_values.date) AS date,
            coalesce(export.model_permaslug, other_values.model_permaslug) AS model_permaslug,
            export.tokens AS export_tokens,
            other_values.tokens AS other_tokens
        FROM export
        FULL JOIN other_values
            ON other_values.date = export.date AND other_values.model_permaslug = export.model_permaslug
    )
    SELECT beside.*, others.source, others.as_of_utc
    FROM beside
    LEFT JOIN others ON others.date = beside.date
    ORDER BY beside.date, beside.model_permaslug
"""

# Of each day the statement nearest to an instant: the newest before it, else the oldest after it.
_NEAREST_SQL = """
    WITH nearest AS (
        SELECT date, snapshot_id, as_of_utc
        FROM staging.snapshot_days
        WHERE status = 'staged' AND date BETWEEN $first AND $last
        QUALIFY row_number() OVER (
            PARTITION BY date
            ORDER BY as_of_utc > $instant, abs(epoch(as_of_utc) - epoch(CAST($instant AS TIMESTAMP))), snapshot_id DESC
        ) = 1
    )
    SELECT vintages.date, vintages.model_permaslug, vintages.tokens, nearest.as_of_utc > $instant AS is_later
    FROM staging.model_day_token_vintages AS vintages
    INNER JOIN nearest ON nearest.date = vintages.date AND nearest.snapshot_id = vintages.snapshot_id
"""


class NothingToProve(TokentideError):
    """There is no export to rebuild, or nothing to compare it with."""


class ProofMisunderstood(TokentideError):
    """What was asked for contradicts itself or is no hash."""

    exit_code = 2


@dataclass(frozen=True)
class Published:
    """The hash that the rebuilt file must have, and who says so."""

    sha256: str
    said_by: str


def print_proof(
    console: Console, home: Home, asked: date | None, sha256: str | None = None, manifest_file: Path | None = None
) -> int:
    """Rebuilds the export of that date (the newest stored one, if none is named), prints what came out, and returns
    the exit code. Raises NothingToProve with what is missing."""
    manifest = read_manifest(manifest_file)[0] if manifest_file else None
    given = _given_hash(asked, sha256, manifest)
    day = asked or (manifest.snapshot_date if manifest else None)
    store = SnapshotStore(home)
    try:
        snapshot = _stored_export(store, day)
        body = store.read(snapshot) if snapshot else b""
    except SnapshotCorrupted as error:
        _say(console, f"[red]corrupt[/red]: {escape(str(error))}")
        _say(console, "An export can also be ingested again: `tokentide ingest` restores its file.")
        return DIFFERS
    with open_published(home) as published:
        if snapshot:
            return _prove_stored(console, published, snapshot, body, given)
        return _prove_unstored(console, published, day, given, manifest)


def _given_hash(day: date | None, sha256: str | None, manifest: ExportManifest | None) -> Published | None:
    if manifest and day and manifest.snapshot_date != day:
        raise ProofMisunderstood(
            f"The manifest is that of {manifest.snapshot_date}, asked for is {day}.", "name the manifest of that date."
        )
    if sha256:
        if not re.fullmatch("[0-9a-fA-F]{64}", sha256):
            raise ProofMisunderstood(f"{sha256!r} is no sha256.", "give its 64 hexadecimal digits.")
        return Published(sha256.lower(), "you")
    return Published(manifest.files.csv.sha256, "the manifest given") if manifest else None


def _stored_export(store: SnapshotStore, day: date | None) -> Snapshot | None:
    """The export of that date, the last one fetched if there are several; of the newest date if none is named."""
    exports = [snapshot for snapshot in store.snapshots() if snapshot.origin.format == EXPORT_FORMAT]
    of_day = [snapshot for snapshot in exports if day in (None, export_date(snapshot))]
    return max(of_day, key=lambda s: (export_date(s), s.origin.as_of_utc, s.origin.fetched_at_utc), default=None)


def _prove_stored(
    console: Console, published: duckdb.DuckDBPyConnection, snapshot: Snapshot, body: bytes, given: Published | None
) -> int:
    day, snapshot_id = export_date(snapshot), snapshot.snapshot_id
    if not published.execute("SELECT 1 FROM raw.snapshots WHERE snapshot_id = ?", [snapshot_id]).fetchall():
        raise NothingToProve(
            f"The export of {day} is stored ({snapshot_id}), but the published file was made without it.",
            "build it: `tokentide run`.",
        )
    rows = published.execute(
        "SELECT date, model_permaslug, tokens FROM staging.model_day_token_vintages WHERE snapshot_id = ?",
        [snapshot_id],
    ).fetchall()
    manifest = manifest_of(snapshot)
    expected = given or (
        Published(manifest.files.csv.sha256, "the published manifest, kept with it")
        if manifest
        else Published(snapshot.sha256, "its sidecar: the hash on arrival, as no manifest was kept with it")
    )
    rebuilt = export_bytes(rows)
    is_lossless = hashlib.sha256(rebuilt).hexdigest() == expected.sha256
    if is_lossless:
        _say(console, f"Export of {day}: [green]lossless[/green]: {len(rows):,} figures equal the published file")
    else:
        _say(console, f"Export of {day}: [red]differs[/red]: {len(rows):,} figures do not give the published file")
    _say_hashes(console, rebuilt, expected, f"the staged rows of {snapshot_id}")
    if not is_lossless:
        _say_why(console, published, snapshot, body, rebuilt)
    _say_confirmation(console, fetch_dicts(published, _BESIDE_OTHERS_SQL, {"export": snapshot_id}))
    return LOSSLESS if is_lossless else DIFFERS


def _say_why(
    console: Console, published: duckdb.DuckDBPyConnection, snapshot: Snapshot, body: bytes, rebuilt: bytes
) -> None:
    left_out = published.execute(
        "SELECT date, status, reason FROM staging.snapshot_days "
        "WHERE snapshot_id = ? AND status <> 'staged' ORDER BY date",
        [snapshot.snapshot_id],
    ).fetchall()
    for day, status, reason in left_out[:_ROWS_SHOWN]:
        _say(console, f"  not staged: {day or 'no readable day'}: {status}{': ' + escape(reason) if reason else ''}")
    if rebuilt == body:
        _say(console, f"  the rebuilt file is the stored one to the byte; that one has the sha256 {snapshot.sha256}")
        return
    stored_lines, rebuilt_lines = body.splitlines(), rebuilt.splitlines()
    pairs = enumerate(zip(stored_lines, rebuilt_lines, strict=False), 1)
    number, stored, mine = next(
        ((number, stored, mine) for number, (stored, mine) in pairs if stored != mine),
        (min(len(stored_lines), len(rebuilt_lines)) + 1, b"", b""),
    )
    _say(console, f"  first difference in line {number}: stored {_line(stored)}, rebuilt {_line(mine)}")


def _line(line: bytes) -> str:
    return escape(repr(line.decode("ascii", "replace"))) if line else "nothing, or another line end"


def _say_confirmation(console: Console, beside: list[dict[str, Any]]) -> None:
    """How much of the export someone else says too. That is another question than whether we kept it whole."""
    compared = [row for row in beside if row["source"]]
    figures = sum(1 for row in beside if row["export_tokens"] is not None)
    if not compared:
        _say(console, "No other snapshot speaks of these days: nothing confirms or contradicts its figures.")
        return
    days: dict[tuple[str, datetime], set[date]] = {}
    for row in compared:
        days.setdefault((row["source"], row["as_of_utc"]), set()).add(row["date"])
    by_whom = "; ".join(
        f"{source} as of {as_of:%Y-%m-%d %H:%M} UTC ({len(of)} days)" for (source, as_of), of in days.items()
    )
    differing = [row for row in compared if row["export_tokens"] != row["other_tokens"]]
    confirmed = len(compared) - len(differing)
    _say(console, f"{confirmed:,} of {figures:,} figures are confirmed by another snapshot: {escape(by_whom)}")
    if alone := len(beside) - len(compared):
        _say(console, f"{alone:,} are of days of which no other snapshot speaks")
    if differing:
        _say(console, f"{len(differing):,} differ:")
        console.print(_differences(differing[:_ROWS_SHOWN]))
        if len(differing) > _ROWS_SHOWN:
            _say(console, f"... and {len(differing) - _ROWS_SHOWN:,} more; `weekly.restatements` has all")


def _differences(rows: list[dict[str, Any]]) -> Table:
    """A table that fits a terminal of 80 columns: long names are folded, figures never."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 0, 0, 1), pad_edge=False)
    table.add_column("date, model", overflow="fold")
    for name in ("export", "other snapshot", "difference"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        mine, others = row["export_tokens"], row["other_tokens"]
        difference = "-" if mine is None or others is None else f"{others - mine:+,}"
        table.add_row(f"{row['date']} {escape(row['model_permaslug'])}", _tokens(mine), _tokens(others), difference)
    return table


def _prove_unstored(
    console: Console,
    published: duckdb.DuckDBPyConnection,
    day: date | None,
    expected: Published | None,
    manifest: ExportManifest | None,
) -> int:
    """From other snapshots of those days: whether they give the published file, nothing more."""
    if day is None:
        raise NothingToProve("No export is stored.", f"{_INGEST}; or name a date, with --sha256 or --manifest.")
    instant = manifest.as_of_utc if manifest else datetime.combine(day, _USUAL_TIME)
    days = [day - timedelta(days=before) for before in range(EXPORT_DAYS, 0, -1)]
    rows = published.execute(_NEAREST_SQL, {"first": days[0], "last": days[-1], "instant": instant}).fetchall()
    if missing := [str(one) for one in days if one not in {row[0] for row in rows}]:
        raise NothingToProve(
            f"No export of {day} is stored, and other snapshots lack {len(missing)} of its {EXPORT_DAYS} days "
            f"({', '.join(missing[:3])}{', ...' if len(missing) > 3 else ''}).",
            f"{_INGEST}.",
        )
    if expected is None:
        raise NothingToProve(
            f"No export of {day} is stored. Other snapshots have its {EXPORT_DAYS} days, but there is no hash to "
            "compare them with.",
            f"give its manifest (--manifest FILE) or its hash (--sha256 HASH); or {_INGEST}.",
        )
    rebuilt = export_bytes(row[:3] for row in rows)
    is_equal = hashlib.sha256(rebuilt).hexdigest() == expected.sha256
    later = len({row[0] for row in rows if row[3]})
    _say(console, f"Export of {day}: {'[green]hash equals[/green]' if is_equal else '[red]hash differs[/red]'}")
    _say_hashes(console, rebuilt, expected, f"other snapshots of its {EXPORT_DAYS} days, as no such file is stored")
    if later:
        _say(console, f"  {later} days are as they were stated later: nothing older is stored")
    if not is_equal:
        _say(console, "  one figure restated between the two is enough; which one, only the file itself can tell")
    return LOSSLESS if is_equal else DIFFERS


def _say_hashes(console: Console, rebuilt: bytes, expected: Published, made_from: str) -> None:
    _say(console, f"  rebuilt    {hashlib.sha256(rebuilt).hexdigest()}  ({len(rebuilt):,} bytes, from {made_from})")
    _say(console, f"  published  {expected.sha256}  (says {expected.said_by})")


def _tokens(tokens: int | None) -> str:
    return "-" if tokens is None else f"{tokens:,}"


def _say(console: Console, text: str) -> None:
    console.print(text, highlight=False, soft_wrap=True)
