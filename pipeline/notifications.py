"""Who hears of a run that failed: the log always, and a webhook where one is set.

A notifier never raises: what went wrong is the run, and telling of it must not hide that. It never tells a key.
Not here: how a webhook is told (webhook.py), when something failed (run_job.py, sensors.py).
"""

import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from pydantic import SecretStr

from pipeline.dagster_home import COMMAND_LINE_PID_TAG, ENDED_WITHOUT_A_WORD
from pipeline.settings import Settings
from warehouse.errors import ChecksFailed, TokentideError

if TYPE_CHECKING:
    import dagster as dg

CHECKS_FAILED = "checks_failed"
RUN_FAILED = "run_failed"
SERVICE_FAILED = "service_failed"

# for what is wrong with telling itself; where nobody set up logging, Python prints that to stderr
LOGGER = logging.getLogger("tokentide")
FAILURES = logging.getLogger("tokentide.failures")
# the command line says by itself why it ends: without this, Python would print the same a second time
FAILURES.addHandler(logging.NullHandler())

_NEXT_STEP = "\nWhat to do: "


@dataclass(frozen=True)
class Failure:
    """A run or a service that failed. `event` is CHECKS_FAILED, or SERVICE_FAILED of a service (`job` is its name), or
    RUN_FAILED for all else; `weeks` is A..B as asked for, None where the job has none; `run_id` is Dagster's."""

    event: str
    job: str
    weeks: str | None
    what: str
    next_step: str
    run_id: str | None = None

    @property
    def text(self) -> str:
        """All of it, to be read by a person."""
        how = "did not pass its checks" if self.event == CHECKS_FAILED else "failed"
        weeks = f" of {self.weeks}" if self.weeks else ""
        run = f" (run {self.run_id})" if self.run_id else ""
        next_step = f"{_NEXT_STEP}{self.next_step}" if self.next_step else ""
        return f"tokentide: {self.job}{weeks}{run} {how}.\n{self.what}{next_step}"


class Notifier(Protocol):
    """Anyone who can be told. Implementations do not raise, and come back within seconds."""

    def tell(self, failure: Failure) -> None: ...


@dataclass(frozen=True)
class LogNotifier:
    """Writes an error into a log."""

    logger: logging.Logger = FAILURES

    def tell(self, failure: Failure) -> None:
        self.logger.error(failure.text)


@dataclass(frozen=True)
class _WithoutSecrets:
    """Passes failures on with every secret that we know of taken out of their texts."""

    to: Notifier
    secrets: list[SecretStr] = field(repr=False)

    def tell(self, failure: Failure) -> None:
        self.to.tell(replace(failure, what=self._clean(failure.what), next_step=self._clean(failure.next_step)))

    def _clean(self, text: str) -> str:
        for secret in self.secrets:
            text = text.replace(secret.get_secret_value(), "[secret]")
        return text


def notifiers_of(settings: Settings, logger: logging.Logger | None = None) -> list[Notifier]:
    """The log, and the webhook if the settings name one. A given logger takes all."""
    notifiers: list[Notifier] = [LogNotifier(logger or FAILURES)]
    if settings.webhook is not None:
        # only here: importing httpx would cost every command its time
        from pipeline.webhook import WebhookNotifier

        notifiers.append(WebhookNotifier(settings.webhook, logger or LOGGER))
    secrets = [secret for secret in (settings.key, settings.webhook) if secret is not None]
    return [_WithoutSecrets(notifier, secrets) for notifier in notifiers]


def tell(notifiers: Iterable[Notifier], failure: Failure) -> None:
    """Tells them all, also where one of them breaks its promise not to raise."""
    for notifier in notifiers:
        try:
            notifier.tell(failure)
        except Exception as error:
            LOGGER.error(f"A notifier failed itself: {type(error).__name__}.")


@contextmanager
def telling_of_failure(settings: Settings, job: str, weeks: str | None = None) -> Iterator[None]:
    """Tells of any error that ends the block, and lets it go on; Ctrl-C is no failure."""
    try:
        yield
    except Exception as error:
        tell(notifiers_of(settings), _failure_of(error, job, weeks))
        raise


def _failure_of(error: Exception, job: str, weeks: str | None) -> Failure:
    if isinstance(error, TokentideError):
        event = CHECKS_FAILED if isinstance(error, ChecksFailed) else RUN_FAILED
        return Failure(event, job, weeks, str(error.args[0]), error.next_step)
    return Failure(RUN_FAILED, job, weeks, f"{type(error).__name__}: {error}", "")


def failure_of_service(service: str) -> Failure:
    """What is told where systemd says that one of its services failed; why, its journal says."""
    return Failure(
        SERVICE_FAILED,
        service,
        None,
        "Figures are as they were; what it is there for was not done.",
        f"see why: journalctl -u {service}; and when that is mended: systemctl start {service}.",
    )


def failure_of_run(context: "dg.RunFailureSensorContext") -> Failure | None:
    """What Dagster's records say of a failed run; None where the command line ran it and has told of it itself, which
    it has not where its process was killed."""
    run = context.dagster_run
    message = context.failure_event.message or "The run failed."
    if COMMAND_LINE_PID_TAG in run.tags and ENDED_WITHOUT_A_WORD not in message:
        return None
    event, stories = RUN_FAILED, []
    for failed in context.get_step_failure_events():
        data = failed.step_failure_data
        if data.user_failure_data is not None:  # dg.Failure, which assets raise for failed checks alone
            event = CHECKS_FAILED
            stories.append(data.user_failure_data.description or message)
        elif data.error is not None:
            stories.append((data.error.cause or data.error).message)
    told = [story.strip().partition(_NEXT_STEP) for story in stories or [message]]
    what = "\n".join(story for story, _, _ in told)
    next_step = " ".join(dict.fromkeys(step for _, _, step in told if step))
    return Failure(event, run.job_name, _weeks(run.tags), what, next_step, run.run_id)


def _weeks(tags: Mapping[str, str]) -> str | None:
    from dagster._core.storage.tags import (
        ASSET_PARTITION_RANGE_END_TAG,
        ASSET_PARTITION_RANGE_START_TAG,
        PARTITION_NAME_TAG,
    )

    first = tags.get(ASSET_PARTITION_RANGE_START_TAG, tags.get(PARTITION_NAME_TAG))
    last = tags.get(ASSET_PARTITION_RANGE_END_TAG, first)
    return f"{first}..{last}" if first else None
