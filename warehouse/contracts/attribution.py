"""Contracts of the attribution layer: which lab and country a model belongs to, why, and since when that is known."""

import pyarrow as pa

from warehouse.contracts.contract import Build, column, contract
from warehouse.contracts.shared_columns import (
    BASE_PERMASLUG,
    COUNTRY_CODE,
    DATE,
    EVIDENCE_READ_ON,
    EVIDENCE_SAYS,
    EVIDENCE_URL,
    LAB,
    MODEL_PERMASLUG,
    NOTE,
    ROW_KIND,
    TOKENS,
    WEEK_START,
)

_EVIDENCE = [EVIDENCE_URL, EVIDENCE_READ_ON, EVIDENCE_SAYS, NOTE]
_KNOWN_FROM = column(
    "known_from_utc",
    pa.timestamp("us"),
    "When it became known which lab made the model; empty where that was known from its first row",
    unit="UTC",
    nullable=True,
)
_METHOD = column(
    "method",
    pa.string(),
    "`author` home of the slug's author, `alias` revealed cloaked model, `override` single model, "
    "`router` picks among models of others, `unknown`",
    nullable=True,
)

CONTRACTS = [
    contract(
        "attribution.labs",
        "Home of each author slug's lab, with the span for which that is claimed.",
        Build.WHOLE,
        ("author", "valid_from"),
        [
            column("author", pa.string(), "Part of a model's slug before the slash"),
            column("lab", pa.string(), "Lab behind that slug"),
            column(
                "country_code",
                pa.string(),
                "Home country, ISO 3166-1 alpha-2; `ZZ` where no evidence was found",
            ),
            column(
                "valid_from",
                pa.date32(),
                "First day of the claim; 2025-01-01 where we claim nothing of the time before",
            ),
            column(
                "valid_to",
                pa.date32(),
                "First day on which it no longer holds; empty while it holds",
                nullable=True,
            ),
            column(
                "known_from_utc",
                pa.timestamp("us"),
                "When it became known, where that was later than the lab's first row",
                "UTC",
                nullable=True,
            ),
            *_EVIDENCE,
        ],
    ),
    contract(
        "attribution.aliases",
        "Cloaked models: the lab each turned out to be from, and when that became public.",
        Build.WHOLE,
        ("cloaked_slug",),
        [
            column("cloaked_slug", pa.string(), "Slug under which the cloaked model ran"),
            column("revealed_as", pa.string(), "Name of the model it turned out to be", nullable=True),
            column("official_slug", pa.string(), "Slug of that model", nullable=True),
            column("author", pa.string(), "Author slug of the lab that made it", nullable=True),
            column("known_from_utc", pa.timestamp("us"), "Instant of the reveal", "UTC", nullable=True),
            column(
                "confidence",
                pa.string(),
                "`official` (maker or OpenRouter say so), `reported` (others, as fact), `rumoured` (not used), `none`",
            ),
            *_EVIDENCE,
        ],
    ),
    contract(
        "attribution.models",
        "Every model ever seen: by which method, from whose evidence, it has its lab and country.",
        Build.WHOLE,
        ("model_permaslug",),
        [
            MODEL_PERMASLUG,
            _METHOD,
            column(
                "attributed_author",
                pa.string(),
                "Author slug whose lab the model is counted for",
                nullable=True,
            ),
            column("lab", pa.string(), "That lab; `unknown` where it is not known"),
            column("country_code", pa.string(), "Its latest home, ISO 3166-1 alpha-2; `ZZ` where it is not known"),
            column("base_model", pa.string(), "Model of another lab whose weights it derives from", nullable=True),
            column("base_author", pa.string(), "Author slug of that model", nullable=True),
            column(
                "derivation",
                pa.string(),
                "`fine-tune`, `merge`, `distillation` or `continued-pre-training`",
                nullable=True,
            ),
            column("base_evidence_url", pa.string(), "Page that says so", nullable=True),
            column("base_evidence_read_on", pa.date32(), "Day on which it was read", nullable=True),
            column("base_evidence_says", pa.string(), "What it says, in our words", nullable=True),
            column("base_note", pa.string(), "What is disputed or was searched for", nullable=True),
            column(
                "base_lab",
                pa.string(),
                "Lab whose weights it derives from; its own lab where it is no derivative",
            ),
            column("base_country_code", pa.string(), "Latest home of that lab; `ZZ` where it is not known"),
            _KNOWN_FROM,
            column("reason", pa.string(), "The decision in one sentence"),
            EVIDENCE_URL,
            column("first_date", pa.date32(), "First UTC day in the figures"),
            column("last_date", pa.date32(), "Last UTC day in the figures"),
        ],
    ),
    contract(
        "attribution.week_inputs",
        "What each week rests on, as one hash: its figures, the decisions on its models, the homes of labs.",
        Build.VIEW,
        ("week_start",),
        [
            WEEK_START.with_nullable(True),
            column("figures_hash", pa.string(), "MD5 over the week's days and their figures", nullable=True),
            column("inputs_hash", pa.string(), "MD5 over these, the decisions and the homes", nullable=True),
        ],
    ),
    contract(
        "attribution.model_day_tokens",
        "Daily tokens per model with lab and country. `other` has neither: it is not a model.",
        Build.WEEKS,
        ("date", "model_permaslug"),
        [
            DATE,
            MODEL_PERMASLUG,
            WEEK_START,
            ROW_KIND,
            TOKENS,
            _METHOD,
            LAB,
            COUNTRY_CODE,
            column("base_lab", pa.string(), "Lab whose weights the model derives from", nullable=True),
            column("base_country_code", pa.string(), "Home country of that lab on that day", nullable=True),
            _KNOWN_FROM,
        ],
    ),
    contract(
        "attribution.openness",
        "Whether a model's weights are open: anyone may download them. Variants are one model here.",
        Build.WHOLE,
        ("base_permaslug",),
        [
            BASE_PERMASLUG,
            column("weights", pa.string(), "`open`, `closed` or `unknown`, as known now, whenever they were published"),
            column(
                "method",
                pa.string(),
                "`reference` reviewed, `catalogue` OpenRouter's catalogue names their repository; empty if unknown",
                nullable=True,
            ),
            column("weights_name", pa.string(), "Repository of the weights", nullable=True),
            *_EVIDENCE,
        ],
    ),
]
