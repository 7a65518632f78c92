"""Contracts of the main schema: the edition, citations, and the views that answer everyday questions."""

import pyarrow as pa

from warehouse.contracts.contract import Build, Contract, column, contract
from warehouse.contracts.shared_columns import (
    BEFORE_AND_AFTER,
    DATE,
    DAYS_OBSERVED,
    HEADQUARTERS,
    IS_COMPLETE_WEEK,
    MODEL_ID,
    MODEL_PERMASLUG,
    OVER_PROMPT_TOKENS,
    POPULATION,
    PRICE_KIND,
    PRICE_SOURCE,
    TOKENS,
    USD_PER_MILLION_TOKENS,
    WEEK_START,
)

_COUNTRY = column(
    "country_code", pa.string(), "Home country, ISO 3166-1 alpha-2; `ZZ` where it is not known", nullable=True
)
_HOME = column("home_country_code", pa.string(), "Home country of the model's lab; `ZZ` where it is not known")
_LAB = column("lab", pa.string(), "Lab; `unknown` where it is not known", nullable=True)
_SHARES = [
    column("share", pa.float64(), "Known tokens / all tokens of the population", "0-1", nullable=True),
    column("share_high", pa.float64(), "Share if all unknown tokens were theirs", "0-1", nullable=True),
]
_PRICE_STATE = column("price_state", pa.string(), "`priced`, or `varies` (a router's price depends on where it routes)")
_LAST_SEEN = column("last_seen_utc", pa.timestamp("us"), "Last seen at this price", "UTC")
_RANK = column("rank", pa.int32(), "Rank by tokens; empty for the unknown", nullable=True)


def _view(name: str, description: str, key: tuple[str, ...], columns: list[pa.Field]) -> Contract:
    # DuckDB views carry no NOT NULL: nullability is the business of the tables behind them
    return contract(f"main.{name}", description, Build.VIEW, key, [f.with_nullable(True) for f in columns])


CONTRACTS = [
    contract(
        "main.edition",
        "Which publication this file is, and from what it was made.",
        Build.WHOLE,
        ("edition",),
        [
            column("edition", pa.string(), "Newest as_of day and the start of the content hash"),
            column("published_at_utc", pa.timestamp("us"), "Instant of publication", "UTC"),
            column(
                "newest_as_of_utc",
                pa.timestamp("us"),
                "Newest instant for which the source stated its figures",
                "UTC",
            ),
            column("first_week_start", pa.date32(), "First week published"),
            column("last_week_start", pa.date32(), "Last week published"),
            column("weeks", pa.int32(), "Weeks published", "weeks"),
            column("software_version", pa.string(), "Version of tokentide"),
            column("code_version", pa.string(), "Hash of the code that makes tables"),
            column("raw_hash", pa.string(), "Hash over the sha256 of every snapshot used"),
            column("reference_hash", pa.string(), "Hash over the curated reference files"),
            column("content_hash", pa.string(), "Hash over all published figures, times and check results aside"),
            column(
                "known_at_utc",
                pa.timestamp("us"),
                "Instant whose knowledge the file shows, without later snapshots and facts; empty for all at hand",
                "UTC",
                nullable=True,
            ),
            column("citation", pa.string(), "How to cite figures of this file"),
        ],
    ),
    contract(
        "main.citations",
        "Sources of the figures in this file.",
        Build.WHOLE,
        ("source", "citation"),
        [
            column("source", pa.string(), "Source"),
            column("citation", pa.string(), "How to cite it"),
            column("license", pa.string(), "Its licence"),
            column("license_url", pa.string(), "Text of the licence; empty where none is stated", nullable=True),
            column(
                "newest_as_of_utc",
                pa.timestamp("us"),
                "Newest instant for which it stated its figures",
                "UTC",
            ),
        ],
    ),
    contract(
        "main.held_back_weeks",
        "Weeks that a person held back: the file shows their last good rows.",
        Build.WHOLE,
        ("week_start",),
        [
            WEEK_START,
            column("reason", pa.string(), "Checks that failed, with what was measured"),
            column("held_back_at_utc", pa.timestamp("us"), "Instant of that decision", "UTC"),
        ],
    ),
    _view(
        "countries",
        "Whose models does the world run on? Tokens and share by country and week (lab_home, as_known_now).",
        ("week_start", "population", "country_code"),
        [WEEK_START, POPULATION, _COUNTRY, TOKENS, *_SHARES, _RANK, IS_COMPLETE_WEEK],
    ),
    _view(
        "labs",
        "Tokens and share by lab and week (lab_home, as_known_now).",
        ("week_start", "population", "lab"),
        [WEEK_START, POPULATION, _LAB, TOKENS, *_SHARES, _RANK, IS_COMPLETE_WEEK],
    ),
    _view(
        "models",
        "Tokens and rank by model and week, with lab and country.",
        ("week_start", "model_permaslug"),
        [
            WEEK_START,
            MODEL_PERMASLUG,
            _LAB,
            _COUNTRY,
            TOKENS,
            column("platform_share", pa.float64(), "tokens / all tokens of the platform in the week", "0-1"),
            _RANK,
            column("is_top_9", pa.bool_(), "One of the week's nine largest rows"),
            IS_COMPLETE_WEEK,
        ],
    ),
    _view(
        "china_and_us",
        "China beside the United States, week by week and by population, with the unknown that could change the order.",
        ("week_start", "population"),
        [
            WEEK_START,
            POPULATION,
            column("cn_tokens", pa.int64(), "Tokens of Chinese labs' models", "tokens"),
            column("us_tokens", pa.int64(), "Tokens of American labs' models", "tokens"),
            column("unknown_tokens", pa.int64(), "Tokens of models whose country is unknown", "tokens"),
            column("population_tokens", pa.int64(), "All tokens of the population", "tokens"),
            column("leader", pa.string(), "The one with more tokens; empty on a tie"),
            column(
                "is_certain",
                pa.bool_(),
                "Still ahead if all unknown tokens (and `other`, on `platform`) were the other's",
            ),
            IS_COMPLETE_WEEK,
        ],
    ),
    _view(
        "overtakes",
        "When did one country pass another? (lab_home, as_known_now)",
        ("week_start", "population", "leader", "overtaken"),
        [
            WEEK_START,
            POPULATION,
            column("leader", pa.string(), "Country that takes the lead"),
            column("overtaken", pa.string(), "Country that led before"),
            column("leader_tokens", pa.int64(), "Tokens of the new leader", "tokens"),
            column("overtaken_tokens", pa.int64(), "Tokens of the one overtaken", "tokens"),
            column("is_certain", pa.bool_(), "Still ahead if all unknown tokens were the other's"),
            column("is_first", pa.bool_(), "It led the other in no earlier week"),
        ],
    ),
    _view(
        "weeks",
        "Every published week: days observed, missing days, and whether a person held it back.",
        ("week_start",),
        [
            WEEK_START,
            DAYS_OBSERVED,
            column("missing_days", pa.string(), "Days without figures"),
            IS_COMPLETE_WEEK,
            column("attributed_share", pa.float64(), "Share of the ranked tokens whose home country is known", "0-1"),
            column("is_held_back", pa.bool_(), "The rows are the last good ones, not the newest"),
            column("hold_back_reason", pa.string(), "Why"),
        ],
    ),
    _view(
        "restated_days",
        "Which days did the source restate, when, and by how much? One row for each time; weekly.restatements has "
        "the values.",
        ("date", "later_as_of_utc"),
        [
            DATE,
            WEEK_START,
            *BEFORE_AND_AFTER[:2],
            column("rows_changed", pa.int64(), "Rows whose tokens differ", "rows"),
            column("rows_entered", pa.int64(), "Rows that only the later vintage has", "rows"),
            column("rows_left", pa.int64(), "Rows that only the earlier vintage has", "rows"),
            column("tokens_before", pa.int64(), "Tokens of the day in the earlier vintage", "tokens"),
            column("tokens_after", pa.int64(), "Tokens of the day in the later vintage", "tokens"),
            column("relative_change", pa.float64(), "tokens_after / tokens_before - 1", "ratio"),
        ],
    ),
    _view(
        "prices_last_seen",
        "What does a model cost? The latest price that each source was seen to ask, and when that was.",
        ("model_id", "source", "price_kind", "over_prompt_tokens"),
        [
            MODEL_ID,
            MODEL_PERMASLUG,
            PRICE_SOURCE,
            PRICE_KIND,
            OVER_PROMPT_TOKENS,
            USD_PER_MILLION_TOKENS,
            _PRICE_STATE,
            _LAST_SEEN,
            column("is_delisted", pa.bool_(), "The source no longer lists the model"),
        ],
    ),
    _view(
        "price_history",
        "How did a model's price change? One row for each span in which a source asked one price.",
        ("model_id", "price_kind", "over_prompt_tokens", "source", "valid_from_utc"),
        [
            MODEL_ID,
            PRICE_SOURCE,
            PRICE_KIND,
            OVER_PROMPT_TOKENS,
            USD_PER_MILLION_TOKENS,
            _PRICE_STATE,
            column("valid_from_utc", pa.timestamp("us"), "First seen at this price", "UTC"),
            _LAST_SEEN,
            column(
                "valid_to_utc", pa.timestamp("us"), "First seen otherwise; empty while nothing else was seen", "UTC"
            ),
            column("ended_by", pa.string(), "`change`, `delisting` or `no_price`; empty while it holds"),
        ],
    ),
    _view(
        "country_prices",
        "What do a country's tokens cost? Token-weighted price (lab_home, as_known_now), where 90 % of them have one.",
        ("week_start", "population", "source", "price_kind", "country_code"),
        [
            WEEK_START,
            POPULATION,
            PRICE_SOURCE,
            PRICE_KIND,
            _COUNTRY,
            USD_PER_MILLION_TOKENS,
            column(
                "usd_per_million_tokens_without_free",
                pa.decimal128(18, 9),
                "The same without `:free` rows",
                "USD per million tokens",
            ),
            column("priced_share", pa.float64(), "Share of the country's tokens that have a price", "0-1"),
            TOKENS,
        ],
    ),
    _view(
        "provider_prices",
        "Where is a model cheapest? Cheapest and median endpoint at the newest look, by the country of the providers. "
        "Filled by `tokentide fetch --endpoints N`.",
        ("model_id", "price_kind", "provider_country_code"),
        [
            MODEL_ID,
            MODEL_PERMASLUG,
            _HOME,
            PRICE_KIND,
            column("provider_country_code", pa.string(), f"Country {HEADQUARTERS}; `any`: all of them"),
            column("cheapest_usd_per_million_tokens", pa.decimal128(18, 9), "Lowest price", "USD per million tokens"),
            column("cheapest_provider_slug", pa.string(), "Who asks it; the first by slug if several do"),
            column(
                "median_usd_per_million_tokens",
                pa.decimal128(18, 9),
                "Median of the endpoints' prices",
                "USD per million tokens",
            ),
            column("endpoints", pa.int64(), "Endpoints with such a price, degraded ones included", "endpoints"),
            column("providers", pa.int64(), "Providers behind them", "providers"),
            column("observed_at_utc", pa.timestamp("us"), "Instant of that look", "UTC"),
        ],
    ),
    _view(
        "who_serves",
        "Whose models are served from where? Models and endpoints by day, never tokens, which are not published by "
        "provider. Filled by `tokentide fetch --endpoints N`.",
        ("observed_on", "home_country_code", "provider_country_code"),
        [
            column("observed_on", pa.date32(), "UTC day; each model's newest look of that day counts"),
            _HOME,
            column("provider_country_code", pa.string(), f"Country {HEADQUARTERS}"),
            column("models", pa.int64(), "Models of that home that providers of that country serve", "models"),
            column("providers", pa.int64(), "Providers among them", "providers"),
            column("endpoints", pa.int64(), "Endpoints of these models there", "endpoints"),
            column("endpoint_share", pa.float64(), "endpoints / all endpoints of models of that home that day", "0-1"),
        ],
    ),
    _view(
        "claims",
        "Does what was published come out? Every claim with its verdict over all definitions.",
        ("claim_id",),
        [
            column("claim_id", pa.string(), "Name of the claim"),
            column("statement_en", pa.string(), "The claim in English, in our words"),
            column("source_name", pa.string(), "Who published it"),
            column("published_on", pa.date32(), "Day of publication, where it is known"),
            column("expected", pa.string(), "The figure as printed"),
            column("unit", pa.string(), "Unit of that figure"),
            column(
                "verdict",
                pa.string(),
                "`reproduced` under every definition (each price source that saw the day), `depends_on_definition`, "
                "`near`, `contradicted` under every one, `not_recomputable`",
            ),
            column("reproduced_under", pa.string(), "Populations or price sources under which it comes out"),
            column("closest_value", pa.float64(), "The recomputed figure nearest to it, in the claim's unit"),
            column("closest_week", pa.date32(), "The same for a first week"),
            column("closest_difference", pa.float64(), "That less the printed one; in weeks for a first week"),
            column("not_recomputable", pa.string(), "Why public daily figures cannot answer it"),
        ],
    ),
    _view(
        "open_weights",
        "How much runs on open weights? Tokens and share by week, with the bounds that the unknown leave.",
        ("week_start", "population"),
        [
            WEEK_START,
            column("population", pa.string(), "`top_9` or `ranked`"),
            TOKENS,
            column("open_tokens", pa.int64(), "Tokens of models with open weights", "tokens"),
            column("open_share_low", pa.float64(), "open_tokens / tokens", "0-1"),
            column("open_share_high", pa.float64(), "The same if all unknown weights were open", "0-1"),
            IS_COMPLETE_WEEK,
        ],
    ),
]
