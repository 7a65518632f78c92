"""Weeks as people write them: `2026-02-09`, `2026-02-09..2026-03-02`, or a day inside a week."""

from datetime import UTC, date, datetime, timedelta

from warehouse.errors import TokentideError
from warehouse.history import FIRST_WEEK


class WeeksUnreadable(TokentideError):
    """A span of weeks that cannot be read, or that lies outside the history."""

    exit_code = 2


def running_week() -> date:
    """The Monday of the week that is running now, in UTC."""
    return week_of(datetime.now(UTC).date())


def week_of(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def parse_week(text: str) -> date:
    """The Monday of the week that holds the given day. Raises WeeksUnreadable."""
    try:
        week = week_of(date.fromisoformat(text.strip()))
    except ValueError:
        raise WeeksUnreadable(f"{text!r} is not a day.", "write it as YYYY-MM-DD, for example 2026-02-09.") from None
    if not FIRST_WEEK <= week <= running_week():
        raise WeeksUnreadable(
            f"The week of {text} lies outside the history.",
            f"choose weeks from {FIRST_WEEK} to {running_week()}.",
        )
    return week


def parse_weeks(text: str) -> tuple[date, date]:
    """First and last Monday of `A..B` or of a single week. Raises WeeksUnreadable."""
    first_text, separator, last_text = text.partition("..")
    first = parse_week(first_text)
    last = parse_week(last_text) if separator else first
    if last < first:
        raise WeeksUnreadable(f"{text!r} ends before it begins.", "write the earlier week first: A..B.")
    return first, last


def all_weeks() -> tuple[date, date]:
    """The whole history, the running week included."""
    return FIRST_WEEK, running_week()
