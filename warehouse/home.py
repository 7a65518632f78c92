"""Where state lives: the paths below TOKENTIDE_HOME. Nothing is written anywhere else."""

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from warehouse.errors import StorageFailed


@dataclass(frozen=True)
class Home:
    """The folder of all state, and the name of everything in it."""

    path: Path

    @property
    def raw(self) -> Path:
        return self.path / "raw"

    @property
    def working_file(self) -> Path:
        return self.path / "build.duckdb"

    @property
    def published_file(self) -> Path:
        return self.path / "tokentide.duckdb"

    @property
    def published_wal(self) -> Path:
        return self.path / "tokentide.duckdb.wal"

    @property
    def published_checksum(self) -> Path:
        return self.path / "tokentide.duckdb.sha256"

    @property
    def new_file(self) -> Path:
        return self.path / "tokentide.duckdb.new"

    @property
    def publish_lock(self) -> Path:
        return self.path / "publish.lock"

    @property
    def writer_lock(self) -> Path:
        return self.path / "writer.lock"

    @property
    def writer(self) -> Path:
        return self.path / "writer.json"

    @property
    def editions(self) -> Path:
        return self.path / "editions"

    def as_of(self, instant: datetime) -> "Home":
        """The folder of what was known at an instant: a published file of its own, its editions and its quarantine."""
        return Home(self.path / "as-of" / f"{instant.isoformat().replace(':', '')}Z")

    @property
    def quarantine(self) -> Path:
        return self.path / "quarantine"

    @property
    def dagster(self) -> Path:
        return self.path / "dagster"

    def prepare(self) -> None:
        """Makes the folder. Raises StorageFailed where it cannot be written."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._unwritable(error.strerror or str(error)) from error
        if not os.access(self.path, os.W_OK | os.X_OK):
            raise self._unwritable("no permission to write")

    def _unwritable(self, why: str) -> StorageFailed:
        return StorageFailed(
            f"The data directory {self.path} cannot be written: {why}.",
            "give it write permission, or name another with TOKENTIDE_HOME.",
        )
