"""What runs because of something that happened: catching up after downtime, telling of failed runs.

All are off until a person turns them on. Not here: what runs by the clock (schedules.py), how failures are told
(notifications.py).
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import dagster as dg

from assets.resources import Warehouse
from pipeline.at_hand import missing_days
from pipeline.launching import HOW_TO_TURN_ON, Busy, Job, publishing_run, require_idle
from pipeline.notifications import failure_of_run, notifiers_of, tell
from pipeline.settings import Settings
from pipeline.up_to_date import unpublished_snapshots_hash
from pipeline.weeks import week_of
from warehouse.errors import LockHeld

# fetch_daily asks at 02:15 for the day before; two hours for one that takes its time or is tried again
MISSED_AT = timedelta(hours=4, minutes=15)
_DAY = timedelta(days=1)
_MINUTES = 60


def make_sensors(
    fetch_job: Job,
    publish_job: Job,
    settings: Settings,
    now_utc: Callable[[], datetime] = lambda: datetime.now(UTC).replace(tzinfo=None),
) -> list[dg.SensorDefinition]:
    """All sensors, for the two jobs."""
    return [catch_up(fetch_job, publish_job, now_utc), tell_of_failures(settings)]


def catch_up(fetch_job: Job, publish_job: Job, now_utc: Callable[[], datetime]) -> dg.SensorDefinition:
    """Makes good what did not run: the day's fetch, and the publication of what was fetched."""

    @dg.sensor(
        name="catch_up",
        jobs=[fetch_job, publish_job],
        minimum_interval_seconds=10 * _MINUTES,
        default_status=dg.DefaultSensorStatus.STOPPED,
        description="Where the store lacks the figures of yesterday at 04:15 UTC, fetches, once a day. Then, where it "
        "has snapshots that the published edition was not made from, builds what they change and publishes; if that "
        f"fails, again on the next day. {HOW_TO_TURN_ON.format(kind='sensor', name='catch_up')}",
    )
    def evaluate(
        context: dg.SensorEvaluationContext, warehouse: dg.ResourceParam[Warehouse]
    ) -> dg.RunRequest | dg.SkipReason:
        try:
            require_idle(context.instance, [fetch_job, publish_job])
            now = now_utc()
            today = (now - MISSED_AT).date()  # its predecessor has to be at hand
            is_missed = bool(missing_days(warehouse.home, [today - _DAY]))
            # the cursor is the last day of a fetch of ours: a source that is down is asked once a day, and what there
            # is gets published all the same
            if is_missed and context.cursor != today.isoformat():
                context.update_cursor(today.isoformat())
                return dg.RunRequest(job_name=fetch_job.name, run_key=f"fetch {today}")
            snapshots = unpublished_snapshots_hash(warehouse.home)
            if snapshots is None:
                return dg.SkipReason(_nothing_to_do(today, is_missed))
            return publishing_run(warehouse.home, publish_job, week_of(now.date()), f"publish {snapshots} {today}")
        except Busy as busy:
            return dg.SkipReason(busy.why)
        except LockHeld as held:
            return dg.SkipReason(str(held.args[0]))

    return evaluate


def _nothing_to_do(today: date, is_missed: bool) -> str:
    yesterday, published = today - _DAY, "the published edition was made from all snapshots at hand"
    if is_missed:
        return (
            f"The fetch of {today} did not bring the figures of {yesterday}; it is not tried again before "
            f"{datetime.min + MISSED_AT:%H:%M} UTC of the next day. For the rest, {published}."
        )
    return f"Nothing to catch up: the figures of {yesterday} are in the store, and {published}."


def tell_of_failures(settings: Settings) -> dg.SensorDefinition:
    """Tells the notifiers of runs that failed, except those of which the command line has told itself."""

    @dg.run_failure_sensor(
        name="tell_of_failures",
        default_status=dg.DefaultSensorStatus.STOPPED,
        description="Tells of a failed run and of failed blocking checks: in this sensor's log, and to the webhook "
        "TOKENTIDE_WEBHOOK_URL where one is set. " + HOW_TO_TURN_ON.format(kind="sensor", name="tell_of_failures"),
    )
    def evaluate(context: dg.RunFailureSensorContext) -> dg.SkipReason | None:
        failure = failure_of_run(context)
        if failure is None:
            return dg.SkipReason(f"The command line has told of run {context.dagster_run.run_id} itself.")
        tell(notifiers_of(settings, context.log), failure)
        return None

    return evaluate
