"""What a check of the doctor finds, and what all of them look at.

Not here: the checks themselves, each in the module of what it looks at.
"""

from dataclasses import dataclass
from datetime import datetime

from pipeline.settings import Settings
from warehouse.home import Home

OK = "ok"
WARNING = "warning"
FAILED = "failed"


@dataclass(frozen=True)
class Diagnosis:
    """One check's line. `next_step` is empty where all is well; `exit_code` is what a failure ends the command with."""

    check: str
    outcome: str
    observed: str
    next_step: str = ""
    exit_code: int = 0


@dataclass(frozen=True)
class Patient:
    """What is looked at. `bad_settings` are variables whose value was refused, with the reason: `settings` has their
    defaults. `holder` names the process that is writing, None where none is. The instant is UTC, without a zone."""

    settings: Settings
    bad_settings: dict[str, str]
    holder: str | None
    now_utc: datetime
    is_deep: bool = False

    @property
    def home(self) -> Home:
        return self.settings.state


def ok(check: str, observed: str) -> Diagnosis:
    return Diagnosis(check, OK, observed)


def warning(check: str, observed: str, next_step: str) -> Diagnosis:
    return Diagnosis(check, WARNING, observed, next_step)


def failed(check: str, observed: str, next_step: str, exit_code: int = 3) -> Diagnosis:
    """3: not possible now; 1: data is not what it was (pipeline/cli.py has all codes)."""
    return Diagnosis(check, FAILED, observed, next_step, exit_code)
