"""Tells a webhook of a failed run: one POST of JSON, tried a few times within seconds, never raised into the run."""

import logging
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from http import HTTPStatus

import httpx
import tenacity
from pydantic import SecretStr

from pipeline.clients.http import NO_PROXY_ON_LOOPBACK, USER_AGENT
from pipeline.notifications import LOGGER, Failure
from warehouse.version import SOFTWARE_VERSION

_LONGEST_TEXT = 4_000
# they log the address of every request, and this one is a secret
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)


@dataclass(frozen=True)
class WebhookNotifier:
    """Posts failures to an address, which is as secret as a key: it is neither told nor logged."""

    url: SecretStr
    logger: logging.Logger = LOGGER
    attempts: int = 3
    connect_seconds: float = 3
    answer_seconds: float = 5
    sleep: Callable[[float], None] = time.sleep

    def tell(self, failure: Failure) -> None:
        trying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(_TryAgain),
            stop=tenacity.stop_after_attempt(self.attempts),
            wait=tenacity.wait_random_exponential(multiplier=0.5, max=4),
            sleep=self.sleep,
            reraise=True,
        )
        try:
            status = trying(self._post, _as_json(failure))
        except Exception as error:  # whatever it is, it must not take the place of what is being told
            why = str(error) if isinstance(error, _TryAgain) else type(error).__name__
            self.logger.error(f"The webhook could not be told of the failure: {why}.")
            return
        if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            self.logger.error(f"The webhook would not take the failure: it answered {status}.")

    def _post(self, said: dict[str, object]) -> int:
        """The status of the answer; its body is not read, it could go on for ever. Raises _TryAgain."""
        timeout = httpx.Timeout(self.answer_seconds, connect=self.connect_seconds)
        mounts: dict[str, httpx.BaseTransport | None] = dict(NO_PROXY_ON_LOOPBACK)
        try:
            with (
                httpx.Client(timeout=timeout, headers={"User-Agent": USER_AGENT}, mounts=mounts) as client,
                client.stream("POST", self.url.get_secret_value(), json=said) as response,
            ):
                status = response.status_code
        except httpx.TransportError as error:
            raise _TryAgain(type(error).__name__) from error
        if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise _TryAgain(f"it answered {status}")
        return status


class _TryAgain(Exception):
    """A failure of the webhook that may pass."""


def _as_json(failure: Failure) -> dict[str, object]:
    """The body of the POST (docs/operating.md): the fields of the failure, its text, and who says so when."""
    said: dict[str, object] = {
        **asdict(failure),
        "text": failure.text,
        "software_version": SOFTWARE_VERSION,
        "told_at_utc": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    return {name: value[:_LONGEST_TEXT] if isinstance(value, str) else value for name, value in said.items()}
