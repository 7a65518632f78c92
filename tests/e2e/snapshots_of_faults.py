"""Rows of the built-in archive, to be put into a store changed."""

from datetime import date, datetime

import duckdb
from building import Row

from pipeline.archive import ARCHIVE_DIRECTORY

# The archive speaks as of 2026-10-11 00:27; what comes later replaces its days.
AFTER_THE_ARCHIVE = datetime(2026, 10, 12)


def archive_rows(first_day: str, last_day: str, times: int = 1) -> list[Row]:
    """The archive's rows of some days, their tokens multiplied; `other` last, as the live sources have it."""
    return duckdb.execute(
        "SELECT day, model, tokens * ? FROM read_parquet(?) WHERE day BETWEEN ? AND ? "
        "ORDER BY day, model = 'other', model",
        [times, str(ARCHIVE_DIRECTORY / "usage.parquet"), date.fromisoformat(first_day), date.fromisoformat(last_day)],
    ).fetchall()
