"""Which dated exports to fetch: pure functions of days. An export of date D holds the days before it, D itself not."""

from collections.abc import Collection, Iterable
from datetime import date, timedelta

from pipeline.export_manifest import EXPORT_DAYS

OLDEST_EXPORT = date(2026, 9, 19)  # older ones were not found in November 2026
REFETCH_DAYS = 10

_DAY = timedelta(days=1)


def plan_exports(
    newest_known_day: date | None,
    latest_snapshot_date: date,
    refetch_days: int = REFETCH_DAYS,
    window_days: int = EXPORT_DAYS,
    every_vintage: bool = False,
    *,
    overlap_days: int = REFETCH_DAYS,
    oldest_snapshot_date: date = OLDEST_EXPORT,
    unpublished: Collection[date] = (),
) -> list[date]:
    """The fewest exports that close the gap from the newest known day to the latest export, in order.

    The last `refetch_days` known days are covered again, as figures are restated; each export holds the last
    `overlap_days` of the one before it again (fewer only where no published one does), so that what was restated
    between them is seen; the latest export is always among them. Where nothing is known, the plan goes back as far as
    exports do. `unpublished` dates are stepped over. `every_vintage`: all dates there are.
    """
    oldest = min(oldest_snapshot_date, latest_snapshot_date)
    published = [day for day in _days(oldest, latest_snapshot_date) if day not in unpublished]
    if every_vintage:
        return published
    window = timedelta(days=window_days)
    after = oldest - window if newest_known_day is None else newest_known_day - timedelta(days=refetch_days) + _DAY
    reach = after + window  # the latest that still holds the oldest day that is needed
    plan: list[date] = []
    # always the latest export within reach, or else the next there is: no plan closes the gap with fewer
    while later := [day for day in published if day > after]:
        after = max((day for day in later if day <= reach), default=later[0])
        plan.append(after)
        reach = after + window - timedelta(days=overlap_days)
    return plan or published[-1:]


def covered_days(snapshot_dates: Iterable[date], window_days: int = EXPORT_DAYS) -> set[date]:
    """Every day that one of the exports holds."""
    return {day - timedelta(days=back) for day in snapshot_dates for back in range(1, window_days + 1)}


def gaps(
    newest_known_day: date | None,
    latest_snapshot_date: date,
    snapshot_dates: Collection[date],
    window_days: int = EXPORT_DAYS,
) -> list[tuple[date, date]]:
    """Spans of unknown days, first and last, that none of the exports holds: between the newest known day (or the
    oldest export, where nothing is known) and the latest export."""
    covered = covered_days(snapshot_dates, window_days)
    first = min(covered, default=latest_snapshot_date) if newest_known_day is None else newest_known_day + _DAY
    spans: list[tuple[date, date]] = []
    for day in _days(first, latest_snapshot_date - _DAY):
        if day in covered:
            continue
        if spans and spans[-1][1] == day - _DAY:
            spans[-1] = (spans[-1][0], day)
        else:
            spans.append((day, day))
    return spans


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]
