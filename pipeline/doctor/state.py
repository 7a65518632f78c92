"""The doctor on the folder of all state: can it be written, is there space, who is writing, what lies about.

Not here: what stands in its files.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from pipeline.doctor.diagnosis import Diagnosis, Patient, failed, ok, warning
from warehouse.home import Home

# A run of the whole archive leaves about 50 MB; the rest is for what DuckDB spills and Dagster notes on the way.
_LEAST_FREE_BYTES = 200_000_000


def folder(patient: Patient) -> Diagnosis:
    """Whether the folder is there, or can be made, and takes files."""
    path = patient.home.path
    name_another = "give it write permission, or name another with TOKENTIDE_HOME."
    if not path.exists():
        above = _existing(path)
        if not above.is_dir() or not os.access(above, os.W_OK | os.X_OK):
            return failed("home", f"{path} is not there and cannot be made in {above}", name_another)
        return ok("home", f"{path} is not there yet; the first run makes it")
    if not path.is_dir():
        return failed("home", f"{path} is no folder", "name another with TOKENTIDE_HOME, or move that file away.")
    if not os.access(path, os.W_OK | os.X_OK):
        return failed("home", f"{path} cannot be written: no permission to write", name_another)
    others = [one for one in (patient.home.raw, patient.home.dagster) if one.exists() and not os.access(one, os.W_OK)]
    if others:
        return failed("home", f"{others[0]} cannot be written: no permission to write", name_another)
    return ok("home", f"{path}, can be written")


def disk(patient: Patient) -> Diagnosis:
    """Free space against what a run writes before it deletes anything."""
    free, needed = shutil.disk_usage(_existing(patient.home.path)).free, bytes_needed(patient.home)
    observed = f"{free / 1e6:,.0f} MB free, a run needs up to {needed / 1e6:,.0f} MB"
    if free < needed:
        return failed("disk", observed, "free space, or name a folder on another disk with TOKENTIDE_HOME.")
    if free < 3 * needed:
        return warning("disk", observed, "free space soon.")
    return ok("disk", observed)


def bytes_needed(home: Home) -> int:
    """The new file, its kept copy, and the working file grown by what it holds; never less than an empty home needs."""
    sizes = [path.stat().st_size if path.is_file() else 0 for path in (home.published_file, home.working_file)]
    return max(_LEAST_FREE_BYTES, 3 * sizes[0] + 2 * sizes[1])


def lock(patient: Patient) -> Diagnosis:
    """Who is writing. The lock is an operating system's: it never outlives its process."""
    if patient.holder:
        return warning(
            "lock", f"held by {patient.holder}", "wait until it ends, or end it; the lock goes with its process."
        )
    return ok("lock", "free: nobody is writing")


def leftovers(patient: Patient) -> Diagnosis:
    """Parts of files that an interrupted run left. They hold nothing that is needed."""
    if patient.holder:
        return ok("leftovers", "not looked for while a process is writing")
    found = list(_leftovers(patient.home))
    if not found:
        return ok("leftovers", "none")
    size = sum(path.stat().st_size for path in found if path.is_file())
    shown = ", ".join(str(path) for path in found[:3]) + (f" and {len(found) - 3} more" if len(found) > 3 else "")
    return warning(
        "leftovers",
        f"{len(found)} of interrupted runs, {size / 1e6:,.1f} MB: {shown}",
        "delete them while nothing runs; nothing reads them.",
    )


def _leftovers(home: Home) -> Iterator[Path]:
    yield from (path for path in (home.new_file, home.new_file.with_name(f"{home.new_file.name}.wal")) if path.exists())
    yield from sorted(home.editions.glob("*.partial"))
    yield from sorted(home.raw.rglob(".partial-*"))
    yield from sorted(home.path.glob("*.duckdb*.tmp"))  # what DuckDB spilled
    yield from sorted(home.path.glob("as-of/*/build.duckdb*"))


def _existing(path: Path) -> Path:
    """The path, or the nearest folder above it that there is."""
    while not path.exists() and path != path.parent:
        path = path.parent
    return path
