"""A Ctrl-C that a library has swallowed ends the run all the same."""

import os
import signal

import pytest

from pipeline.interrupts import interrupts_noted


class SwallowsWhatComesInItsFinalizer:
    def __del__(self) -> None:
        os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_one_that_was_swallowed_is_raised_later_and_once() -> None:
    with interrupts_noted() as raise_interrupt:
        raise_interrupt()
        SwallowsWhatComesInItsFinalizer()
        with pytest.raises(KeyboardInterrupt):
            raise_interrupt()
        raise_interrupt()


def test_other_signals_are_none_of_its_business() -> None:
    before = signal.signal(signal.SIGUSR1, lambda *_: None)
    try:
        with interrupts_noted() as raise_interrupt:
            os.kill(os.getpid(), signal.SIGUSR1)
            raise_interrupt()
    finally:
        signal.signal(signal.SIGUSR1, before)


def test_afterwards_nothing_is_left_of_it() -> None:
    with interrupts_noted(), interrupts_noted():
        pass
    assert signal.set_wakeup_fd(-1) == -1
