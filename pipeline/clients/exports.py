"""OpenRouter's keyless exports of the daily rankings: immutable dated files, each proven by its manifest.

Which dates are wanted is decided in export_plan.py. Read are the index, the manifest of the latest export, and each
dated manifest and file; never the `latest` files themselves, which can come from two dates.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from pipeline.clients.export_plan import OLDEST_EXPORT, REFETCH_DAYS, covered_days, gaps, plan_exports
from pipeline.clients.http import Answer, Connection, OpenRouter, changed, json_object
from pipeline.clients.remembered import read_remembered, remember
from pipeline.export_manifest import (
    ExportManifest,
    ManifestInvalid,
    export_date,
    export_origin,
    parse_manifest,
    verify_export,
)
from warehouse.errors import SnapshotRejected
from warehouse.parsers import EXPORT_FORMAT
from warehouse.snapshots import Origin, Snapshot

EXPORTS = "/api/v1/datasets/exports"
DATASET = "rankings-daily"

_SCHEMA_VERSION = "v1"
_INDEX_BYTES = 1_000_000
_FILE_BYTES = 100_000_000
# A date can have been missed; that several in a row were means that exports no longer reach back so far.
_MISSED_IN_A_ROW = 3
_DAY = timedelta(days=1)
_IF_NOT_AS_PUBLISHED = (
    "run again; if it stays so, the file was altered on its way or at its source. Nothing of it was stored."
)


@dataclass
class ExportsSource:
    """Exports from the newest known day on; `known_dates` are exports that are stored already, `damaged_dates` such as
    were, and are fetched anew wherever they lie: the same bytes restore them.

    What it cannot get is in `missing_spans` once all observations were taken, and was reported; `lacks_latest` where
    the newest day that there should be is among it.
    """

    server: OpenRouter
    etags: Path
    newest_known_day: date | None = None
    known_dates: frozenset[date] = frozenset()
    damaged_dates: frozenset[date] = frozenset()
    last_day: date | None = None  # the last that is wanted; else all there are
    refetch_days: int = REFETCH_DAYS
    overlap_days: int = REFETCH_DAYS
    every_vintage: bool = False
    oldest_snapshot_date: date = OLDEST_EXPORT
    report: Callable[[str], None] = lambda _: None
    missing_spans: list[tuple[date, date]] = field(default_factory=list, init=False)
    lacks_latest: bool = field(default=False, init=False)

    def observations(self) -> Iterator[tuple[bytes, Origin, str]]:
        """Body, origin and published sha256 of each export, oldest first. A body unlike its manifest is never among
        them: SnapshotRejected. Raises the errors of clients/errors.py, too."""
        with self.server.connect(self.report) as connection:
            answers = self._naming_the_latest(connection)
            if all(answer.is_unchanged for answer, _ in answers):
                self.report("OpenRouter has published no export since the last fetch")
            latest = max(day for _, day in answers)  # either can be behind for up to an hour
            yield from self._exports(connection, min(latest, self.last_day + _DAY) if self.last_day else latest)
            # only now: had storing one of them failed, "since the last fetch" would not be true
            self._remember([answer for answer, _ in answers], latest)

    def _exports(self, connection: Connection, latest: date) -> Iterator[tuple[bytes, Origin, str]]:
        oldest, unpublished, fetched = self.oldest_snapshot_date, set[date](), set[date]()
        while True:
            plan = plan_exports(
                self.newest_known_day,
                latest,
                self.refetch_days,
                every_vintage=self.every_vintage,
                overlap_days=self.overlap_days,
                oldest_snapshot_date=oldest,
                unpublished=unpublished,
            )
            wanted = sorted({*plan, *self.damaged_dates} - fetched - self.known_dates - unpublished)
            if not wanted:
                break
            day = wanted[0]
            manifest = self._manifest_of(connection, day)
            if manifest is not None:
                yield self._export(connection, *manifest)
                fetched.add(day)
                continue
            self.report(f"OpenRouter has no export of {day}: stepping over it")
            unpublished.add(day)
            missed = sum(abs((other - day).days) < _MISSED_IN_A_ROW for other in unpublished)
            if missed >= _MISSED_IN_A_ROW and not fetched and not self.every_vintage:
                oldest = self._oldest_published(connection, day, latest, unpublished)
                self.report(f"The oldest export that OpenRouter still has is that of {oldest}")
        self._name_gaps(latest, {*plan, *fetched, *self.known_dates})

    def _export(self, connection: Connection, manifest: ExportManifest, text: str) -> tuple[bytes, Origin, str]:
        path = _path(manifest.snapshot_date, "csv")
        answer = connection.get(path, limit_bytes=_FILE_BYTES)
        url = connection.url + path
        if answer is None:
            raise SnapshotRejected(f"{url} is missing, though its manifest is there.", "run again later.")
        verify_export(answer.body, manifest, answer.url, _IF_NOT_AS_PUBLISHED, self.report)
        origin = replace(
            export_origin(manifest, text, answer.fetched_at_utc),
            url=url,
            http_status=answer.status,
            http_headers=answer.headers_that_matter,
        )
        return answer.body, origin, manifest.files.csv.sha256

    def _manifest_of(self, connection: Connection, day: date) -> tuple[ExportManifest, str] | None:
        """The manifest of that date and its text, or None where there is none. Raises AnswerChanged."""
        answer = connection.get(_path(day, "manifest.json"), limit_bytes=_INDEX_BYTES)
        if answer is None:
            return None
        manifest = _manifest(answer)
        if manifest.snapshot_date != day:
            raise changed(answer.url, f"it says that it is of {manifest.snapshot_date}")
        return manifest, answer.body.decode(errors="replace")

    def _oldest_published(self, connection: Connection, missing: date, published: date, known: set[date]) -> date:
        """By halving, as exports of hundreds of days may be gone. Adds what is found missing to `known`."""
        while (published - missing).days > 1:
            middle = missing + (published - missing) // 2
            if middle in known or self._manifest_of(connection, middle) is None:
                known.add(middle)
                missing = middle
            else:
                published = middle
        return published

    def _name_gaps(self, latest: date, held: set[date]) -> None:
        self.missing_spans = gaps(self.newest_known_day, latest, held)
        self.lacks_latest = any(last == latest - _DAY for _, last in self.missing_spans)
        for first, last in self.missing_spans:
            days = f"{first}" if first == last else f"{first} to {last}"
            asking_the_api = "set OPENROUTER_API_KEY to any OpenRouter key, then `tokentide fetch --source api`"
            if last == latest - _DAY and first in covered_days([latest + _DAY]):
                self.report(
                    f"No export holds {days} yet. That of {latest + _DAY} will, once published: then fetch again. "
                    f"The Data API does now: {asking_the_api}"
                )
            else:
                self.report(f"No export holds {days}. The Data API does: {asking_the_api}")

    def _naming_the_latest(self, connection: Connection) -> list[tuple[Answer, date]]:
        """Index and latest manifest, each with the export that it names as the latest: of an unchanged one, the export
        that was the latest then. Whether its days are at hand is for the plan to see."""
        remembered = read_remembered(self.etags)
        answers = []
        for path, latest_in in _NAMING_THE_LATEST:
            etag, latest = _remembered(remembered.get(connection.url + path))
            answer = connection.get(path, limit_bytes=_INDEX_BYTES, etag=etag)
            if answer is None:
                raise changed(connection.url + path, "there is nothing at this address")
            answers.append((answer, latest if latest and answer.is_unchanged else latest_in(answer)))
        return answers

    def _remember(self, answers: Iterable[Answer], latest: date) -> None:
        remembered = read_remembered(self.etags)
        for answer in answers:
            if etag := answer.headers.get("etag"):
                remembered[answer.url] = {"etag": etag, "latest_snapshot_date": latest.isoformat()}
        remember(self.etags, remembered)


def _remembered(said: object) -> tuple[str | None, date | None]:
    """An ETag and the latest export when it was given; neither where both are not there."""
    try:
        etag, latest = said["etag"], date.fromisoformat(said["latest_snapshot_date"])  # type: ignore[index]
    except (KeyError, TypeError, ValueError):
        return None, None
    return (etag, latest) if isinstance(etag, str) else (None, None)


def stored_export_dates(snapshots: Iterable[Snapshot]) -> frozenset[date]:
    """The dates of the exports among the snapshots."""
    return frozenset(export_date(snapshot) for snapshot in snapshots if snapshot.origin.format == EXPORT_FORMAT)


def _path(day: date, ending: str) -> str:
    return f"{EXPORTS}/{DATASET}/{day}.{ending}"


def _latest_in_index(answer: Answer) -> date:
    """Raises AnswerChanged."""
    index = json_object(answer)
    _same_version(index, answer)
    datasets = index.get("datasets")
    for dataset in datasets if isinstance(datasets, list) else []:
        if isinstance(dataset, dict) and dataset.get("id") == DATASET:
            return _day(dataset.get("latest_snapshot_date"), answer)
    raise changed(answer.url, f"it does not list {DATASET}")


def _manifest(answer: Answer) -> ExportManifest:
    """Raises AnswerChanged."""
    try:
        manifest = parse_manifest(answer.body.decode(errors="replace"), "it")
    except ManifestInvalid as error:
        raise changed(answer.url, str(error.args[0]).rstrip(".")) from error
    if urlsplit(manifest.files.csv.url).path != _path(manifest.snapshot_date, "csv"):
        raise changed(answer.url, f"its file is {manifest.files.csv.url}, not the one of {manifest.snapshot_date}")
    return manifest


def _same_version(said: dict[str, object], answer: Answer) -> None:
    if (version := said.get("schema_version")) != _SCHEMA_VERSION:
        raise changed(answer.url, f"its schema_version is {version}, known is {_SCHEMA_VERSION}")


def _day(text: object, answer: Answer) -> date:
    try:
        if not isinstance(text, str):
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise changed(answer.url, f"{text!r} is no day") from None


_NAMING_THE_LATEST: tuple[tuple[str, Callable[[Answer], date]], ...] = (
    (f"{EXPORTS}/index.json", _latest_in_index),
    (f"{EXPORTS}/{DATASET}/latest.manifest.json", lambda answer: _manifest(answer).snapshot_date),
)
