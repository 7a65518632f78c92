"""The weeks: Monday to Sunday UTC, keyed by the Monday, the running week included."""

from datetime import date

import dagster as dg

from warehouse.history import FIRST_WEEK

# day_offset=1 makes weeks begin on Monday; end_offset=1 includes the running week
WEEKS = dg.WeeklyPartitionsDefinition(start_date=FIRST_WEEK.isoformat(), day_offset=1, end_offset=1, timezone="UTC")


def weeks_of(context: dg.AssetExecutionContext) -> list[date]:
    """The weeks a run was asked for: one, or a range in a single run."""
    return [date.fromisoformat(key) for key in context.partition_keys]
