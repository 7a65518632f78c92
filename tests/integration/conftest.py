"""OpenRouters on this machine, for the tests of the clients."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from loopback import Loopback

from pipeline.dev_server import LoopbackOpenRouter, serving


@pytest.fixture
def loopback_of(tmp_path: Path) -> Iterator[Callable[..., Loopback]]:
    """Starts servers with the given options; all end with the test."""
    with ExitStack() as running:

        def start(**options: object) -> Loopback:
            server = LoopbackOpenRouter(**options)  # type: ignore[arg-type]
            return Loopback(server, running.enter_context(serving(server)), tmp_path)

        yield start


@pytest.fixture
def loopback(loopback_of: Callable[..., Loopback]) -> Loopback:
    """A server without faults, today being 2026-10-11: its latest export is that of 2026-10-10."""
    return loopback_of()
