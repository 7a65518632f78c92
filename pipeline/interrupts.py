"""Ctrl-C during a run of Dagster: none is lost.

Python raises it in whatever runs at that moment. Where this is a finalizer, or a callback of a library that shrugs
errors off, it ends there, and the run would go on to its end. Not here: what is said of it (cli.py).
"""

import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def interrupts_noted() -> Iterator[Callable[[], None]]:
    """Gives a function that raises KeyboardInterrupt where Ctrl-C has come since the block began.

    The interpreter notes every signal in a socket before any code of Python sees it. Only for the main thread.
    """
    reader, writer = socket.socketpair()
    with reader, writer:
        reader.setblocking(False)
        writer.setblocking(False)
        before = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)

        def raise_interrupt() -> None:
            try:
                signals = reader.recv(1024)
            except BlockingIOError:
                return
            if signal.SIGINT in signals:
                raise KeyboardInterrupt

        try:
            yield raise_interrupt
        finally:
            signal.set_wakeup_fd(before)
