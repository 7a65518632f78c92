"""One GET, patiently: retries, time limits, a limit on the body's size, and errors a person can act on.

Not here: what is asked for and what the answers mean; that is each client's own.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

import httpx
import tenacity
from pydantic import SecretStr

from pipeline.clients.errors import AnswerChanged, KeyRefused, QuotaExceeded, RequestRefused, SourceUnreachable
from warehouse.errors import SnapshotRejected, TokentideError
from warehouse.version import SOFTWARE_VERSION

USER_AGENT = f"tokentide/{SOFTWARE_VERSION}"

_HEADERS_THAT_MATTER = ("etag", "last-modified", "content-type")
_ERROR_BODY_BYTES = 65_536
_MESSAGE_CHARACTERS = 300
_KEY_CHARACTERS = 20  # at least; OpenRouter's have 73
NO_PROXY_ON_LOOPBACK = {f"all://{host}": None for host in ("127.0.0.1", "localhost", "[::1]")}


@dataclass(frozen=True)
class Patience:
    """How often an answer is asked for, and how long is waited for it."""

    attempts: int = 5
    first_wait_seconds: float = 1
    longest_wait_seconds: float = 60  # a source that asks for more is left alone for this time
    connect_seconds: float = 10
    read_seconds: float = 30
    answer_seconds: float = 180  # for a whole answer, however steadily it drips


@dataclass(frozen=True)
class Answer:
    """A whole answer; `body` is empty where nothing has changed since the given ETag."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    fetched_at_utc: datetime

    @property
    def is_unchanged(self) -> bool:
        return self.status == HTTPStatus.NOT_MODIFIED

    @property
    def headers_that_matter(self) -> str:
        """JSON text, as snapshots keep it."""
        return json.dumps({name: self.headers[name] for name in _HEADERS_THAT_MATTER if name in self.headers})


@dataclass(frozen=True)
class OpenRouter:
    """Where OpenRouter is (the real one, or one on loopback), and how patiently it is asked."""

    url: str
    patience: Patience = field(default_factory=Patience)
    sleep: Callable[[float], None] = time.sleep

    @contextmanager
    def connect(self, report: Callable[[str], None] = lambda _: None) -> Iterator["Connection"]:
        """A connection for some requests; `report` hears of every wait."""
        timeout = httpx.Timeout(self.patience.read_seconds, connect=self.patience.connect_seconds)
        mounts: dict[str, httpx.BaseTransport | None] = dict(NO_PROXY_ON_LOOPBACK)  # a proxy cannot reach our loopback
        with httpx.Client(timeout=timeout, headers={"User-Agent": USER_AGENT}, mounts=mounts) as client:
            yield Connection(self, client, report)


class Connection:
    """GETs from one server."""

    def __init__(self, server: OpenRouter, client: httpx.Client, report: Callable[[str], None]) -> None:
        self.url = server.url.rstrip("/")
        self._server = server
        self._client = client
        self._report = report

    def get(
        self,
        path: str,
        *,
        limit_bytes: int,
        parameters: Mapping[str, str] | None = None,
        etag: str | None = None,
        key: SecretStr | None = None,
        before_attempt: Callable[[], None] = lambda: None,
    ) -> Answer | None:
        """The whole answer, or None where there is nothing (404).

        A rate limit, a server error, a timeout and a broken connection are tried again, after as long as the server
        asks for or a growing random time. Raises SourceUnreachable, KeyRefused, QuotaExceeded, AnswerChanged (also
        for an answer with the key in it), RequestRefused, or SnapshotRejected where the body keeps breaking off.
        """
        headers = {"If-None-Match": etag} if etag else {}
        if key is not None:
            headers["Authorization"] = f"Bearer {usable(key)}"
        request = self._client.build_request("GET", self.url + path, params=parameters, headers=headers)
        patience = self._server.patience
        trying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(_TryAgain),
            stop=tenacity.stop_after_attempt(patience.attempts),
            wait=self._wait_seconds,
            sleep=self._server.sleep,
            before_sleep=self._tell,
            reraise=True,
        )

        def attempt() -> Answer | None:
            before_attempt()
            return self._attempt(request, limit_bytes, key)

        try:
            return trying(attempt)
        except _TryAgain as failed:
            raise failed.error from failed.__cause__

    def _attempt(self, request: httpx.Request, limit_bytes: int, key: SecretStr | None) -> Answer | None:
        is_answered = False
        try:
            # a key goes to the server it is meant for and no further; what is public may be kept elsewhere
            response = self._client.send(request, stream=True, follow_redirects=key is None)
            is_answered = True
            try:
                ends_at = time.monotonic() + self._server.patience.answer_seconds
                if response.status_code == HTTPStatus.OK:
                    body = _read(response, limit_bytes, ends_at)
                elif response.status_code == HTTPStatus.NOT_MODIFIED:
                    body = b""
                elif response.status_code == HTTPStatus.NOT_FOUND:
                    return None
                else:
                    raise self._refusal(response, key, ends_at)
                if key is not None and _shows(response, body, usable(key)):
                    raise AnswerChanged(
                        f"{_address(request)} sends back the key that it was sent.",
                        "ask this source without a key: a snapshot would hold it. Nothing of the answer was stored.",
                    )
            finally:
                response.close()
        except httpx.TimeoutException as error:
            raise _TryAgain(_unreachable(request, "no answer in time")) from error
        except (httpx.TransportError, httpx.DecodingError) as error:
            raise _TryAgain(_broken_off(request, error) if is_answered else _unreachable(request, error)) from error
        except httpx.HTTPError as error:
            raise _unreachable(request, error) from error
        fetched_at = datetime.now(UTC).replace(tzinfo=None)
        return Answer(_address(request), response.status_code, response.headers, body, fetched_at)

    def _refusal(self, response: httpx.Response, key: SecretStr | None, ends_at: float) -> Exception:
        """What an answer other than 200, 304 and 404 comes to."""
        status = response.status_code
        said = _message(response, ends_at)
        if key is not None:
            said = said.replace(usable(key), "[key]")
        said = said[:_MESSAGE_CHARACTERS].rstrip(".")  # only now: cutting first could leave a part of the key
        what = f"{_address(response.request)} answered {status}{f': {said}' if said else ''}."
        waits = retry_after_seconds(response.headers.get("retry-after"), datetime.now(UTC))
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            when = f"in {waits:.0f} seconds" if waits else "later"
            return self._again(
                QuotaExceeded(what, f"run again {when}; the source limits how often it is asked."), waits
            )
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
            return self._again(SourceUnreachable(what, "the source has a fault; run again later."), waits)
        if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            return KeyRefused(what, "set OPENROUTER_API_KEY to a valid OpenRouter key; the exports need none.")
        if response.is_redirect:
            return AnswerChanged(what, "set TOKENTIDE_OPENROUTER_URL to the address where the source is now.")
        return RequestRefused(what, "the request was not one that the source answers; see what it says above.")

    def _again(self, error: TokentideError, waits: float | None) -> Exception:
        """Not where the source asks for more patience than we have: asking earlier would only add to its load."""
        longest = self._server.patience.longest_wait_seconds
        return error if waits is not None and waits > longest else _TryAgain(error, waits)

    def _wait_seconds(self, state: tenacity.RetryCallState) -> float:
        patience = self._server.patience
        jitter = tenacity.wait_random_exponential(patience.first_wait_seconds, patience.longest_wait_seconds)(state)
        failed = state.outcome and state.outcome.exception()
        asked = failed.after_seconds if isinstance(failed, _TryAgain) else None
        # never earlier than asked; a little after it, lest everyone comes back in the same instant
        return jitter if asked is None else asked + min(jitter, patience.first_wait_seconds)

    def _tell(self, state: tenacity.RetryCallState) -> None:
        failed = state.outcome and state.outcome.exception()
        if isinstance(failed, _TryAgain) and state.next_action:
            patience = self._server.patience
            self._report(
                f"{failed.error.args[0]} Trying again in {state.next_action.sleep:.0f} s "
                f"({state.attempt_number + 1} of {patience.attempts})"
            )


class _TryAgain(Exception):
    """A failure that may pass; `error` is what it comes to if it does not."""

    def __init__(self, error: TokentideError, after_seconds: float | None = None) -> None:
        super().__init__(error.args[0])
        self.error = error
        self.after_seconds = after_seconds


def _shows(response: httpx.Response, body: bytes, key: str) -> bool:
    return key.encode() in body or any(key in value for value in response.headers.values())


def usable(key: SecretStr) -> str:
    """The key's text. Raises KeyRefused where no header can carry it (the message of httpx would show it), or where it
    is so short that answers would hold it by chance."""
    text = key.get_secret_value()
    if len(text) < _KEY_CHARACTERS or not text.isascii() or not text.isprintable() or " " in text:
        raise KeyRefused(
            f"The OpenRouter key has fewer than {_KEY_CHARACTERS} characters, or some that no key has.",
            "set OPENROUTER_API_KEY to the whole key. The exports need none.",
        )
    return text


def retry_after_seconds(text: str | None, now_utc: datetime) -> float | None:
    """Of a Retry-After header, which holds seconds or a date; None where it cannot be read."""
    if text is None:
        return None
    if text.strip().isdecimal():
        return float(text)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, (at.replace(tzinfo=at.tzinfo or UTC) - now_utc).total_seconds())


def json_object(answer: Answer) -> dict[str, Any]:
    """The body as a JSON object. Raises AnswerChanged."""
    try:
        said = json.loads(answer.body.decode())
    except (ValueError, RecursionError):
        raise changed(answer.url, "it is not whole JSON") from None
    if not isinstance(said, dict):
        raise changed(answer.url, "it is not a JSON object")
    return said


def changed(url: str, how: str) -> AnswerChanged:
    return AnswerChanged(
        f"{url} has another shape than this program knows: {how}.",
        "run again later; if it stays so, tokentide has to be updated. Nothing of it was stored.",
    )


def instant(text: object, url: str) -> datetime:
    """An instant as the source writes it, with its fractions of a second. Raises AnswerChanged."""
    try:
        if not isinstance(text, str):
            raise ValueError
        at = datetime.fromisoformat(text)
    except ValueError:
        raise changed(url, f"{text!r} is no instant") from None
    return at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC).replace(tzinfo=None)


def _read(response: httpx.Response, limit_bytes: int, ends_at: float) -> bytes:
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > limit_bytes:
            raise changed(_address(response.request), f"it has more than {limit_bytes} bytes")
        if time.monotonic() > ends_at:
            raise httpx.ReadTimeout("the answer takes too long", request=response.request)
    return bytes(body)


def _message(response: httpx.Response, ends_at: float) -> str:
    """What the source says of an error, in one line; nothing where it says nothing readable."""
    try:
        said = json.loads(_read(response, _ERROR_BODY_BYTES, ends_at))
        return " ".join(str(said["error"]["message"]).split())
    except (ValueError, RecursionError, KeyError, TypeError, AnswerChanged, httpx.HTTPError):
        return ""


def _address(request: httpx.Request) -> str:
    return str(request.url.copy_with(query=None))


def _unreachable(request: httpx.Request, why: object) -> SourceUnreachable:
    return SourceUnreachable(
        f"{_address(request)} could not be reached: {why}.",
        "check the network and TOKENTIDE_OPENROUTER_URL, then run again. What was stored before is untouched.",
    )


def _broken_off(request: httpx.Request, why: object) -> SnapshotRejected:
    return SnapshotRejected(
        f"{_address(request)} broke off before the body was whole: {why}.",
        "run again; a part of a body is never stored.",
    )
