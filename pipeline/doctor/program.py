"""The doctor on the program: what is installed, what is set, the key.

Not here: state under TOKENTIDE_HOME.
"""

import os
import platform
from difflib import get_close_matches
from importlib.metadata import PackageNotFoundError, requires, version
from typing import Any

from packaging.requirements import Requirement
from pydantic import SecretStr, ValidationError

from pipeline.doctor.diagnosis import Diagnosis, Patient, failed, ok, warning
from pipeline.settings import Settings, variable_of
from warehouse.errors import TokentideError
from warehouse.version import SOFTWARE_VERSION

_SHOWN = ("duckdb", "dagster")
_PREFIX = "TOKENTIDE_"


def read_settings() -> tuple[Settings, dict[str, str]]:
    """The settings, those that are refused at their defaults; and the variables of these with the reason."""
    try:
        return Settings(), {}
    except ValidationError as error:
        refused = {str(problem["loc"][0]): problem["msg"] for problem in error.errors()}
        fields = {variable_of(name): field for name, field in Settings.model_fields.items()}
        defaults: dict[str, Any] = {name: fields[variable_of(name)].default for name in refused}
        return Settings(**defaults), {variable_of(name): reason for name, reason in refused.items()}


def installed(patient: Patient) -> Diagnosis:
    """The versions, against those that the program says it needs, PostgreSQL's driver only where that is set."""
    wrong = []
    extra = "postgres" if patient.settings.dagster_postgres else ""
    for requirement in map(Requirement, requires("tokentide") or []):
        if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
            continue
        try:
            if not requirement.specifier.contains(found := version(requirement.name), prereleases=True):
                wrong.append(f"{requirement.name} {found} is not {requirement.specifier}")
        except PackageNotFoundError:
            wrong.append(f"{requirement.name} is not installed")
    shown = ", ".join(f"{name} {version(name)}" for name in _SHOWN)
    observed = f"tokentide {SOFTWARE_VERSION}, Python {platform.python_version()}, {shown}"
    if wrong:
        anew = "set up anew: delete the folder .venv, then `make run`"
        with_driver = ", and install requirements/postgres.lock (docs/deployment.md)" if extra else ""
        return failed("installed", f"{observed}; {'; '.join(wrong)}", f"{anew}{with_driver}.")
    return ok("installed", observed)


def settings_given(patient: Patient) -> Diagnosis:
    """Which settings the environment gives, secrets only as set; those that are refused, and names that are none."""
    given, names = [], {variable_of(name): name for name in Settings.model_fields}
    in_environment = {name.upper(): value for name, value in os.environ.items()}  # case does not matter to Settings
    for variable, name in names.items():
        if variable in in_environment and variable not in patient.bad_settings:
            is_secret = "SecretStr" in str(Settings.model_fields[name].annotation)
            given.append(f"{variable} (secret)" if is_secret else f"{variable}={in_environment[variable]}")
    observed = f"from the environment: {', '.join(given)}" if given else "none is set: all have their defaults"
    unknown = sorted(name for name in in_environment if name.startswith(_PREFIX) and name not in names)
    if unknown:
        near = {name: get_close_matches(name, names, 1) for name in unknown}
        told = ", ".join(f"{name} (meant: {match[0]}?)" if match else name for name, match in near.items())
        observed += f"; no settings, and without effect: {told}"
    correct = "correct or unset them; docs/commands.md has all."
    if patient.bad_settings:
        refused = "; ".join(f"{variable}: {reason}" for variable, reason in patient.bad_settings.items())
        return failed("settings", f"{observed}; refused: {refused}", correct)
    return warning("settings", observed, correct) if unknown else ok("settings", observed)


def key(patient: Patient) -> Diagnosis:
    """Whether there is a key that can be sent. Whether it is accepted only OpenRouter knows, which is not asked."""
    settings = patient.settings
    if settings.key is None:
        if settings.live_source == "api":
            return failed(
                "key",
                "not set, and TOKENTIDE_LIVE_SOURCE=api needs one",
                "set OPENROUTER_API_KEY, or unset the source.",
            )
        return ok("key", "not set; the exports need none")
    if problem := _unusable(settings.key):
        return failed("key", problem, "set OPENROUTER_API_KEY anew, in one line and without quotes.")
    used = "used by every fetch" if settings.live_source == "api" else "used by `fetch --source api` alone"
    return ok("key", f"set, of a usable form, not tried; {used}")


def _unusable(key: SecretStr) -> str | None:
    from pipeline.clients.http import usable  # imports httpx: only where there is a key to look at

    try:
        usable(key)
    except TokentideError as error:
        return str(error.args[0])
    return None
