"""Settings, from the environment (TOKENTIDE_*). Every one has a default that suits a laptop."""

import os
from pathlib import Path
from typing import Annotated, Literal, get_args
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from warehouse.home import Home

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def _safe_for_a_key(url: str) -> str:
    """A key must not travel in the clear, except within this machine."""
    parts = urlsplit(url)
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    if not (is_safe and parts.hostname) or parts.username or parts.query or parts.fragment:
        raise ValueError("must be https://HOST, or http:// on this machine")
    return url.rstrip("/")


def _safe_for_a_secret(url: SecretStr) -> SecretStr:
    """As for a key; and a webhook's address mostly carries its secret in its path or its query."""
    parts = urlsplit(url.get_secret_value().strip())
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    if url.get_secret_value().strip() and not (is_safe and parts.hostname):
        raise ValueError("must be https://HOST/..., or http:// on this machine")
    return SecretStr(url.get_secret_value().strip())


def _postgresql(url: SecretStr) -> SecretStr:
    """The form that psql and pg_dump take, too."""
    text = url.get_secret_value().strip()
    try:
        parts = urlsplit(text)
        is_address = text.startswith("postgresql://") and not parts.netloc.endswith(":") and parts.port != 0
    except ValueError:  # of a port that is no number; what it says may hold a part of the password
        is_address = False
    if text and not is_address:
        raise ValueError("must be postgresql://USER:PASSWORD@HOST:PORT/DATABASE, with %XX for special characters")
    return SecretStr(text)


class Settings(BaseSettings):
    """What can be set, each by the environment variable TOKENTIDE_<NAME>; the key by the name it has everywhere."""

    model_config = SettingsConfigDict(
        env_prefix="TOKENTIDE_",
        hide_input_in_errors=True,  # an address can carry a secret
    )

    home: Path = Field(Path("data"), description="folder of all state")
    lock_wait_seconds: float = Field(600, ge=0, description="how long a run waits for another one that is writing")
    editions_to_keep: int = Field(5, ge=1, description="how many published editions are kept for comparison")
    ui_port: int = Field(3000, ge=1, le=65535, description="port of the Dagster UI on 127.0.0.1")

    live_source: Literal["exports", "api"] = Field(
        "exports",
        description="what `fetch`, `run --live`, the schedule and the sensor ask for daily totals: `exports` (no key), "
        "or `api` (with OPENROUTER_API_KEY); never one in place of the other",
    )
    endpoints: int = Field(
        0, ge=0, description="of so many of the most used models each of them also asks who serves them, at what price"
    )
    refetch_days: int = Field(
        10, ge=1, le=29, description="how many known days every fetch fetches anew, and by how many its exports overlap"
    )
    full_refetch_days: int = Field(
        30, ge=1, description="after how many days a fetch from the Data API fetches the whole history anew"
    )
    openrouter_url: Annotated[str, AfterValidator(_safe_for_a_key)] = Field(
        "https://openrouter.ai", description="where OpenRouter is, or a `tokentide dev-server`"
    )
    openrouter_api_key: SecretStr | None = Field(
        None,
        validation_alias="OPENROUTER_API_KEY",
        description="any OpenRouter key, for the whole history from its Data API; never stored or shown",
    )
    webhook_url: Annotated[SecretStr, AfterValidator(_safe_for_a_secret)] | None = Field(
        None, description="where a failed run is told as JSON, see docs/operating.md; as secret as a key, never shown"
    )
    dagster_postgres_url: Annotated[SecretStr, AfterValidator(_postgresql)] | None = Field(
        None,
        description="the PostgreSQL database in which Dagster keeps runs, events and schedules, instead of in SQLite, "
        "see docs/deployment.md; as secret as a key, never stored or shown",
    )
    log: Literal["text", "json"] = Field(
        "text",
        description="`json`: progress, seconds of each step, warnings and how a command ends are written to stderr, "
        "one JSON object a line, see docs/operating.md",
    )

    @property
    def key(self) -> SecretStr | None:
        """The key, if there is one: an empty variable is none."""
        key = self.openrouter_api_key
        return SecretStr(key.get_secret_value().strip()) if key and key.get_secret_value().strip() else None

    @property
    def webhook(self) -> SecretStr | None:
        """The webhook's address, if there is one: an empty variable is none."""
        return self.webhook_url if self.webhook_url and self.webhook_url.get_secret_value() else None

    @property
    def dagster_postgres(self) -> SecretStr | None:
        """The address of Dagster's database, if there is one: an empty variable is none."""
        url = self.dagster_postgres_url
        return url if url and url.get_secret_value() else None

    @property
    def state(self) -> Home:
        return Home(self.home.expanduser().resolve())


def variable_of(name: str) -> str:
    """The environment variable that sets a field; pydantic's errors name one with an alias by that already."""
    field = Settings.model_fields.get(name)
    return name if field is None else str(field.validation_alias or f"TOKENTIDE_{name.upper()}")


def as_set(name: str) -> str:
    """What the environment says of a field, be it acceptable or not; "" for nothing."""
    variables = {variable.upper(): value for variable, value in os.environ.items()}  # as pydantic reads them
    return variables.get(variable_of(name), "")


def _is_secret(annotation: object) -> bool:
    return annotation is SecretStr or any(_is_secret(part) for part in get_args(annotation))


SECRETS = tuple(name for name, field in Settings.model_fields.items() if _is_secret(field.annotation))
