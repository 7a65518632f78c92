"""A loopback OpenRouter as the tests of the clients see it, and a patience that no test has to wait for."""

from dataclasses import dataclass, field
from pathlib import Path

from pipeline.clients.http import OpenRouter, Patience
from pipeline.dev_server import LoopbackOpenRouter


@dataclass
class Loopback:
    """The server, how a client reaches it, and what that client waited and said."""

    server: LoopbackOpenRouter
    url: str
    folder: Path
    waited_seconds: list[float] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    def openrouter(self, **patience: float) -> OpenRouter:
        """Asked at once again, with waits written down instead of waited."""
        return OpenRouter(self.url, Patience(**patience), self.waited_seconds.append)  # type: ignore[arg-type]

    @property
    def etags(self) -> Path:
        return self.folder / "live" / "etags.json"

    @property
    def limits(self) -> Path:
        return self.folder / "live" / "requests.json"

    def asked(self, part: str) -> int:
        """How many requests had this in their path or query."""
        return sum(part in request for request in self.server.requests)
