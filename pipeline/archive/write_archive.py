"""Writes one file of the built-in archive and its description; what goes into it: compile_usage, compile_prices."""

import hashlib
import io
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet

from pipeline.archive import ARCHIVE_DIRECTORY


def write_archive(
    name: str, table: pa.Table, description: dict[str, object], directory: Path = ARCHIVE_DIRECTORY
) -> dict[str, object]:
    """Writes `<name>.parquet` and `<name>.json`: the given description with hash, size and number of rows.

    The same table gives the same bytes. Returns the description.
    """
    buffer = io.BytesIO()
    pyarrow.parquet.write_table(
        table,
        buffer,
        compression="zstd",
        compression_level=19,
        use_dictionary=[field.name for field in table.schema if field.type != pa.int64()],  # counts hardly repeat
        store_schema=False,
    )
    body = buffer.getvalue()
    described: dict[str, object] = {
        **description,
        "sha256": hashlib.sha256(body).hexdigest(),
        "bytes": len(body),
        "rows": table.num_rows,
    }
    (directory / f"{name}.parquet").write_bytes(body)
    (directory / f"{name}.json").write_text(
        json.dumps(described, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    return described
