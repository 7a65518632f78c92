"""OpenRouter's catalogue of models, its providers, and the endpoints of single models; none needs a key.

No ETag is used here: that a price still stands at a later instant is an observation too.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from pipeline.clients.errors import QuotaExceeded
from pipeline.clients.http import Connection, OpenRouter, changed, json_object
from warehouse.errors import TokentideError
from warehouse.parsers import CATALOGUE_FORMAT, ENDPOINTS_FORMAT, PROVIDERS_FORMAT
from warehouse.snapshots import Origin

MODELS = "/api/v1/models"
PROVIDERS = "/api/v1/providers"

_ANSWER_BYTES = 50_000_000
_FAILURES_IN_A_ROW = 3  # more is no fault of single models, and each costs all its retries


@dataclass
class Catalogue:
    """Every model with its prices as they stand."""

    server: OpenRouter
    report: Callable[[str], None] = lambda _: None

    def observations(self) -> Iterator[tuple[bytes, Origin, None]]:
        """Body and origin; the source publishes no hash. Raises the errors of clients/errors.py."""
        with self.server.connect(self.report) as connection:
            yield _observe_list(connection, MODELS, "openrouter-catalogue", CATALOGUE_FORMAT, "model catalogue")


@dataclass
class Providers:
    """Every provider with its headquarters and datacenters."""

    server: OpenRouter
    report: Callable[[str], None] = lambda _: None

    def observations(self) -> Iterator[tuple[bytes, Origin, None]]:
        """Body and origin; the source publishes no hash. Raises the errors of clients/errors.py."""
        with self.server.connect(self.report) as connection:
            yield _observe_list(connection, PROVIDERS, "openrouter-providers", PROVIDERS_FORMAT, "providers")


@dataclass
class Endpoints:
    """Who serves the given models at what price, one request each. A model that is not listed is named and left out."""

    server: OpenRouter
    model_ids: Sequence[str]
    report: Callable[[str], None] = lambda _: None

    def observations(self) -> Iterator[tuple[bytes, Origin, None]]:
        """Body and origin of each model; the source publishes no hash.

        Models that fail do not keep the others away: the first one's error, naming all, is raised at the end; at once
        where the source limits us, or fails several times in a row. Raises the errors of clients/errors.py.
        """
        failed: dict[str, TokentideError] = {}
        in_a_row = 0
        with self.server.connect(self.report) as connection:
            for number, model_id in enumerate(self.model_ids, 1):
                try:
                    observation = self._of_model(connection, model_id)
                except TokentideError as error:
                    failed[model_id] = error
                    in_a_row += 1
                    if isinstance(error, QuotaExceeded) or in_a_row == _FAILURES_IN_A_ROW:
                        raise _without([*failed, *self.model_ids[number:]], failed) from error
                    self.report(f"failed: {error.args[0]}")
                    continue
                in_a_row = 0
                if observation is None:
                    self.report(f"OpenRouter does not list {model_id}: left out")
                else:
                    yield observation
        if failed:
            raise _without(list(failed), failed)

    def _of_model(self, connection: Connection, model_id: str) -> tuple[bytes, Origin, None] | None:
        path = f"{MODELS}/{quote(model_id, safe='/:')}/endpoints"
        about = "endpoints of single models"
        return _observe(connection, path, "openrouter-endpoints", ENDPOINTS_FORMAT, about, {"model": model_id})


def _without(model_ids: Sequence[str], failed: Mapping[str, TokentideError]) -> TokentideError:
    """The first error, saying of which models the endpoints were not had for it or for later ones."""
    first = next(iter(failed.values()))
    return type(first)(f"The endpoints of {', '.join(model_ids)} were not fetched. {first.args[0]}", first.next_step)


def _observe_list(
    connection: Connection, path: str, source: str, body_format: str, about: str
) -> tuple[bytes, Origin, None]:
    """The same for a list that is always there. Raises AnswerChanged."""
    observation = _observe(connection, path, source, body_format, about)
    if observation is None:
        raise changed(connection.url + path, "there is nothing at this address")
    return observation


def _observe(
    connection: Connection,
    path: str,
    source: str,
    body_format: str,
    about: str,
    parameters: dict[str, str] | None = None,
) -> tuple[bytes, Origin, None] | None:
    """The body, whole and with the list it should have, or None where there is nothing. Raises AnswerChanged."""
    answer = connection.get(path, limit_bytes=_ANSWER_BYTES)
    if answer is None:
        return None
    data, where = json_object(answer).get("data"), "data"
    if body_format == ENDPOINTS_FORMAT:
        data, where = data.get("endpoints") if isinstance(data, dict) else None, "data.endpoints"
    if not isinstance(data, list):
        raise changed(answer.url, f"it has no list under `{where}`")
    # such a body does not say when it was made; a fraction of a second would only pretend that it did
    at = answer.fetched_at_utc.replace(microsecond=0)
    origin = Origin(
        source=source,
        format=body_format,
        as_of_utc=at,
        fetched_at_utc=answer.fetched_at_utc,
        url=answer.url,
        license="none stated",
        license_url=None,
        citation=f"Source: OpenRouter's {about} (openrouter.ai), as of {at.isoformat()}Z.",
        parameters=json.dumps(parameters) if parameters else None,
        http_status=answer.status,
        http_headers=answer.headers_that_matter,
    )
    return answer.body, origin, None
