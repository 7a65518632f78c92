"""Contracts of the claims layer: what others published, and what the figures say of it under every definition."""

import pyarrow as pa

from warehouse.contracts.contract import Build, Contract, column, contract
from warehouse.contracts.shared_columns import (
    COUNTRY_CODE,
    KNOWLEDGE,
    LAB,
    MODEL_PERMASLUG,
    POLICY,
    PRICE_KIND,
    ROW_KIND,
)

_ID = column("claim_id", pa.string(), "Name of the claim")

_POPULATION = "`top_9`, `ranked`, `platform`, or the claim's own `top_<n>`, formed over its whole span"


def _view(name: str, description: str, key: tuple[str, ...], columns: list[pa.Field]) -> Contract:
    # DuckDB views carry no NOT NULL: nullability is the business of the tables behind them
    return contract(f"claims.{name}", description, Build.VIEW, key, [f.with_nullable(True) for f in columns])


_SHIFT = column("shift_days", pa.int32(), "Days by which the span is moved: 0 as it is said; -7, -3 to 3, 7", "days")
_ROLE = column("role", pa.string(), "`span` the claim's own days, `baseline` those of what a change starts from")
_SIDE = column("side", pa.string(), "`subject` of the claim, or `against` what it is compared with; empty for neither")

CONTRACTS = [
    contract(
        "claims.claims",
        "Published claims about tokens, shares, ranks and prices, as they were printed.",
        Build.WHOLE,
        ("claim_id",),
        [
            _ID,
            column("statement_en", pa.string(), "The claim in English, in our words"),
            column(
                "statement_original", pa.string(), "The claim in its own language, short or paraphrased", nullable=True
            ),
            column("language", pa.string(), "Language of the original, ISO 639-1"),
            column("source_name", pa.string(), "Who published it"),
            column("source_url", pa.string(), "Page that was read; empty where none could be", nullable=True),
            column("published_on", pa.date32(), "Day of publication, where it is known", nullable=True),
            column("read_on", pa.date32(), "Day on which the page was read", nullable=True),
            column(
                "metric",
                pa.string(),
                "`tokens`, `share`, `ratio`, `change`, `rank`, `first_time_ahead`, `weeks_ahead`, `top_n_count`, "
                "`top_n_share`, `price`, `price_ratio`, or `other` (not recomputable)",
            ),
            column("subject_kind", pa.string(), "`country`, `lab`, `model`, `all` or `other`"),
            column("subject", pa.string(), "Country code, author slug of a lab, model; several joined by +"),
            column("against", pa.string(), "What it is compared with", nullable=True),
            column("top_n", pa.int32(), "The claim is about so many largest rows of its span", nullable=True),
            column("span_start", pa.date32(), "First UTC day it speaks of", nullable=True),
            column("span_end", pa.date32(), "Last UTC day it speaks of", nullable=True),
            column("baseline_start", pa.date32(), "First UTC day of what a change starts from", nullable=True),
            column("baseline_end", pa.date32(), "Last UTC day of it", nullable=True),
            PRICE_KIND.with_nullable(True),
            column("expected", pa.string(), "The figure as printed, or the first week, as a day"),
            column("unit", pa.string(), "Unit of that figure"),
            column(
                "comparison", pa.string(), "`equals`, `about`, `at_least`, `at_most`, `more_than`, as the text says"
            ),
            column("tolerance", pa.float64(), "Allowed difference in that unit, if not the usual one", nullable=True),
            column("tolerance_reason", pa.string(), "Why", nullable=True),
            column("definition_stated", pa.string(), "What the author says of how it was counted, or `unstated`"),
            column("not_recomputable", pa.string(), "Why public daily figures cannot answer it", nullable=True),
            column("note", pa.string(), "Doubts, other witnesses, a span that we fitted", nullable=True),
        ],
    ),
    _view(
        "spans",
        "The days that a claim speaks of, and the same moved by up to a week.",
        ("claim_id", "role", "shift_days"),
        [
            _ID,
            _ROLE,
            _SHIFT,
            column("span_start", pa.date32(), "First UTC day"),
            column("span_end", pa.date32(), "Last UTC day"),
        ],
    ),
    _view(
        "entities",
        "The countries, labs and models that a claim speaks of.",
        ("claim_id", "side", "entity"),
        [
            _ID,
            _SIDE,
            column("subject_kind", pa.string(), "`country`, `lab`, `model` or `all`"),
            column("entity", pa.string(), "Country code, lab or model"),
        ],
    ),
    _view(
        "members",
        "What a claim's figure adds up: the rows of each population of its span, with what they count as.",
        (
            "claim_id",
            "shift_days",
            "role",
            "population",
            "policy",
            "knowledge",
            "model_permaslug",
            "lab",
            "country_code",
        ),
        [
            _ID,
            _SHIFT,
            _ROLE,
            column(
                "population",
                pa.string(),
                f"{_POPULATION}; `..._variants_merged`: after `x:free` and other variants are merged into `x`",
            ),
            POLICY,
            KNOWLEDGE,
            MODEL_PERMASLUG,
            ROW_KIND,
            LAB,
            COUNTRY_CODE,
            column("counted_as", pa.string(), "Its country, its lab or itself: whichever the claim is about; or `all`"),
            _SIDE,
            column("tokens", pa.int64(), "Tokens in the span", "tokens"),
        ],
    ),
    contract(
        "claims.verdicts",
        "Every recomputable claim under every definition that can change it: population, policy and knowledge for "
        "tokens, source for prices.",
        Build.DERIVED,
        ("claim_id", "population", "policy", "knowledge", "price_source"),
        [
            _ID,
            column(
                "population",
                pa.string(),
                _POPULATION,
                nullable=True,
            ),
            POLICY.with_nullable(True),
            KNOWLEDGE.with_nullable(True),
            column("price_source", pa.string(), "Price source, see prices.sources", nullable=True),
            column("value", pa.float64(), "The figure recomputed, in the claim's unit", nullable=True),
            column("value_week", pa.date32(), "The first week recomputed, for `first_time_ahead`", nullable=True),
            column("difference", pa.float64(), "Recomputed less printed; in weeks for a first time", nullable=True),
            column(
                "allowed_difference", pa.float64(), "Half the last printed digit, or the claim's own", nullable=True
            ),
            column(
                "missing_days", pa.int32(), "Days of the claim's span that the source never published", "days", True
            ),
            column(
                "verdict",
                pa.string(),
                "`reproduced`, `near` (beyond the tolerance, within 1 % of the figure), `contradicted`, or "
                "`not_recomputable` (its days are not built, or nothing was observed)",
            ),
        ],
    ),
    contract(
        "claims.alternatives",
        "Small changes that might make a claim true where no definition does (under lab_home, as_known_now): all that "
        "were tried, as a match among many is a hypothesis, no evidence.",
        Build.DERIVED,
        ("claim_id", "population", "change_kind", "side", "changed"),
        [
            _ID,
            column("population", pa.string(), f"{_POPULATION}; merged: the same with variants merged"),
            column(
                "change_kind",
                pa.string(),
                "`leave_out_lab`, `leave_out_model` (counts for nobody), `count_lab`, `count_model` (counts for that "
                "side, too), `move_span` (all its days, by up to a week), `merge_variants` (`x:free` into `x`)",
            ),
            _SIDE.with_nullable(True),
            column("changed", pa.string(), "The lab, the model, or by how many days"),
            column("tokens", pa.int64(), "Tokens at stake", "tokens", nullable=True),
            column("value", pa.float64(), "The figure recomputed so, in the claim's unit", nullable=True),
            column("difference", pa.float64(), "Recomputed less printed", nullable=True),
            column("is_match", pa.bool_(), "Within what the claim allows"),
        ],
    ),
]
