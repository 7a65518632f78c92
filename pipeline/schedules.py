"""When things run by the clock: a fetch every day, a publication every week. All are off until a person turns them on.

Not here: what was missed while the machine was off (sensors.py), what the jobs do.
"""

from datetime import UTC, timedelta

import dagster as dg

from assets.resources import Warehouse
from pipeline.at_hand import missing_days
from pipeline.launching import HOW_TO_TURN_ON, Busy, Job, publishing_run, week_before
from pipeline.weeks import week_of

# OpenRouter publishes the export of a day at about 01:46 UTC
FETCH_CRON = "15 2 * * *"
PUBLISH_CRON = "0 3 * * 1"


def make_schedules(fetch_job: Job, publish_job: Job) -> list[dg.ScheduleDefinition]:
    """Both schedules, for the two jobs."""
    return [fetch_daily(fetch_job), publish_weekly(publish_job)]


def fetch_daily(fetch_job: Job) -> dg.ScheduleDefinition:
    """Fetches what OpenRouter published last night."""
    return dg.ScheduleDefinition(
        name="fetch_daily",
        job=fetch_job,
        cron_schedule=FETCH_CRON,
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.STOPPED,
        description="Every day at 02:15 UTC, half an hour after OpenRouter's exports appear: fetches them. "
        + HOW_TO_TURN_ON.format(kind="schedule", name="fetch_daily"),
    )


def publish_weekly(publish_job: Job) -> dg.ScheduleDefinition:
    """Publishes the week that has ended, once all its days are in the store."""

    @dg.schedule(
        name="publish_weekly",
        job=publish_job,
        cron_schedule=PUBLISH_CRON,
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.STOPPED,
        description="Mondays at 03:00 UTC: builds the week that has ended, with every earlier week that new snapshots "
        "changed, and publishes. Skips while a day of that week is not in the store. "
        + HOW_TO_TURN_ON.format(kind="schedule", name="publish_weekly"),
    )
    def publish(
        context: dg.ScheduleEvaluationContext, warehouse: dg.ResourceParam[Warehouse]
    ) -> dg.RunRequest | dg.SkipReason:
        week = week_before(week_of(context.scheduled_execution_time.astimezone(UTC).date()))
        missing = missing_days(warehouse.home, [week + timedelta(days=number) for number in range(7)])
        if missing:
            return dg.SkipReason(
                f"The store under {warehouse.home.raw} has no good figures of {', '.join(map(str, missing))} yet, so "
                f"the week of {week} is not whole: nothing is published. Fetch them (tokentide fetch); the sensor "
                "catch_up then publishes, or you do. To publish all the same, with the week marked as incomplete: "
                f"tokentide run --weeks {week}"
            )
        try:
            return publishing_run(warehouse.home, publish_job, week)
        except Busy as busy:
            return dg.SkipReason(busy.why)

    return publish
