"""Runs the loopback OpenRouter on 127.0.0.1: beside a test, or until Ctrl-C."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn

from pipeline.dev_server.app import LoopbackOpenRouter
from warehouse.errors import TokentideError

_HOST = "127.0.0.1"
_START_SECONDS = 10


class PortTaken(TokentideError):
    """Something else listens where the server should."""


@contextmanager
def serving(server: LoopbackOpenRouter, port: int = 0) -> Iterator[str]:
    """Serves in a thread until the block ends; gives the address. Port 0 is any free one."""
    with _listening(port) as listener:
        running = _uvicorn(server)
        thread = threading.Thread(target=running.run, args=([listener],), daemon=True)
        thread.start()
        try:
            ends_at = time.monotonic() + _START_SECONDS
            while not running.started:
                assert time.monotonic() < ends_at, "the loopback server did not start"
                time.sleep(0.005)
            yield _address(listener)
        finally:
            running.should_exit = True
            thread.join()


def run_until_interrupted(server: LoopbackOpenRouter, port: int, announce: Callable[[str], None]) -> None:
    """Serves until Ctrl-C; `announce` hears the address once it can be asked. Raises PortTaken."""
    with _listening(port) as listener:
        announce(_address(listener))  # the socket listens: what is asked from now on is answered
        try:
            _uvicorn(server).run([listener])
        except KeyboardInterrupt:  # which uvicorn raises again once it has ended in good order
            return


def _uvicorn(server: LoopbackOpenRouter) -> uvicorn.Server:
    # faults break the protocol on purpose: nobody needs their tracebacks; a client that keeps its connection open
    # must not hold up the end
    return uvicorn.Server(uvicorn.Config(server.app, log_level="critical", lifespan="off", timeout_graceful_shutdown=1))


@contextmanager
def _listening(port: int) -> Iterator[socket.socket]:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((_HOST, port))
        except OSError as error:
            raise PortTaken(
                f"Port {port} of {_HOST} cannot be used: {error.strerror}.", "end what uses it, or name another --port."
            ) from error
        listener.listen()
        yield listener


def _address(listener: socket.socket) -> str:
    return f"http://{_HOST}:{listener.getsockname()[1]}"
