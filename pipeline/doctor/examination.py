"""All checks of the doctor in their order, and how what they found is shown."""

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime

from rich.console import Console
from rich.markup import escape

from pipeline.doctor import figures, program, records, state
from pipeline.doctor.diagnosis import FAILED, OK, WARNING, Diagnosis, Patient, failed
from warehouse.lock import holder_of

# By the name under which a check reports: where it cannot even be made, that is reported under its name.
CHECKS: dict[str, Callable[[Patient], Diagnosis]] = {
    "installed": program.installed,
    "settings": program.settings_given,
    "home": state.folder,
    "disk": state.disk,
    "lock": state.lock,
    "runs": records.runs,
    "pool": records.pool,
    "logs": figures.write_ahead_logs,
    "published file": figures.published_file,
    "made by": figures.made_by,
    "working file": figures.working_file,
    "snapshots": figures.snapshots,
    "freshness": figures.freshness,
    "key": program.key,
    "leftovers": state.leftovers,
}
_MARKS = {OK: "[green]ok[/green]     ", WARNING: "[yellow]warning[/yellow]", FAILED: "[red]FAILED[/red] "}


def examine(is_deep: bool = False, now_utc: datetime | None = None) -> list[Diagnosis]:
    """Makes every check, whatever the others find. Writes nothing, imports no Dagster, and asks nobody over the network
    but the PostgreSQL that holds Dagster's records, where one is set."""
    settings, bad_settings = program.read_settings()
    now = now_utc or datetime.now(UTC).replace(tzinfo=None)
    try:
        holder = holder_of(settings.state)
    except OSError:  # the check of the folder says so
        holder = None
    patient = Patient(settings, bad_settings, holder, now, is_deep)
    return [_made(name, check, patient) for name, check in CHECKS.items()]


def _made(name: str, check: Callable[[Patient], Diagnosis], patient: Patient) -> Diagnosis:
    try:
        return check(patient)
    except OSError as error:
        return failed(name, f"cannot be looked at: {error}", "give the permission to read it, or repair the disk.")
    except Exception as error:  # of a file so damaged that its reader gives up: the other checks are made all the same
        told = str(error).split("\n")[0]
        next_step = "if a file is named that is damaged, move it away; everything but raw/ can be built anew."
        return failed(name, f"the check could not be made: {type(error).__name__}: {told}", next_step)


def exit_code_of(diagnoses: list[Diagnosis]) -> int:
    """0 where nothing failed; otherwise 3, if anything is not possible now, or 1, if only data is not what it was."""
    return max(diagnosis.exit_code for diagnosis in diagnoses)


def print_diagnoses(console: Console, diagnoses: list[Diagnosis]) -> None:
    """A line each, and under what is not well another: what to do."""
    for one in diagnoses:
        console.print(f"{_MARKS[one.outcome]}  {one.check}: {escape(one.observed)}", highlight=False, soft_wrap=True)
        if one.next_step:
            console.print(f"         What to do: {escape(one.next_step)}", highlight=False, soft_wrap=True)
    counts = {outcome: sum(1 for one in diagnoses if one.outcome == outcome) for outcome in (OK, WARNING, FAILED)}
    console.print(f"\n{counts[OK]} ok, {counts[WARNING]} warnings, {counts[FAILED]} failed.", highlight=False)


def as_json(diagnoses: list[Diagnosis]) -> str:
    return json.dumps([asdict(one) for one in diagnoses], indent=1)
