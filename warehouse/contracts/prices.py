"""Contracts of the prices layer: what each source asks for a model, since when, and what that means in a week.

Definitions: docs/methodology.md. Sources are never mixed: every figure names its source.
"""

import pyarrow as pa

from warehouse.contracts.contract import Build, column, contract
from warehouse.contracts.shared_columns import (
    COUNTRY_CODE,
    HEADQUARTERS,
    MODEL_ID,
    MODEL_PERMASLUG,
    OVER_PROMPT_TOKENS,
    POPULATION,
    PRICE_KIND,
    PRICE_SOURCE,
    PROVIDER_SLUG,
    TOKENS,
    USD_PER_MILLION_TOKENS,
    WEEK_START,
)

_FROM = column(
    "observed_from_utc", pa.timestamp("us"), "First observation it holds for; empty: from the first", "UTC", True
)
_TO = column("observed_to_utc", pa.timestamp("us"), "First observation it no longer holds for; empty: all", "UTC", True)
_RULE = column(
    "rule",
    pa.string(),
    "`percent_encoded_name`, `per_token`, `above_ceiling`, `zero_on_paid`, `tenfold_jump`, `listed_without_price`, "
    "`sources_disagree`, `genai_prices_disagree`",
)
_PRICED = [
    column("priced_tokens", pa.int64(), "Tokens of rows with a price, `:free` rows included", "tokens"),
    column("priced_share", pa.float64(), "priced_tokens / tokens", "0-1", nullable=True),
    column("free_tokens", pa.int64(), "Tokens of `:free` rows, priced at 0", "tokens"),
    column(
        "usd_per_million_tokens",
        pa.decimal128(18, 9),
        "Price weighted by all tokens of the priced rows, base tier; `:free` rows at 0, unpriced rows in neither sum",
        "USD per million tokens",
        nullable=True,
    ),
    column(
        "usd_per_million_tokens_without_free",
        pa.decimal128(18, 9),
        "The same without `:free` rows; rows at 0 under other names, such as cloaked models, stay in",
        "USD per million tokens",
        nullable=True,
    ),
]

_HOME = column("home_country_code", pa.string(), "Home country of the model's lab; `ZZ` where it is not known")
_USD = ("USD per million tokens", False)

CONTRACTS = [
    contract(
        "prices.sources",
        "The price sources: what each one's figures mean, for which span. A recording that changes its meaning is two.",
        Build.WHOLE,
        ("source",),
        [
            PRICE_SOURCE,
            column("snapshot_source", pa.string(), "Source of the snapshots it is read from"),
            column(
                "valid_from_utc",
                pa.timestamp("us"),
                "First instant of that meaning; empty: from the first",
                "UTC",
                True,
            ),
            column(
                "valid_to_utc",
                pa.timestamp("us"),
                "First instant of another meaning; empty while it holds",
                "UTC",
                True,
            ),
            column(
                "completeness",
                pa.string(),
                "`complete` every observation lists everything, `changes` every change of a complete list, `sparse` "
                "absence says nothing",
            ),
            column("meaning", pa.string(), "Whose price it is"),
        ],
    ),
    contract(
        "prices.corrections",
        "Statements of the sources that were reviewed one by one: what was wrong or odd, what is done, and why.",
        Build.WHOLE,
        ("source", "model_id", "rule", "observed_from_utc"),
        [
            PRICE_SOURCE,
            MODEL_ID,
            _RULE,
            _FROM,
            _TO,
            column(
                "action",
                pa.string(),
                "`ignore` the statement counts as listed without a price, `times_million` its prices were per token, "
                "`accept` odd but true, or nothing to correct",
            ),
            column("reason", pa.string(), "Why"),
        ],
    ),
    contract(
        "prices.model_names",
        "Which id a price source lists a model of the usage data under, and for which days.",
        Build.WHOLE,
        ("model_permaslug", "model_id", "valid_from"),
        [
            MODEL_PERMASLUG,
            MODEL_ID,
            column(
                "valid_from", pa.date32(), "First UTC day on which the id names this model; 2025-01-01: no limit known"
            ),
            column(
                "valid_to", pa.date32(), "First UTC day on which it no longer does; empty while it does", nullable=True
            ),
            column(
                "method",
                pa.string(),
                "`same` both have one name, `catalogue` OpenRouter's catalogue states the pair, `reference` reviewed",
            ),
            column("reason", pa.string(), "Why they are one"),
        ],
    ),
    contract(
        "prices.suspicions",
        "Statements that a rule finds odd, with the correction that was decided, if any. What is stated again and "
        "again stands here once. No rule corrects anything.",
        Build.WHOLE,
        ("source", "model_id", "observed_at_utc", "rule", "price_kind", "over_prompt_tokens"),
        [
            PRICE_SOURCE,
            MODEL_ID,
            column("observed_at_utc", pa.timestamp("us"), "Instant of the statement", "UTC"),
            _RULE,
            PRICE_KIND.with_nullable(True),
            OVER_PROMPT_TOKENS.with_nullable(True),
            column(
                "stated_usd_per_million_tokens",
                pa.decimal128(18, 9),
                "Price as stated",
                "USD per million tokens",
                nullable=True,
            ),
            column("compared_with", pa.string(), "What it was measured against", nullable=True),
            column("action", pa.string(), "What the corrections file decides; empty where nobody has", nullable=True),
            column("reason", pa.string(), "Why", nullable=True),
        ],
    ),
    contract(
        "prices.listings",
        "When a source listed a model and when it no longer did: what was stated, and what its absence says.",
        Build.VIEW,
        ("source", "model_id", "observed_at_utc"),
        [
            field.with_nullable(True)
            for field in (
                PRICE_SOURCE,
                MODEL_ID,
                column("observed_at_utc", pa.timestamp("us"), "Instant of the observation", "UTC"),
                column("is_listed", pa.bool_(), "The source lists it"),
                column("is_deduced", pa.bool_(), "Not stated: it was missing from a list of everything"),
            )
        ],
    ),
    contract(
        "prices.model_prices",
        "Prices over time (type 2): one row for each span in which a source asks one price, corrections applied.",
        Build.WHOLE,
        ("model_id", "price_kind", "over_prompt_tokens", "source", "valid_from_utc"),
        [
            MODEL_ID,
            PRICE_KIND,
            OVER_PROMPT_TOKENS,
            PRICE_SOURCE,
            column("valid_from_utc", pa.timestamp("us"), "First seen at this price", "UTC"),
            column(
                "valid_to_utc",
                pa.timestamp("us"),
                "First seen otherwise; empty while nothing else was seen",
                "UTC",
                nullable=True,
            ),
            column("last_seen_utc", pa.timestamp("us"), "Last seen at this price", "UTC"),
            column("price_state", pa.string(), "`priced`, or `varies` (a router's price depends on where it routes)"),
            USD_PER_MILLION_TOKENS,
            column(
                "ended_by",
                pa.string(),
                "`change` of the price, `delisting`, `no_price` (listed on without a usable one); empty while it holds",
                nullable=True,
            ),
        ],
    ),
    contract(
        "prices.named_prices",
        "The spans of prices.model_prices under the model of the usage data that the id named when they were seen.",
        Build.VIEW,
        ("model_permaslug", "model_id", "price_kind", "over_prompt_tokens", "source", "valid_from_utc"),
        [
            field.with_nullable(True)
            for field in (
                MODEL_PERMASLUG,
                MODEL_ID,
                PRICE_SOURCE,
                PRICE_KIND,
                OVER_PROMPT_TOKENS,
                column("price_state", pa.string(), "`priced` or `varies`"),
                USD_PER_MILLION_TOKENS,
                column("valid_from_utc", pa.timestamp("us"), "First seen at this price, under this name", "UTC"),
                column("valid_to_utc", pa.timestamp("us"), "First seen otherwise, or naming another model", "UTC"),
                column("last_seen_utc", pa.timestamp("us"), "Last seen at this price, under this name", "UTC"),
            )
        ],
    ),
    contract(
        "prices.model_week_prices",
        "The price in force at a week's last instant, seen in the 28 days before it, for every "
        "model of that week and every source; or why there is none.",
        Build.DERIVED,
        ("week_start", "model_permaslug", "source", "price_kind", "over_prompt_tokens"),
        [
            WEEK_START,
            MODEL_PERMASLUG,
            PRICE_SOURCE,
            PRICE_KIND,
            OVER_PROMPT_TOKENS,
            column(
                "status",
                pa.string(),
                "`in_force`; `free` a `:free` variant; `varies`; `delisted`; `listed_without_price`; `not_listed` a "
                "complete source never listed it; `not_seen` a sparse source saw it, not lately; `not_observed` the "
                "source looked too long ago, or (sparse) had not seen it yet; `unmatched` no id of any source is known",
            ),
            USD_PER_MILLION_TOKENS,
            MODEL_ID.with_nullable(True),
            column("valid_from_utc", pa.timestamp("us"), "First seen at this price", "UTC", nullable=True),
            column(
                "last_seen_utc",
                pa.timestamp("us"),
                "Last seen at this price before the week's end",
                "UTC",
                nullable=True,
            ),
        ],
    ),
    contract(
        "prices.country_week_prices",
        "Token-weighted price by home country (lab_home, as_known_now), base tier. To be read with its priced share.",
        Build.DERIVED,
        ("week_start", "population", "source", "price_kind", "country_code"),
        [WEEK_START, POPULATION, PRICE_SOURCE, PRICE_KIND, COUNTRY_CODE.with_nullable(False), TOKENS, *_PRICED],
    ),
    contract(
        "prices.week_coverage",
        "How much of a week has a price, by source and from any, and the token-weighted price over all countries.",
        Build.DERIVED,
        ("week_start", "population", "source", "price_kind"),
        [
            WEEK_START,
            POPULATION,
            column("source", pa.string(), "Price source; `any`: at least one of them, so without a price of its own"),
            PRICE_KIND,
            TOKENS,
            *_PRICED,
            column(
                "ever_priced_tokens",
                pa.int64(),
                "Tokens of rows priced now, or of models that before the week's end had a price, however old, in some "
                "variant",
                "tokens",
            ),
            column("ever_priced_share", pa.float64(), "ever_priced_tokens / tokens", "0-1", nullable=True),
        ],
    ),
    contract(
        "prices.comparisons",
        "How many times one model's price is another's: the week's nine largest rows, two by two, base tier.",
        Build.DERIVED,
        ("week_start", "model_a", "model_b", "price_kind", "source"),
        [
            WEEK_START,
            column("model_a", pa.string(), "Permaslug of the one model"),
            column("model_b", pa.string(), "Permaslug of the other"),
            PRICE_KIND,
            PRICE_SOURCE,
            column("usd_per_million_tokens_a", pa.decimal128(18, 9), "Price of the one", "USD per million tokens"),
            column("usd_per_million_tokens_b", pa.decimal128(18, 9), "Price of the other", "USD per million tokens"),
            column(
                "ratio", pa.float64(), "Price of model_a / price of model_b; empty if that is 0", "ratio", nullable=True
            ),
        ],
    ),
    contract(
        "prices.unmatched_models",
        "Models of the usage data that no id of a price source is known for, by tokens.",
        Build.DERIVED,
        ("model_permaslug",),
        [
            MODEL_PERMASLUG,
            TOKENS,
            column("weeks", pa.int32(), "Weeks in which it has tokens", "weeks"),
            column("first_week_start", pa.date32(), "First of these weeks"),
            column("last_week_start", pa.date32(), "Last of these weeks"),
            column(
                "highest_platform_share",
                pa.float64(),
                "Its largest share of a week in which some price source was observed; 0 if there is none",
                "0-1",
            ),
            column(
                "is_within_price_history",
                pa.bool_(),
                "It has tokens in a week in which some price source was observed: a name may be missing here",
            ),
            column("is_free", pa.bool_(), "A `:free` variant: priced at 0 without a name"),
        ],
    ),
    contract(
        "prices.cross_checks",
        "Our prices beside those that the package genai-prices dates, like with like, base tier: both figures of every "
        "span that overlaps.",
        Build.WHOLE,
        ("source", "model_id", "price_kind", "valid_from_utc", "other_valid_from_utc"),
        [
            PRICE_SOURCE,
            MODEL_ID,
            PRICE_KIND,
            column("valid_from_utc", pa.timestamp("us"), "Our source: first seen at this price", "UTC"),
            column("last_seen_utc", pa.timestamp("us"), "Our source: last seen at this price", "UTC"),
            column("usd_per_million_tokens", pa.decimal128(18, 9), "Our source's price", *_USD),
            column("other_provider", pa.string(), "genai-prices: whose price it is"),
            column(
                "other_valid_from_utc",
                pa.timestamp("us"),
                "genai-prices: start of the price; empty: it dates only the end, and 28 days before that count",
                "UTC",
                True,
            ),
            column(
                "other_valid_to_utc",
                pa.timestamp("us"),
                "genai-prices: start of the next price; empty: it has none, and 28 days after its newest day count",
                "UTC",
                True,
            ),
            column("other_usd_per_million_tokens", pa.decimal128(18, 9), "genai-prices: the price", *_USD),
            column(
                "compared_at_utc", pa.timestamp("us"), "First instant at which our source was seen beside theirs", "UTC"
            ),
            column("difference_share", pa.float64(), "Distance of the two / the higher one", "0-1"),
        ],
    ),
    contract(
        "prices.serving_endpoints",
        "Every endpoint of every observation, aliases apart: whose model it serves, and from which country.",
        Build.VIEW,
        ("observed_at_utc", "model_id", "endpoint_number"),
        [
            field.with_nullable(True)
            for field in (
                column("observed_at_utc", pa.timestamp("us"), "Instant of the observation", "UTC"),
                MODEL_ID,
                column("endpoint_number", pa.int64(), "Its place in the answer"),
                PROVIDER_SLUG,
                column("provider_country_code", pa.string(), f"Country {HEADQUARTERS}"),
                MODEL_PERMASLUG,
                _HOME,
            )
        ],
    ),
    contract(
        "prices.provider_prices",
        "What the endpoints of a model ask, over all and by their providers' country: at the newest look before the "
        "week's end, at most 28 days before it, base tier. Filled by `tokentide fetch --endpoints N`.",
        Build.DERIVED,
        ("week_start", "model_id", "price_kind", "provider_country_code"),
        [
            WEEK_START,
            MODEL_ID,
            PRICE_KIND,
            column("provider_country_code", pa.string(), f"Country {HEADQUARTERS}; `any`: all of them"),
            MODEL_PERMASLUG.with_nullable(True),
            _HOME,
            column("endpoints", pa.int64(), "Endpoints with such a price, degraded ones included", "endpoints"),
            column("providers", pa.int64(), "Providers behind them", "providers"),
            column("cheapest_usd_per_million_tokens", pa.decimal128(18, 9), "Lowest price", *_USD),
            column("cheapest_provider_slug", pa.string(), "Who asks it; the first by slug if several do"),
            column("median_usd_per_million_tokens", pa.decimal128(18, 9), "Median of the endpoints' prices", *_USD),
            column("observed_at_utc", pa.timestamp("us"), "Instant of that look", "UTC"),
        ],
    ),
    contract(
        "prices.who_serves",
        "Who serves whose models: endpoints by home country of the model and country of the provider. Never tokens: "
        "who served how many is not published. Filled by `tokentide fetch --endpoints N`.",
        Build.WHOLE,
        ("observed_on", "home_country_code", "provider_country_code"),
        [
            column("observed_on", pa.date32(), "UTC day; each model's newest look of that day counts"),
            _HOME,
            column("provider_country_code", pa.string(), f"Country {HEADQUARTERS}"),
            column("models", pa.int64(), "Models of that home that providers of that country serve", "models"),
            column("providers", pa.int64(), "Providers among them", "providers"),
            column("endpoints", pa.int64(), "Endpoints of these models there", "endpoints"),
        ],
    ),
]
