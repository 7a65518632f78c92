"""Columns that several tables share, so that the same quantity has the same name and meaning everywhere."""

import pyarrow as pa

from warehouse.contracts.contract import column

WEEK_START = column("week_start", pa.date32(), "Monday (UTC) on which the week begins; the week ends on Sunday")
DATE = column("date", pa.date32(), "UTC day")
MODEL_PERMASLUG = column(
    "model_permaslug",
    pa.string(),
    "The model's name in the usage data, variant included; `other` on the rest row",
)
BASE_PERMASLUG = column("base_permaslug", pa.string(), "The model's name in the usage data, without a variant")
ROW_KIND = column(
    "row_kind",
    pa.string(),
    "`model` for a row that names a model, `other` for the sum of all outside the day's top 50",
)
TOKENS = column(
    "tokens", pa.int64(), "Prompt plus completion tokens, counted by each lab's own tokenizer", unit="tokens"
)
# two vintages of one day: what was said, and what is said instead
BEFORE_AND_AFTER = [
    column("earlier_as_of_utc", pa.timestamp("us"), "Instant for which the earlier vintage was stated", unit="UTC"),
    column("later_as_of_utc", pa.timestamp("us"), "Instant for which the later vintage was stated", unit="UTC"),
    column("earlier_snapshot_id", pa.string(), "Snapshot of the earlier vintage"),
    column("later_snapshot_id", pa.string(), "Snapshot of the later vintage, which replaced it"),
]
LAB = column("lab", pa.string(), "Lab that made the model; `unknown` where it is not known", nullable=True)
COUNTRY_CODE = column(
    "country_code", pa.string(), "Home country, ISO 3166-1 alpha-2; `ZZ` where it is not known", nullable=True
)
POPULATION = column(
    "population",
    pa.string(),
    "`top_9` the week's nine largest rows, `ranked` every row named in a day's top 50, `platform` ranked plus other",
)
POLICY = column(
    "policy",
    pa.string(),
    "`lab_home` the country of the lab that made the model, `base_model_home` of the lab whose weights it derives from",
)
KNOWLEDGE = column(
    "knowledge",
    pa.string(),
    "`as_known_now`, or `as_known_then`: only facts known before the Monday 00:00 UTC that ends the week",
)
DAYS_OBSERVED = column("days_observed", pa.int32(), "Days of the week for which there are figures", unit="days")
IS_COMPLETE_WEEK = column("is_complete_week", pa.bool_(), "All seven days of the week are there")
EVIDENCE_URL = column("evidence_url", pa.string(), "Page that was read; empty where none was found", nullable=True)
EVIDENCE_SAYS = column("evidence_says", pa.string(), "What that page says, in our words", nullable=True)
EVIDENCE_READ_ON = column("evidence_read_on", pa.date32(), "Day on which the page was read", nullable=True)
NOTE = column("note", pa.string(), "What is disputed or was searched for", nullable=True)
MODEL_ID = column("model_id", pa.string(), "The model's name in a price source, mostly undated, variant included")
PRICE_SOURCE = column("source", pa.string(), "Price source, see prices.sources")
PRICE_KIND = column(
    "price_kind",
    pa.string(),
    "`input`, `output`, `cache_read`, `cache_write`, `cache_write_1h` (kept for an hour), `reasoning`",
)
PROVIDER_SLUG = column(
    "provider_slug", pa.string(), "Provider that serves models, without the suffix of a region or a speed"
)
HEADQUARTERS = (
    "where its provider is headquartered by OpenRouter's directory, ISO 3166-1 alpha-2; `ZZ` where not stated"
)
OVER_PROMPT_TOKENS = column(
    "over_prompt_tokens", pa.int64(), "The price holds for prompts longer than this; 0 is the base tier", unit="tokens"
)
USD_PER_MILLION_TOKENS = column(
    "usd_per_million_tokens", pa.decimal128(18, 9), "Price", unit="USD per million tokens", nullable=True
)
