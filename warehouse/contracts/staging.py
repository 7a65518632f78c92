"""Contracts of the staging layer: typed rows, one meaning each, and the accounting of what was rejected."""

import pyarrow as pa

from warehouse.contracts.contract import Build, column, contract
from warehouse.contracts.shared_columns import (
    BEFORE_AND_AFTER,
    DATE,
    HEADQUARTERS,
    MODEL_ID,
    MODEL_PERMASLUG,
    OVER_PROMPT_TOKENS,
    PRICE_KIND,
    PRICE_SOURCE,
    PROVIDER_SLUG,
    ROW_KIND,
    TOKENS,
    USD_PER_MILLION_TOKENS,
    WEEK_START,
)

_SNAPSHOT_ID = column("snapshot_id", pa.string(), "Snapshot the row was read from")
_AS_OF = column("as_of_utc", pa.timestamp("us"), "Instant for which the source stated the figure", unit="UTC")

_FIGURES_HASH = column("figures_hash", pa.string(), "MD5 over the day's models and tokens")
_OBSERVED_AT = column(
    "observed_at_utc", pa.timestamp("us"), "Instant at which the source was seen to say so", unit="UTC"
)

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
            _FIGURES_HASH.with_nullable(True),
            column(
                "status",
                pa.string(),
                "`staged`; `unfinished` (the day was not over at as_of: counted, not used); `quarantined`",
            ),
            column("reason", pa.string(), "Row and rule that quarantined the day", nullable=True),
        ],
    ),
    contract(
        "staging.newest_vintages",
        "Which snapshot's statement of each day counts: the newest that was staged.",
        Build.VIEW,
        ("date",),
        [
            field.with_nullable(True)
            for field in (
                DATE,
                WEEK_START,
                _SNAPSHOT_ID,
                _AS_OF,
                column("raw_rows", pa.int64(), "Rows of the day in that snapshot", "rows"),
                column("raw_tokens", pa.int64(), "Their tokens", "tokens"),
                _FIGURES_HASH,
            )
        ],
    ),
    contract(
        "staging.week_figures",
        "Which figures of each week count, as one hash: a week whose hash has changed is to be built anew.",
        Build.VIEW,
        ("week_start",),
        [
            WEEK_START.with_nullable(True),
            column("figures_hash", pa.string(), "MD5 over the week's days and their figures", nullable=True),
        ],
    ),
    contract(
        "staging.day_restatements",
        "Every time that a day was stated anew with other figures: its vintages in order, each with the one before it.",
        Build.VIEW,
        ("date", "later_as_of_utc"),
        [
            field.with_nullable(True)
            for field in (
                DATE,
                WEEK_START,
                *BEFORE_AND_AFTER,
                column("rows_before", pa.int64(), "Rows of the day in the earlier vintage", "rows"),
                column("rows_after", pa.int64(), "Rows of the day in the later vintage", "rows"),
                column("tokens_before", pa.int64(), "Tokens of the day in the earlier vintage", "tokens"),
                column("tokens_after", pa.int64(), "Tokens of the day in the later vintage", "tokens"),
            )
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
    contract(
        "staging.catalogue_statements",
        "The accounting of price rows: what each snapshot states of a model at an instant, was it staged, and if "
        "not, why.",
        Build.WHOLE,
        ("snapshot_id", "observed_at_utc", "model_id"),
        [
            _SNAPSHOT_ID,
            _OBSERVED_AT.with_nullable(True),
            MODEL_ID.with_nullable(True),
            PRICE_SOURCE.with_nullable(True),
            column("raw_rows", pa.int64(), "Rows of the statement in the snapshot", "rows"),
            column("staged_prices", pa.int64(), "Prices of text tokens among them", "rows"),
            column(
                "other_prices", pa.int64(), "Prices of images, audio, searches or requests: counted, not used", "rows"
            ),
            column("status", pa.string(), "`staged`; `repeated` (an earlier snapshot says the same); `quarantined`"),
            column("reason", pa.string(), "Row and rule that quarantined the statement", nullable=True),
        ],
    ),
    contract(
        "staging.catalogue_models",
        "What was said of a model at an instant: listed or removed, under which permaslug, with which weights.",
        Build.WHOLE,
        ("source", "observed_at_utc", "model_id"),
        [
            PRICE_SOURCE,
            _OBSERVED_AT,
            MODEL_ID,
            column("is_listed", pa.bool_(), "Listed, or said to be removed"),
            column("is_alias", pa.bool_(), "Its id begins with `~`: it stands for another model, which may change"),
            column("canonical_slug", pa.string(), "Its permaslug, where the source states it", nullable=True),
            column(
                "hugging_face_id", pa.string(), "Name of its open weights, where the source states it", nullable=True
            ),
            column("created_utc", pa.timestamp("us"), "When the source first listed it, where it says so", "UTC", True),
            column(
                "stated_at_utc",
                pa.timestamp("us"),
                "Instant of the statement itself; earlier than observed_at_utc where a recording changed its meaning "
                "and still held it",
                "UTC",
            ),
            _SNAPSHOT_ID,
        ],
    ),
    contract(
        "staging.catalogue_prices",
        "Every price of text tokens ever seen, as it was stated.",
        Build.WHOLE,
        ("source", "observed_at_utc", "model_id", "price_kind", "over_prompt_tokens"),
        [
            PRICE_SOURCE,
            _OBSERVED_AT,
            MODEL_ID,
            PRICE_KIND,
            OVER_PROMPT_TOKENS,
            column("price_state", pa.string(), "`priced`, or `varies` (a router's price depends on where it routes)"),
            USD_PER_MILLION_TOKENS,
            _SNAPSHOT_ID,
        ],
    ),
    contract(
        "staging.serving_statements",
        "The accounting of rows about who serves what: every endpoint of a model and every provider of each snapshot, "
        "was it staged, and if not, why.",
        Build.WHOLE,
        ("snapshot_id", "subject", "row_number"),
        [
            _SNAPSHOT_ID,
            column("subject", pa.string(), "`endpoint` or `provider`"),
            column(
                "row_number",
                pa.int64(),
                "Its place in the answer, from 1; 0: a model that nobody serves; empty: the body cannot be read",
                nullable=True,
            ),
            _OBSERVED_AT,
            column("name", pa.string(), "The endpoint's model id, or the provider's slug", nullable=True),
            column("raw_rows", pa.int64(), "Rows read of it: an endpoint has one a price", "rows"),
            column("staged_prices", pa.int64(), "Prices of text tokens among them", "rows"),
            column(
                "other_rows",
                pa.int64(),
                "Prices of pictures, films, audio, searches or requests, and zeros per token beside those: counted, "
                "not used; or no price at all",
                "rows",
            ),
            column("status", pa.string(), "`staged`; `repeated` (an earlier snapshot says the same); `quarantined`"),
            column("reason", pa.string(), "Row and rule that quarantined it", nullable=True),
        ],
    ),
    contract(
        "staging.providers",
        "Who serves models, and from where, as OpenRouter's directory was seen to say.",
        Build.WHOLE,
        ("observed_at_utc", "provider_slug"),
        [
            _OBSERVED_AT,
            PROVIDER_SLUG,
            column("provider_name", pa.string(), "Its name"),
            column("headquarters_country_code", pa.string(), f"Country {HEADQUARTERS}"),
            _SNAPSHOT_ID,
        ],
    ),
    contract(
        "staging.endpoint_prices",
        "Every price of text tokens of every endpoint, after discount, as it was stated; an endpoint that has none is "
        "one row. Filled by `tokentide fetch --endpoints N`.",
        Build.WHOLE,
        ("observed_at_utc", "model_id", "endpoint_number", "price_kind", "over_prompt_tokens"),
        [
            _OBSERVED_AT,
            MODEL_ID,
            column("endpoint_number", pa.int64(), "Its place in the answer, from 1; it has no other name of its own"),
            column("is_alias", pa.bool_(), "Its model's id begins with `~`: the endpoint stands under another id too"),
            PROVIDER_SLUG,
            column("provider_name", pa.string(), "The provider's name"),
            column("endpoint_tag", pa.string(), "Provider's slug with the suffix, such as a region or a precision"),
            column("endpoint_name", pa.string(), "Name of the endpoint", nullable=True),
            column("quantization", pa.string(), "Precision of the weights, where stated", nullable=True),
            column("context_length_tokens", pa.int64(), "Longest context", "tokens", True),
            column(
                "endpoint_status", pa.int32(), "0 as usual; below 0 OpenRouter routes to it last or not", nullable=True
            ),
            column("uptime_share", pa.float64(), "Requests that it answered in the last 30 minutes", "0-1", True),
            column("discount_share", pa.float64(), "Share that is already taken off its prices", "0-1", True),
            PRICE_KIND.with_nullable(True),
            OVER_PROMPT_TOKENS.with_nullable(True),
            column(
                "price_state",
                pa.string(),
                "`priced`; `varies`; `priced_otherwise` (per picture, second or search); `unpriced`",
            ),
            USD_PER_MILLION_TOKENS,
            _SNAPSHOT_ID,
        ],
    ),
]
