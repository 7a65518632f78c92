"""What is fetched from OpenRouter: which source, which days; and a failing source does not keep the others away.

Not here: how a source is asked (clients/), or what becomes of an answer (assets/snapshots.py).
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from assets.resources import FetchRequest, Observations
from pipeline.archive import BuiltInArchive
from pipeline.at_hand import known_days
from pipeline.clients.catalogue import Catalogue, Endpoints, Providers
from pipeline.clients.errors import KeyRefused
from pipeline.clients.export_plan import OLDEST_EXPORT
from pipeline.clients.exports import ExportsSource, stored_export_dates
from pipeline.clients.http import OpenRouter
from pipeline.clients.rankings_api import HISTORY_START, RankingsApi, request_spans
from pipeline.clients.rankings_api import SOURCE as API_SOURCE
from pipeline.clients.request_limits import RequestLimits
from pipeline.export_manifest import EXPORT_DAYS
from pipeline.settings import Settings
from warehouse.editions import open_published
from warehouse.errors import TokentideError
from warehouse.home import Home
from warehouse.snapshots import Origin, Snapshot, SnapshotStore

_DAY = timedelta(days=1)


@dataclass
class LiveOpenRouter:
    """Daily totals as asked for, then the catalogue with its prices."""

    settings: Settings
    request: FetchRequest
    report: Callable[[str], None] = lambda _: None
    server: OpenRouter | None = None  # a test's own patience
    missing_spans: list[tuple[date, date]] = field(default_factory=list, init=False)
    has_newest_totals: bool = field(default=False, init=False)

    def observations(self) -> Iterator[tuple[bytes, Origin, str | None]]:
        """Raises the first error of a source once every source was asked; what others gave is stored by then."""
        server = self.server or OpenRouter(self.settings.openrouter_url)
        store = SnapshotStore(self.settings.state)
        store.put_all(BuiltInArchive().observations())  # what is built in need not be fetched
        failures: list[TokentideError] = []
        wanted: list[tuple[str, Callable[[], Observations]]] = [
            ("daily totals", lambda: self._usage(server, store)),
            ("the price catalogue", lambda: Catalogue(server, self.report)),
        ]
        if number := self._number_of_endpoints():
            wanted.append(("its providers", lambda: Providers(server, self.report)))
            wanted.append(
                (
                    f"the endpoints of the {number} most used models",
                    lambda: Endpoints(server, most_used_models(self.settings.state, number), self.report),
                )
            )
        for what, make_source in wanted:
            self.report(f"asking {server.url} for {what}")
            try:
                source = make_source()
                yield from source.observations()
                if isinstance(source, ExportsSource):
                    self.missing_spans = source.missing_spans
                    self.has_newest_totals = self.request.last_day is None and not source.lacks_latest
                elif isinstance(source, RankingsApi):
                    self.has_newest_totals = self.request.last_day is None
            except TokentideError as error:
                self.report(f"failed: {error.args[0]}")
                failures.append(error)
        if failures:
            raise failures[0]

    def _number_of_endpoints(self) -> int:
        """As asked for; of a setting nothing comes before there is an edition that says which models are used most."""
        if self.request.endpoints is not None:
            return self.request.endpoints
        if self.settings.endpoints and not self.settings.state.published_file.exists():
            self.report("nothing is published yet that says which models are used most: no endpoints are asked for")
            return 0
        return self.settings.endpoints

    def _usage(self, server: OpenRouter, store: SnapshotStore) -> ExportsSource | RankingsApi:
        first, last = self.request.first_day, self.request.last_day
        snapshots = store.snapshots()
        newest_known = newest_day_without_gap(known_days(store, snapshots), OLDEST_EXPORT - EXPORT_DAYS * _DAY)
        live = self.settings.state.path / "live"
        if (self.request.source or self.settings.live_source) == "api":
            if self.settings.key is None:
                raise KeyRefused(
                    "The Data API needs a key, and there is none.",
                    "set OPENROUTER_API_KEY to any OpenRouter key. The exports need none: `tokentide fetch --source "
                    "exports`, and TOKENTIDE_LIVE_SOURCE=exports for all that fetches.",
                )
            refetched = newest_known and newest_known - (self.settings.refetch_days - 1) * _DAY
            if first is None and is_full_refetch_due(snapshots, self.settings.full_refetch_days):
                refetched = HISTORY_START
            limits = RequestLimits(live / "requests.json", report=self.report)
            return RankingsApi(
                server, self.settings.key, limits, first or refetched or HISTORY_START, last, self.report
            )
        whole_dates = stored_export_dates(one for one in snapshots if store.is_whole(one))
        damaged_dates = stored_export_dates(snapshots) - whole_dates
        for day in sorted(damaged_dates):
            self.report(f"the stored export of {day} is damaged: fetching it anew")
        return ExportsSource(
            server,
            live / "etags.json",
            newest_known_day=first - _DAY if first else newest_known,
            known_dates=whole_dates,
            damaged_dates=damaged_dates,
            last_day=last,
            refetch_days=0 if first else self.settings.refetch_days,
            overlap_days=self.settings.refetch_days,
            every_vintage=self.request.every_vintage,
            report=self.report,
        )


def most_used_models(home: Home, number: int) -> list[str]:
    """Ids, as the catalogue has them, of the models with most tokens in the newest published week.

    Raises PublishedFileInvalid where nothing is published yet.
    """
    with open_published(home) as published:
        rows = published.execute(
            "SELECT names.model_id FROM weekly.model_tokens AS tokens "
            "INNER JOIN prices.model_names AS names ON names.model_permaslug = tokens.model_permaslug "
            "WHERE tokens.week_start = (SELECT max(week_start) FROM weekly.model_tokens) AND names.valid_to IS NULL "
            "GROUP BY names.model_id ORDER BY max(tokens.tokens) DESC, names.model_id LIMIT ?",
            [number],
        ).fetchall()
    return [row[0] for row in rows]


def newest_day_without_gap(known: set[date], within_reach_from: date) -> date | None:
    """The last known day before the first that is missing among those that exports may hold; None where none is known.

    A gap that an earlier fetch had to leave is so looked for again; what lies before the exports' reach is not theirs
    to close.
    """
    day = within_reach_from
    while day in known:
        day += _DAY
    return max((one for one in known if one < day), default=None)


def is_full_refetch_due(snapshots: list[Snapshot], every_days: int, now: datetime | None = None) -> bool:
    """Whether the Data API has not been asked for the whole history for so long: the far past is restated, too."""
    since = (now or datetime.now(UTC).replace(tzinfo=None)) - timedelta(days=every_days)
    asked = {
        (said.get("start_date"), said.get("end_date"))
        for said in (
            _parameters(snapshot)
            for snapshot in snapshots
            if snapshot.origin.source == API_SOURCE and snapshot.origin.fetched_at_utc > since
        )
    }
    histories = (request_spans(HISTORY_START, date.fromisoformat(end)) for _, end in asked if end)
    # every request of one history: of a single one it is a part that was asked for, or the rest has failed
    return not any(len(spans) > 1 and {(str(a), str(b)) for a, b in spans} <= asked for spans in histories)


def _parameters(snapshot: Snapshot) -> dict[str, Any]:
    said = json.loads(snapshot.origin.parameters or "{}")
    return said if isinstance(said, dict) else {}
