"""Which exports are fetched: as few as can be, and every day that they can give."""

from datetime import date, timedelta
from itertools import combinations, pairwise

from hypothesis import given
from hypothesis import strategies as st

from pipeline.clients.export_plan import covered_days, gaps, plan_exports

LATEST = date(2026, 11, 20)
OLDEST = date(2026, 9, 19)
DAY = timedelta(days=1)


def day(number: int) -> date:
    return OLDEST + number * DAY


def span(first: date, last: date) -> set[date]:
    return {first + number * DAY for number in range((last - first).days + 1)}


def test_the_day_after_needs_the_latest_export_alone() -> None:
    assert plan_exports(LATEST - 2 * DAY, LATEST, 10) == [LATEST]
    assert plan_exports(LATEST - DAY, LATEST, 0) == [LATEST], "even if it holds nothing new"


def test_six_weeks_need_three_exports_which_overlap_the_known_days_and_each_other() -> None:
    newest = LATEST - 43 * DAY
    plan = plan_exports(newest, LATEST, 10)
    assert plan == [LATEST - 22 * DAY, LATEST - 2 * DAY, LATEST]
    assert min(covered_days(plan)) == newest - 9 * DAY
    assert covered_days(plan[:1]) & covered_days(plan[1:2]) == span(LATEST - 32 * DAY, LATEST - 23 * DAY), "ten days"


def test_without_an_overlap_two_do() -> None:
    assert plan_exports(LATEST - 43 * DAY, LATEST, 10, overlap_days=0) == [LATEST - 22 * DAY, LATEST]


def test_nothing_known_takes_all_that_exports_hold_with_the_fewest() -> None:
    assert plan_exports(None, OLDEST + 20 * DAY, 10) == [OLDEST, OLDEST + 20 * DAY]
    assert plan_exports(None, LATEST, 10) == [day(0), day(20), day(40), day(60), LATEST]


def test_every_vintage_is_every_date_that_was_published() -> None:
    plan = plan_exports(LATEST, LATEST, 10, every_vintage=True, unpublished={day(3)})
    assert plan == sorted(span(OLDEST, LATEST) - {day(3)})


def test_an_unpublished_date_is_stepped_over_to_the_one_before_it() -> None:
    newest = LATEST - 43 * DAY
    first, second, last = plan_exports(newest, LATEST, 10)
    assert plan_exports(newest, LATEST, 10, unpublished={first}) == [first - DAY, second - DAY, last]
    assert plan_exports(newest, LATEST, 10, unpublished={LATEST}) == [first, second, LATEST - DAY]


def test_where_none_overlaps_far_enough_the_next_there_is_overlaps_as_far_as_can_be() -> None:
    newest = LATEST - 43 * DAY
    first = LATEST - 22 * DAY
    around = {first + number * DAY for number in range(1, 22)}
    assert plan_exports(newest, LATEST, 10, unpublished=around) == [first, LATEST]
    assert plan_exports(newest, LATEST, 10, unpublished=around - {LATEST - DAY}) == [first, LATEST - DAY, LATEST]


def test_days_before_the_oldest_export_are_a_gap_that_is_named() -> None:
    newest = date(2026, 8, 1)
    plan = plan_exports(newest, LATEST, 10)
    assert gaps(newest, LATEST, plan) == [(date(2026, 8, 2), date(2026, 8, 19))]
    assert gaps(LATEST - DAY, LATEST, [LATEST]) == []
    assert gaps(None, LATEST, [OLDEST, LATEST]) == [(OLDEST, LATEST - 31 * DAY)]


SITUATIONS = {
    "newest": st.one_of(st.none(), st.integers(-90, 70).map(day)),
    "latest": st.integers(0, 62).map(day),
    "refetch_days": st.integers(0, 40),
    "window_days": st.integers(5, 30),
    "overlap_days": st.integers(0, 29),
    "unpublished": st.frozensets(st.integers(0, 62).map(day), max_size=20),
}


@given(**SITUATIONS)
def test_a_plan_covers_every_day_that_can_be_covered(
    newest, latest, refetch_days, window_days, overlap_days, unpublished
) -> None:
    plan = plan_exports(newest, latest, refetch_days, window_days, overlap_days=overlap_days, unpublished=unpublished)
    published = sorted(span(OLDEST, latest) - unpublished)
    assert set(plan) <= set(published)
    assert plan == sorted(set(plan))
    if not published:
        return
    assert plan[-1] == published[-1], "the newest is always among them"
    covered = covered_days(plan, window_days)
    first = min(OLDEST - window_days * DAY, latest) if newest is None else newest + (1 - refetch_days) * DAY
    needed = span(first, latest - DAY)
    assert needed & covered == needed & covered_days(published, window_days)
    missing = {a + n * DAY for a, b in gaps(newest, latest, plan, window_days) for n in range((b - a).days + 1)}
    if newest is not None:
        assert missing == span(newest + DAY, latest - DAY) - covered


@given(**SITUATIONS)
def test_each_overlaps_the_one_before_it_or_is_the_next_that_was_published(
    newest, latest, refetch_days, window_days, overlap_days, unpublished
) -> None:
    plan = plan_exports(newest, latest, refetch_days, window_days, overlap_days=overlap_days, unpublished=unpublished)
    published = sorted(span(OLDEST, latest) - unpublished)
    assert all(overlap(pair, published, window_days, overlap_days) for pair in pairwise(plan))


@given(
    newest=st.integers(-40, 40).map(day),
    latest=st.integers(4, 14).map(day),
    refetch_days=st.integers(0, 8),
    window_days=st.integers(2, 6),
    overlap_days=st.integers(0, 5),
    unpublished=st.frozensets(st.integers(0, 13).map(day), max_size=6),
)
def test_no_smaller_plan_covers_and_overlaps_as_much(
    newest, latest, refetch_days, window_days, overlap_days, unpublished
) -> None:
    plan = plan_exports(newest, latest, refetch_days, window_days, overlap_days=overlap_days, unpublished=unpublished)
    needed = span(newest + (1 - refetch_days) * DAY, latest - DAY)
    published = sorted(span(OLDEST, latest) - unpublished)
    reached = needed & covered_days(plan, window_days)
    fewer = (
        sorted({*others, published[-1]})
        for size in range(len(plan) - 1)
        for others in combinations(published[:-1], size)
    )
    assert not any(
        needed & covered_days(smaller, window_days) >= reached
        and all(overlap(pair, published, window_days, overlap_days) for pair in pairwise(smaller))
        for smaller in fewer
    )


def overlap(pair: tuple[date, date], published: list[date], window_days: int, overlap_days: int) -> bool:
    """Whether the later holds so many days of the earlier again, or nothing was published between them."""
    earlier, later = pair
    again = covered_days([earlier], window_days) & covered_days([later], window_days)
    return len(again) >= overlap_days or not any(earlier < day < later for day in published)


@given(**SITUATIONS)
def test_windows_join_without_a_hole_where_all_dates_were_published(
    newest, latest, refetch_days, window_days, overlap_days, unpublished
) -> None:
    plan = plan_exports(newest, latest, refetch_days, window_days, overlap_days=overlap_days)
    assert all((later - earlier).days <= max(1, window_days - overlap_days) for earlier, later in pairwise(plan))
    reachable = OLDEST - window_days * DAY
    if newest is not None and newest - refetch_days * DAY >= reachable and newest < latest:
        known = span(newest - (refetch_days - 1) * DAY, newest) if refetch_days else set()
        assert known <= covered_days(plan, window_days), "the last known days are fetched again"
