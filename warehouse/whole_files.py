"""Small files that are there whole or not at all, whatever ends the write.

Not here: what stands in them, or databases (database.py, publishing.py).
"""

import os
import tempfile
from pathlib import Path

from warehouse.errors import StorageFailed


def write_whole(path: Path, body: bytes) -> None:
    """Writes beside and renames, so that a killed write leaves no half file under a good name. Raises StorageFailed."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".partial-", delete=False) as partial:
            try:
                partial.write(body)
                partial.flush()
                os.fsync(partial.fileno())
                Path(partial.name).replace(path)
            except BaseException:
                Path(partial.name).unlink(missing_ok=True)
                raise
    except OSError as error:
        raise unwritable(path, error) from error


def unwritable(path: Path, error: OSError) -> StorageFailed:
    return StorageFailed(
        f"Could not write {path}: {error.strerror}.",
        "free space or give write permission, then run again. The published file is as it was.",
    )
