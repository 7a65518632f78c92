"""The program's own log: nothing unless it is asked for, and then one JSON object a line on stderr.

Whoever has something to say calls `log`; where nobody set up a log it costs and prints nothing. Not here: progress in a
terminal (progress.py), telling of failed runs (notifications.py), Dagster's logs.
"""

import json
import logging
import sys
from collections.abc import Iterable
from datetime import UTC, datetime

from pydantic import SecretStr

from pipeline.settings import SECRETS, as_set

LOGGER = logging.getLogger("tokentide")


class JsonLines(logging.Formatter):
    """`time_utc`, `level`, `event`, then what the event has to say; no secret that we know of."""

    def __init__(self, secrets: Iterable[SecretStr]) -> None:
        super().__init__()
        self._secrets = [secret.get_secret_value() for secret in secrets if secret.get_secret_value().strip()]

    def format(self, record: logging.LogRecord) -> str:
        """A record of another's logging call, without fields, becomes an event `message`."""
        fields = getattr(record, "fields", None) or {"event": "message", "text": record.getMessage()}
        time_utc = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {"time_utc": time_utc.replace("+00:00", "Z"), "level": record.levelname.lower(), **fields}
        return json.dumps({name: self._clean(value) for name, value in line.items()}, default=str)

    def _clean(self, value: object) -> object:
        if isinstance(value, str):
            for secret in self._secrets:
                value = value.replace(secret.strip(), "[secret]")
        return value


def set_up_log() -> None:
    """Starts the log where TOKENTIDE_LOG says so, whatever else is set: a refused setting is told in it, too."""
    if is_on() or as_set("log") != "json":
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(SecretStr(as_set(name)) for name in SECRETS))
    LOGGER.addHandler(handler)
    LOGGER.setLevel(logging.INFO)
    LOGGER.propagate = False
    # the line that ends the command says the same
    logging.getLogger("tokentide.failures").propagate = False


def is_on() -> bool:
    return any(isinstance(handler.formatter, JsonLines) for handler in LOGGER.handlers)


def log(event: str, level: int = logging.INFO, **fields: object) -> None:
    """One line; fields that are None are left out."""
    said = {name: value for name, value in fields.items() if value is not None}
    LOGGER.log(level, event, extra={"fields": {"event": event, **said}})
