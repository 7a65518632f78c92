"""Contracts of the staging layer: typed rows, one meaning each, and the accounting of what was rejected."""

import pyarrow as pa

from warehouse.contracts.contract import Build, column, contract
from warehouse.contracts.shared_columns import DATE, MODEL_PERMASLUG, ROW_KIND, TOKENS, WEEK_START

_SNAPSHOT_ID = column("snapshot_id", pa.string(), "Snapshot the row was read from")
_AS_OF = column("as_of_utc", pa.timestamp("us"), "Instant for which the source stated the figure", unit="UTC")

CONTRACTS = [
    contract(
        "staging.snapshot_days",
        "The accounting of raw rows: every day of every snapshot, whether it was staged and if not, why.",
        Build.WHOLE,
        ("snapshot_id", "date"),
        [
            _SNAPSHOT_ID,
            column(
                "date",
                pa.date32(),
                "UTC day; empty for rows or bodies whose day cannot be read",
                nullable=True,
            ),
            column("week_start", pa.date32(), "Monday of that day's week", nullable=True),
            _AS_OF,
            column("raw_rows", pa.int64(), "Rows of the day in the snapshot", unit="rows"),
            column("raw_tokens", pa.int64(), "Their tokens; empty where a figure cannot be read", "tokens", True),
            column(
                "status",
                pa.string(),
                "`staged`; `unfinished` (the day was not over at as_of: counted, not used); `quarantined`",
            ),
            column("reason", pa.string(), "Row and rule that quarantined the day", nullable=True),
        ],
    ),
    contract(
        "staging.model_day_token_vintages",
        "Every value ever seen for a model and a day. A vintage is a whole day as one snapshot stated it.",
        Build.WHOLE,
        ("date", "model_permaslug", "snapshot_id"),
        [DATE, MODEL_PERMASLUG, _AS_OF, WEEK_START, ROW_KIND, TOKENS, _SNAPSHOT_ID],
    ),
    contract(
        "staging.model_day_tokens",
        "Daily tokens per model, newest vintage of each day. A model outside the day's top 50 has no row: that is "
        "censored, not zero.",
        Build.WEEKS,
        ("date", "model_permaslug"),
        [
            DATE,
            MODEL_PERMASLUG,
            WEEK_START,
            ROW_KIND,
            TOKENS,
            column("rank_of_day", pa.int32(), "Rank among the day's named rows, ties by slug", nullable=True),
            column("author", pa.string(), "Part of the slug before the slash", nullable=True),
            column(
                "model_name",
                pa.string(),
                "Slug without author, date suffix and variant; for display only",
                nullable=True,
            ),
            column(
                "date_suffix",
                pa.string(),
                "Date-like end of the slug; for display only: never a release date, and never cut to merge rows",
                nullable=True,
            ),
            column(
                "variant",
                pa.string(),
                "Part after the colon, such as `free`; a variant is a row of its own",
                nullable=True,
            ),
            _AS_OF,
            _SNAPSHOT_ID,
        ],
    ),
]
