"""The paths of the loopback OpenRouter: what may be asked, and how it is answered. The bodies are made elsewhere."""

import asyncio
import hashlib
import json
import math
import time
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from email.utils import format_datetime
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from pipeline.clients.export_plan import OLDEST_EXPORT
from pipeline.clients.exports import DATASET, EXPORTS
from pipeline.clients.rankings_api import HISTORY_START, MAX_DAYS, RANKINGS
from pipeline.clients.request_limits import RequestLimits
from pipeline.dev_server import catalogue, export_files
from pipeline.dev_server.faults import Fault, Faults
from pipeline.dev_server.figures import DayRows, Figures, in_order_of_source, recorded_figures
from warehouse.export_bytes import export_bytes

_DAY = timedelta(days=1)
_DEFAULT_DAYS = 30
_LIMITS = ((RequestLimits.per_minute, 60), (RequestLimits.per_day, 86_400))  # requests with a key, in so many seconds


class LoopbackOpenRouter:
    """What it serves and which faults it has; both may be changed while it serves.

    `today` decides which exports there are, `now_utc` what the Data API knows (by default at 02:00 of the day after the
    last that has figures, or of today: so it says nothing newer of the same figures on a later day).
    `never_published` are dates of exports that are not there, `missing_days` days that no answer has figures of.
    `alter` may change any JSON before it is sent. `requests` lists path and query of what was asked, in order,
    `user_agents` who asked.
    """

    def __init__(
        self,
        figures: Figures | None = None,
        today: date | None = None,
        key: str | None = None,
        oldest_export: date = OLDEST_EXPORT,
        never_published: Iterable[date] = (),
        missing_days: Iterable[date] = (),
        history_start: date = HISTORY_START,
        has_limits: bool = True,
        faults: Iterable[Fault] = (),
        retry_after: str = "1",
        slow_seconds: float = 2,
        alter: Callable[[dict[str, Any]], dict[str, Any]] = lambda said: said,
        now_utc: datetime | None = None,
    ) -> None:
        self.figures = figures or recorded_figures()
        self.today = today or self.figures.last_day + 2 * _DAY
        self.key = key
        self.oldest_export = oldest_export
        self.never_published = set(never_published)
        self.missing_days = set(missing_days)
        self.history_start = history_start
        self.has_limits = has_limits
        self.faults = Faults(faults)
        self.retry_after = retry_after
        self.slow_seconds = slow_seconds
        self.alter = alter
        self.now_utc = now_utc
        self.requests: list[str] = []
        self.user_agents: set[str] = set()
        self._keyed_at: list[float] = []
        exports = f"{EXPORTS}/{DATASET}"
        self.app = Starlette(
            routes=[
                self._route(f"{EXPORTS}/index.json", self._index),
                self._route(f"{exports}/latest.manifest.json", self._latest_manifest),
                self._route(f"{exports}/latest.csv", self._latest_csv),
                self._route(f"{exports}/{{name}}", self._dated_file),
                self._route(RANKINGS, self._rankings),
                self._route("/api/v1/models", lambda request: self._data(request, catalogue.models())),
                self._route("/api/v1/models/{author}/{slug}/endpoints", self._endpoints),
                self._route("/api/v1/providers", lambda request: self._data(request, catalogue.providers())),
                self._route("/{path:path}", lambda _: _error(404, "Not Found")),
            ]
        )

    @property
    def latest_export(self) -> date:
        day = self._known_on
        while day in self.never_published:
            day -= _DAY
        return day

    @property
    def _known_on(self) -> date:
        """The day on which the last of its figures are known."""
        return min(self.today, self.figures.last_day + _DAY)

    def export(self, snapshot_date: date) -> bytes | None:
        """The file of that date; None where there is none."""
        is_published = self.oldest_export <= snapshot_date <= self.latest_export
        if not is_published or snapshot_date in self.never_published:
            return None
        at = export_files.retrieved_at(snapshot_date)
        days = export_files.window(snapshot_date)
        return export_bytes((day, model, tokens) for day in days for model, tokens in self._rows(day, at))

    def _route(self, path: str, answer: Callable[[Request], Response]) -> Route:
        async def endpoint(request: Request) -> Response:
            self.requests.append(request.url.path + (f"?{request.url.query}" if request.url.query else ""))
            self.user_agents.add(request.headers.get("user-agent", ""))
            if self.faults.strikes(Fault.RATE_LIMITED):
                return _error(429, "Rate limit exceeded", {"Retry-After": self.retry_after})
            if self.faults.strikes(Fault.SERVER_ERRORS):
                return _error(500, "Internal Server Error")
            if self.faults.strikes(Fault.SLOW):
                await asyncio.sleep(self.slow_seconds)
            return answer(request)

        return Route(path, endpoint, methods=["GET"])

    # --- exports ---

    def _index(self, request: Request) -> Response:
        latest = self.latest_export - self.faults.strikes(Fault.MIXED_LATEST) * _DAY
        return self._json(request, export_files.index(latest, _base_url(request), self._note(latest - _DAY)))

    def _latest_manifest(self, request: Request) -> Response:
        return self._manifest(request, self.latest_export)

    def _latest_csv(self, request: Request) -> Response:
        is_behind = self.faults.strikes(Fault.MIXED_LATEST)
        return self._csv(request, self.latest_export - is_behind * _DAY)

    def _dated_file(self, request: Request) -> Response:
        day_text, _, ending = request.path_params["name"].partition(".")
        answer = {"csv": self._csv, "manifest.json": self._manifest}.get(ending)
        day = _read_day(day_text)
        if answer is None or day is None or self._is_missing(day):
            return _error(404, "Export not found")
        return answer(request, day)

    def _is_missing(self, day: date) -> bool:
        return day == self.latest_export and self.faults.strikes(Fault.MISSING_EXPORT)

    def _manifest(self, request: Request, day: date) -> Response:
        body = self.export(day)
        if body is None:
            return _error(404, "Export not found")
        manifest = export_files.manifest(day, body, _base_url(request), self._note(day - _DAY))
        return self._json(request, manifest, export_files.retrieved_at(day))

    def _csv(self, request: Request, day: date) -> Response:
        body = self.export(day)
        if body is None:
            return _error(404, "Export not found")
        if self.faults.strikes(Fault.WRONG_HASH):
            body = body[:-3] + bytes([body[-3] ^ 1]) + body[-2:]  # the last digit of the last share
        return self._payload(request, body, "text/csv", export_files.retrieved_at(day))

    # --- Data API ---

    def _rankings(self, request: Request) -> Response:
        if refusal := self._refusal(request):
            return refusal
        asked = request.query_params
        if unserved := [name for name in asked if name not in ("start_date", "end_date")]:
            return _error(400, f"{unserved[0]} is not served by the loopback OpenRouter")
        end = _read_day(asked.get("end_date", str(self.today - _DAY)))
        start = _read_day(asked.get("start_date", str((end or self.today) - (_DEFAULT_DAYS - 1) * _DAY)))
        if start is None or end is None:
            return _error(400, "start_date and end_date are days written YYYY-MM-DD")
        if end < self.history_start:
            return _error(400, f"end_date must not be before {self.history_start}")
        start, end = max(start, self.history_start), min(end, self.today)  # meta says what was made of them
        if start > end:
            return _error(400, "start_date must not be after end_date")
        if (end - start).days >= MAX_DAYS:
            return _error(400, f"the window must not exceed {MAX_DAYS} days")
        as_of = self.now_utc or datetime.combine(self._known_on, clock(2))
        days = [start + number * _DAY for number in range((end - start).days + 1)]
        data = [
            {"date": str(day), "model_permaslug": slug, "total_tokens": str(tokens)}
            for day in days
            for slug, tokens in self._rows(day, as_of)
        ]
        meta = {"as_of": f"{as_of.isoformat()}Z", "version": "v1", "start_date": str(start), "end_date": str(end)}
        if note := self._note(end):
            meta["note"] = note
        return self._payload(request, self._text({"data": data, "meta": meta}), "application/json")

    def _refusal(self, request: Request) -> Response | None:
        """401 or 429, where the key or the limits do not allow an answer."""
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        is_accepted = scheme == "Bearer" and bool(key) and self.key in (None, key)
        if not is_accepted or self.faults.strikes(Fault.REFUSED_KEY):
            return _error(401, "User not found.")
        if not self.has_limits:
            return None
        now = time.monotonic()
        for limit, seconds in _LIMITS:
            within = [at for at in self._keyed_at if now - at < seconds]
            if len(within) >= limit:
                return _error(429, "Rate limit exceeded", {"Retry-After": str(math.ceil(within[0] + seconds - now))})
        self._keyed_at.append(now)
        return None

    # --- catalogue ---

    def _data(self, request: Request, data: Any) -> Response:
        return self._payload(request, self._text({"data": data}), "application/json")

    def _endpoints(self, request: Request) -> Response:
        data = catalogue.endpoints(f"{request.path_params['author']}/{request.path_params['slug']}")
        return _error(404, "Model not found") if data is None else self._data(request, data)

    # --- what all have in common ---

    def _rows(self, day: date, at_utc: datetime) -> DayRows:
        rows = [] if day in self.missing_days else self.figures.of_day(day, at_utc)
        is_newest = at_utc >= export_files.retrieved_at(self.latest_export)
        is_touched = day in export_files.window(self.latest_export)
        if rows and is_newest and is_touched and self.faults.is_on(Fault.RESTATED_DAYS):
            (slug, tokens), *others = rows
            rows = in_order_of_source([(slug, tokens + tokens // 10), *others])
        return rows

    def _note(self, last_day: date) -> str | None:
        """What an answer that reaches to this day says of invented figures in it."""
        first = self.figures.first_invented_day
        if first is None or last_day < first:
            return None
        return f"From {first} on these figures are invented by tokentide dev-server for trying out: do not quote them."

    def _text(self, said: dict[str, Any]) -> bytes:
        said = self.alter(said)
        if self.faults.strikes(Fault.CHANGED_SHAPE):
            said = {f"{name}_v2": value for name, value in said.items()}
        return json.dumps(said, indent=2).encode()

    def _json(self, request: Request, said: dict[str, Any], modified: datetime | None = None) -> Response:
        return _cached(request, self._text(said), "application/json", modified)

    def _payload(self, request: Request, body: bytes, kind: str, modified: datetime | None = None) -> Response:
        if self.faults.strikes(Fault.TRUNCATED_BODY):
            body = body[: len(body) * 2 // 3]
        if self.faults.strikes(Fault.BROKEN_CONNECTION):
            half = iter([body[: len(body) // 2]])
            return StreamingResponse(half, media_type=kind, headers={"Content-Length": str(len(body))})
        return _cached(request, body, kind, modified)


def _cached(request: Request, body: bytes, kind: str, modified: datetime | None) -> Response:
    headers = {"ETag": f'"{hashlib.sha256(body).hexdigest()[:32]}"'}
    if modified is not None:
        headers["Last-Modified"] = format_datetime(modified.replace(tzinfo=UTC), usegmt=True)
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=kind, headers=headers)


def _error(status: int, message: str, headers: dict[str, str] | None = None) -> Response:
    body = json.dumps({"error": {"message": message, "code": status}})
    return Response(body, status, headers, media_type="application/json")


def _base_url(request: Request) -> str:
    return str(request.base_url).rstrip("/")


def _read_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
