"""Small JSON files under TOKENTIDE_HOME in which clients remember something from run to run: ETags, times of requests.

A file that is missing or damaged counts as empty: it only saves requests. Never a key, never a figure.
"""

import json
import tempfile
from pathlib import Path
from typing import Any

from warehouse.errors import StorageFailed


def read_remembered(path: Path) -> dict[str, Any]:
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}


def remember(path: Path, said: dict[str, Any]) -> None:
    """Replaces the file as a whole. Raises StorageFailed."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=".partial-", delete=False) as partial:
            json.dump(said, partial, indent=2)
        Path(partial.name).replace(path)
    except OSError as error:
        raise unwritable(path, error) from error


def unwritable(path: Path, error: OSError) -> StorageFailed:
    return StorageFailed(
        f"Could not write {path}: {error.strerror}.", "free space or give write permission, then run again."
    )
