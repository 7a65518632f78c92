"""The weeks: Monday to Sunday UTC, keyed by the Monday, the running week included."""

from datetime import date, timedelta

import dagster as dg

FIRST_WEEK = date(2024, 12, 30)

# day_offset=1 makes weeks begin on Monday; end_offset=1 includes the running week
WEEKS = dg.WeeklyPartitionsDefinition(start_date=FIRST_WEEK.isoformat(), day_offset=1, end_offset=1, timezone="UTC")


def weeks_of(context: dg.AssetExecutionContext) -> list[date]:
    """The weeks a run was asked for: one, or a range in a single run."""
    return [date.fromisoformat(key) for key in context.partition_keys]


def week_of(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())
