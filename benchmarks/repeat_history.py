"""Writes a copy of the built-in archive with its usage history repeated forward in time, for benchmarks of scale.

Each copy begins 93 weeks after the one before, so weeks stay whole weeks; the statement is as of the end of the last
day. Prices and reference files stay as they are. Not here: measuring.

    python -m benchmarks.repeat_history TIMES FOLDER
"""

import hashlib
import json
import shutil
import sys
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet

from pipeline.archive import ARCHIVE_DIRECTORY

DAYS_A_COPY = 93 * 7  # the history's weeks, from the Monday of the first to the Sunday of the last


def repeat_history(times: int, folder: Path) -> int:
    """Returns the number of rows."""
    folder.mkdir(parents=True)
    for path in [*ARCHIVE_DIRECTORY.glob("*.json"), *ARCHIVE_DIRECTORY.glob("*.parquet")]:
        shutil.copy(path, folder)
    usage = pyarrow.parquet.read_table(ARCHIVE_DIRECTORY / "usage.parquet")
    first_days = pc.cast(usage.column("day"), pa.int32())
    body = folder / "usage.parquet"
    with pyarrow.parquet.ParquetWriter(body, usage.schema, compression="zstd", store_schema=False) as writer:
        for copy in range(times):
            days = pc.cast(pc.add(first_days, pa.scalar(copy * DAYS_A_COPY, pa.int32())), pa.date32())
            writer.write_table(usage.set_column(0, "day", days))
    last_day = pc.max(days).as_py()
    description = folder / "usage.json"
    said = json.loads(description.read_text(encoding="utf-8"))
    said["as_of"] = f"{last_day + timedelta(days=1)}T00:27:00Z"
    said["sha256"] = hashlib.sha256(body.read_bytes()).hexdigest()
    description.write_text(json.dumps(said, indent=2), encoding="utf-8")
    return usage.num_rows * times


def main() -> None:
    print(repeat_history(int(sys.argv[1]), Path(sys.argv[2])))


if __name__ == "__main__":
    main()
