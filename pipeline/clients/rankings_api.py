"""OpenRouter's Data API of the daily rankings: the whole history since 2025-01-01, for whoever has a key.

The key is sent to the server and stands nowhere else. Whether the rows are any good is judged in staging, day by day;
here only whether the answer is what was asked for.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from pydantic import SecretStr

from pipeline.clients.http import Answer, Connection, OpenRouter, changed, instant, json_object
from pipeline.clients.request_limits import RequestLimits
from warehouse.parsers import API_FORMAT
from warehouse.snapshots import Origin

SOURCE = "openrouter-api"
RANKINGS = "/api/v1/datasets/rankings-daily"
HISTORY_START = date(2025, 1, 1)
MAX_DAYS = 366

_VERSION = "v1"
_ANSWER_BYTES = 100_000_000
_DAY = timedelta(days=1)


@dataclass
class RankingsApi:
    """The days from `first_day` to `last_day` (by default the last complete one, as the current one still grows)."""

    server: OpenRouter
    key: SecretStr
    limits: RequestLimits
    first_day: date = HISTORY_START
    last_day: date | None = None
    report: Callable[[str], None] = lambda _: None

    def observations(self) -> Iterator[tuple[bytes, Origin, None]]:
        """Body and origin of each answer; the source publishes no hash. Raises the errors of clients/errors.py."""
        yesterday = datetime.now(UTC).date() - _DAY
        last_day = min(self.last_day or yesterday, yesterday)
        if self.first_day < HISTORY_START:
            self.report(f"The Data API's history starts on {HISTORY_START}: asking for nothing before it")
        with self.server.connect(self.report) as connection:
            for first, last in request_spans(max(self.first_day, HISTORY_START), last_day):
                yield self._rows(connection, first, last)

    def _rows(self, connection: Connection, first: date, last: date) -> tuple[bytes, Origin, None]:
        parameters = {"start_date": first.isoformat(), "end_date": last.isoformat()}
        answer = connection.get(
            RANKINGS,
            limit_bytes=_ANSWER_BYTES,
            parameters=parameters,
            key=self.key,
            before_attempt=self.limits.take,
        )
        if answer is None:
            raise changed(connection.url + RANKINGS, "there is nothing at this address")
        said = json_object(answer)
        as_of, as_of_utc = self._verified(said, answer, first, last)
        answered = {f"answered_{name}": str(date.fromisoformat(str(said["meta"][name]))) for name in parameters}
        origin = Origin(
            source=SOURCE,
            format=API_FORMAT,
            as_of_utc=as_of_utc,
            fetched_at_utc=answer.fetched_at_utc,
            url=answer.url,
            license="CC BY 4.0",
            license_url="https://creativecommons.org/licenses/by/4.0/",
            citation=f"Source: OpenRouter (openrouter.ai/rankings), as of {as_of}.",
            parameters=json.dumps(parameters | answered),
            http_status=answer.status,
            http_headers=answer.headers_that_matter,
        )
        return answer.body, origin, None

    def _verified(self, said: dict[str, Any], answer: Answer, first: date, last: date) -> tuple[str, datetime]:
        """As of when the figures are, as text and as instant. Raises AnswerChanged where the answer is another one
        than was asked for; reports what staging will have to judge."""
        meta, rows = said.get("meta"), said.get("data")
        if not isinstance(meta, dict) or not isinstance(rows, list):
            raise changed(answer.url, "it has no `meta` object or no list of rows under `data`")
        if meta.get("version") != _VERSION:
            raise changed(answer.url, f"its version is {meta.get('version')}, known is {_VERSION}")
        start, end = str(meta.get("start_date")), str(meta.get("end_date"))
        try:
            answered_first = date.fromisoformat(start)
        except ValueError:
            raise changed(answer.url, f"its start_date {start!r} is no day") from None
        if end != last.isoformat() or not first <= answered_first <= last:
            raise changed(answer.url, f"{first} to {last} was asked for, it says that it holds {start} to {end}")
        if answered_first != first:
            self.report(f"The Data API's history starts on {start}: nothing before it is there, asked for was {first}")
        days = [row.get("date") if isinstance(row, dict) else None for row in rows]
        outside = sum(not (isinstance(day, str) and start <= day <= end) for day in days)
        if outside:
            self.report(f"{outside} rows of the answer are outside of {start} to {end}; staging keeps such days out")
        return str(meta.get("as_of")), instant(meta.get("as_of"), answer.url)


def request_spans(first: date, last: date, max_days: int = MAX_DAYS) -> list[tuple[date, date]]:
    """The fewest spans of at most `max_days` that make up the days from first to last; none where there are no days."""
    spans: list[tuple[date, date]] = []
    while first <= last:
        end = min(last, first + timedelta(days=max_days - 1))
        spans.append((first, end))
        first = end + _DAY
    return spans
