"""Contracts of the claims layer: what others published, and what the figures say of it under every definition."""

import pyarrow as pa

from warehouse.contracts.contract import Build, column, contract
from warehouse.contracts.shared_columns import KNOWLEDGE, POLICY, PRICE_KIND

_ID = column("claim_id", pa.string(), "Name of the claim")

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
            column("comparison", pa.string(), "`equals`, `about`, `at_least` or `at_most`, as the text says"),
            column("tolerance", pa.float64(), "Allowed difference in that unit, if not the usual one", nullable=True),
            column("tolerance_reason", pa.string(), "Why", nullable=True),
            column("definition_stated", pa.string(), "What the author says of how it was counted, or `unstated`"),
            column("not_recomputable", pa.string(), "Why public daily figures cannot answer it", nullable=True),
            column("note", pa.string(), "Doubts, other witnesses, a span that we fitted", nullable=True),
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
                "`top_9`, `ranked`, `platform`, or the claim's own `top_<n>`, formed over its whole span",
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
]
