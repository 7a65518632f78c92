"""Which lines of the reference files were known at an instant, and which snapshots: what a build may rest on.

Not here: when a fact is true (valid_from, valid_to: the SQL of the attribution layer), or reading files
(reference_files.py, claim_files.py).
"""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any

import pyarrow as pa

from warehouse.claim_files import read_claims
from warehouse.errors import NothingKnownYet
from warehouse.hashing import reference_hash
from warehouse.parsers import USAGE, kind_of
from warehouse.reference_files import REFERENCE_DIRECTORY, read_reference_files
from warehouse.snapshots import Snapshot

# What a cloaked model's line says before its reveal.
_NOT_YET_REVEALED = ("revealed_as", "official_slug", "author", "known_from_utc")
_EVIDENCE = ("evidence_url", "evidence_read_on", "evidence_says", "note")


def read_facts(instant: datetime | None = None) -> dict[str, pa.Table]:
    """The reference files and the claims as they were known at `instant`, or now. Raises ReferenceInvalid."""
    return facts_known_at(_all_lines(reference_hash(REFERENCE_DIRECTORY)), instant)


@lru_cache(maxsize=1)
def _all_lines(_: str) -> dict[str, pa.Table]:
    """Read once for each content of the files, which the hash stands for: a run asks ten times."""
    return {**read_reference_files(), "claims": read_claims()}


def facts_known_at(tables: dict[str, pa.Table], instant: datetime | None) -> dict[str, pa.Table]:
    """The reference tables with only the lines in force at `instant`, or now where it is None.

    A corrected line (known_to_utc) holds until its correction. A home that became known later is not there yet, nor a
    cloaked model's reveal: its line says so (`none`). Claims published later, or on an unknown day, are left out of a
    past instant. Other files are not dated: what they say counts as known from the start.
    """
    known = {
        **tables,
        "labs": _in_force(tables["labs"], instant),
        "aliases": _in_force(_with_hidden_reveals(tables["aliases"], instant), instant),
    }
    if instant is not None:
        claims = tables["claims"]
        published = [
            row for row in claims.to_pylist() if row["published_on"] and _start(row["published_on"]) <= instant
        ]
        known["claims"] = pa.Table.from_pylist(published, schema=claims.schema)
    return known


def snapshots_known_at(snapshots: Iterable[Snapshot], instant: datetime) -> list[Snapshot]:
    """Snapshots that their source had stated by `instant`.

    Raises NothingKnownYet, with the earliest possible instant, where none of them is of usage.
    """
    snapshots = list(snapshots)
    usage = [snapshot.origin.as_of_utc for snapshot in snapshots if kind_of(snapshot.origin.format) == USAGE]
    if not any(as_of <= instant for as_of in usage):
        asked = f"As of {instant.isoformat()}Z nothing was known: no snapshot of usage at hand had been stated"
        if not usage:
            raise NothingKnownYet(f"{asked}: there are none.", "fetch some: `tokentide run`.")
        raise NothingKnownYet(
            f"{asked}; the earliest possible instant is {min(usage).isoformat()}Z.",
            "ask for that instant or a later one.",
        )
    return [snapshot for snapshot in snapshots if snapshot.origin.as_of_utc <= instant]


def _in_force(table: pa.Table, instant: datetime | None) -> pa.Table:
    """Lines known and not yet corrected; the column known_to_utc, which says no more then, is left out."""
    kept = [row for row in table.to_pylist() if _is_in_force(row, instant)]
    return pa.Table.from_pylist(kept, schema=table.schema).drop_columns("known_to_utc")


def _is_in_force(row: dict[str, Any], instant: datetime | None) -> bool:
    start, end = row["known_from_utc"], row["known_to_utc"]
    if instant is None:
        return end is None
    return (start is None or start <= instant) and (end is None or end > instant)


def _with_hidden_reveals(aliases: pa.Table, instant: datetime | None) -> pa.Table:
    """Reveals that were still to come as lines that reveal nothing, one a cloaked model."""
    if instant is None:
        return aliases
    rows = aliases.to_pylist()
    known = {row["cloaked_slug"] for row in rows if _is_in_force(row, instant)}
    hidden: dict[str, dict[str, Any]] = {}
    for row in rows:
        if row["cloaked_slug"] not in known:
            empty = dict.fromkeys((*_NOT_YET_REVEALED, "known_to_utc", *_EVIDENCE))
            hidden[row["cloaked_slug"]] = {**row, **empty, "confidence": "none"}
    in_force = [row for row in rows if row["cloaked_slug"] in known]
    return pa.Table.from_pylist([*in_force, *hidden.values()], schema=aliases.schema)


def _start(day: Any) -> datetime:
    return datetime(day.year, day.month, day.day)
