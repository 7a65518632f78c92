"""Small JSON files under TOKENTIDE_HOME in which clients remember something from run to run: ETags, times of requests.

A file that is missing or damaged counts as empty: it only saves requests. Never a key, never a figure.
"""

import json
from pathlib import Path
from typing import Any

from warehouse.whole_files import write_whole


def read_remembered(path: Path) -> dict[str, Any]:
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}


def remember(path: Path, said: dict[str, Any]) -> None:
    """Replaces the file as a whole. Raises StorageFailed."""
    write_whole(path, json.dumps(said, indent=2).encode())
