"""Contracts of the weekly layer: the figures people quote. Definitions: docs/methodology.md."""

import pyarrow as pa

from warehouse.contracts.contract import Build, Contract, column, contract
from warehouse.contracts.shared_columns import (
    BASE_PERMASLUG,
    BEFORE_AND_AFTER,
    COUNTRY_CODE,
    DATE,
    DAYS_OBSERVED,
    IS_COMPLETE_WEEK,
    KNOWLEDGE,
    LAB,
    MODEL_PERMASLUG,
    POLICY,
    POPULATION,
    ROW_KIND,
    TOKENS,
    WEEK_START,
)

_COMPARED_POPULATION = column(
    "population",
    pa.string(),
    "`top_9`, `ranked`, `platform`, or `top_9_variants_merged`: the nine largest models with `x:free` and all other "
    "variants of `x` merged into `x`",
)
_POPULATION_TOKENS = column(
    "population_tokens", pa.int64(), "All tokens of the population: the share's denominator", "tokens"
)
_RANK = column("rank", pa.int32(), "Rank by tokens, ties by name; empty for what is not ranked", nullable=True)


def _required(field: pa.Field) -> pa.Field:
    return field.with_nullable(False)


def _totals(entity: pa.Field, unknown: str) -> list[pa.Field]:
    return [
        WEEK_START,
        POPULATION,
        POLICY,
        KNOWLEDGE,
        entity,
        TOKENS,
        _POPULATION_TOKENS,
        column("share", pa.float64(), "tokens / population_tokens: what is known to be theirs", "0-1"),
        column("share_low", pa.float64(), "Lower bound: the same as share", "0-1"),
        column(
            "share_high",
            pa.float64(),
            f"Upper bound: as if all tokens of {unknown} were theirs, and on `platform` those of `other` too",
            "0-1",
        ),
        _RANK,
        DAYS_OBSERVED,
        IS_COMPLETE_WEEK,
    ]


def _changes(entity: pa.Field, of: str) -> Contract:
    changes = [
        column(
            f"tokens_change_{weeks}w",
            pa.float64(),
            f"tokens / tokens {weeks} week(s) before - 1; empty if either week is incomplete or it had none then",
            "ratio",
            nullable=True,
        )
        for weeks in (1, 2, 4)
    ]
    return contract(
        f"weekly.{of}_token_changes",
        f"Change of each {of}'s weekly tokens on 1, 2 and 4 weeks before, derived over all weeks.",
        Build.VIEW,
        ("week_start", "population", "policy", "knowledge", entity.name),
        [WEEK_START, POPULATION, POLICY, KNOWLEDGE, entity, TOKENS, *changes],
    )


CONTRACTS = [
    contract(
        "weekly.model_tokens",
        "Weekly tokens per model, attributed under lab_home and as_known_now; `other` is a row without rank.",
        Build.WEEKS,
        ("week_start", "model_permaslug"),
        [
            WEEK_START,
            MODEL_PERMASLUG,
            ROW_KIND,
            TOKENS,
            column("platform_share", pa.float64(), "tokens / all tokens of the platform in the week", "0-1"),
            _RANK,
            column(
                "is_top_9",
                pa.bool_(),
                "One of the week's nine largest rows: a member of the population `top_9`",
            ),
            LAB,
            COUNTRY_CODE,
            column("method", pa.string(), "Method of the attribution", nullable=True),
            column("model_days", pa.int32(), "Days on which the model was in the day's top 50", "days"),
            DAYS_OBSERVED,
            IS_COMPLETE_WEEK,
        ],
    ),
    contract(
        "weekly.attributed_tokens",
        "Weekly tokens by lab and country under every definition; `other` has neither.",
        Build.VIEW,
        ("week_start", "population", "policy", "knowledge", "row_kind", "lab", "country_code"),
        [WEEK_START, _COMPARED_POPULATION, POLICY, KNOWLEDGE, ROW_KIND, LAB, COUNTRY_CODE, TOKENS, DAYS_OBSERVED],
    ),
    contract(
        "weekly.lab_tokens",
        "Weekly tokens per lab under every population, policy and knowledge.",
        Build.WEEKS,
        ("week_start", "population", "policy", "knowledge", "lab"),
        _totals(_required(LAB), "models whose lab is unknown"),
    ),
    contract(
        "weekly.country_tokens",
        "Weekly tokens per country under every population, policy and knowledge; `ZZ` is the unknown.",
        Build.WEEKS,
        ("week_start", "population", "policy", "knowledge", "country_code"),
        _totals(_required(COUNTRY_CODE), "`ZZ`"),
    ),
    contract(
        "weekly.weeks",
        "Every week with figures: which days are there and as of when.",
        Build.DERIVED,
        ("week_start",),
        [
            WEEK_START,
            column("week_end", pa.date32(), "Sunday (UTC) on which the week ends"),
            DAYS_OBSERVED,
            column("missing_days", pa.string(), "Days without figures, comma separated", nullable=True),
            IS_COMPLETE_WEEK,
            column(
                "newest_as_of_utc",
                pa.timestamp("us"),
                "Newest instant for which the source stated a day of it",
                "UTC",
            ),
        ],
    ),
    _changes(_required(LAB), "lab"),
    _changes(_required(COUNTRY_CODE), "country"),
    contract(
        "weekly.model_token_changes",
        "Change of each model's weekly tokens on 1, 2 and 4 weeks before, derived over all weeks.",
        Build.VIEW,
        ("week_start", "model_permaslug"),
        [
            WEEK_START,
            MODEL_PERMASLUG,
            TOKENS,
            *[f for f in _changes(_required(LAB), "lab").columns if f.name.startswith("tokens_change")],
        ],
    ),
    contract(
        "weekly.overtakes",
        "Weeks in which the leader of a pair of countries or labs changes. An absent one has 0 tokens, a tie keeps "
        "the leader, the unknown take no part.",
        Build.DERIVED,
        ("week_start", "entity_kind", "leader", "overtaken", "population", "policy", "knowledge"),
        [
            WEEK_START,
            column("entity_kind", pa.string(), "`country` or `lab`"),
            column("leader", pa.string(), "Country or lab that takes the lead in this week"),
            column("overtaken", pa.string(), "Country or lab that led in the week before"),
            POPULATION,
            POLICY,
            KNOWLEDGE,
            column("leader_tokens", pa.int64(), "Tokens of the new leader", "tokens"),
            column("overtaken_tokens", pa.int64(), "Tokens of the one overtaken", "tokens"),
            column(
                "is_certain",
                pa.bool_(),
                "Still ahead if all unknown tokens (and `other`, on `platform`) were the other's",
            ),
            column("is_first", pa.bool_(), "It led the other in no earlier week that was built"),
            column("is_complete_week", pa.bool_(), "All seven days of the week are there"),
        ],
    ),
    contract(
        "weekly.new_entrants",
        "Models in a day's top 50 for the first time. Variants are one model here: a `:free` one that turns paid is no "
        "new entrant; a model that ran cloaked before is one, under its new name.",
        Build.DERIVED,
        ("week_start", "base_permaslug"),
        [
            WEEK_START,
            BASE_PERMASLUG,
            column("first_date", pa.date32(), "First UTC day on which it was in the top 50"),
            LAB,
            COUNTRY_CODE,
            TOKENS,
            column("platform_share", pa.float64(), "Its tokens / all tokens of the platform in that week", "0-1"),
            column("best_rank", pa.int32(), "Best rank of its variants in that week"),
            column("is_only_free", pa.bool_(), "All its tokens of that week are of the variant `:free`"),
        ],
    ),
    contract(
        "weekly.restatements",
        "What was restated: every value that differs between a vintage of a day and the one before it.",
        Build.WHOLE,
        ("date", "model_permaslug", "later_snapshot_id"),
        [
            WEEK_START,
            DATE,
            MODEL_PERMASLUG,
            ROW_KIND,
            column(
                "restatement_kind",
                pa.string(),
                "`changed`, `entered` or `left` the day's rows; who enters the top 50 had tokens before, in `other`",
            ),
            column(
                "tokens_before", pa.int64(), "Tokens in the earlier vintage; empty if it has no row", "tokens", True
            ),
            column("tokens_after", pa.int64(), "Tokens in the later vintage; empty if it has no row", "tokens", True),
            column("tokens_change", pa.int64(), "tokens_after - tokens_before, no row as 0", "tokens"),
            column(
                "relative_change",
                pa.float64(),
                "tokens_after / tokens_before - 1; empty if either has no row, or before were 0",
                "ratio",
                nullable=True,
            ),
            *BEFORE_AND_AFTER,
        ],
    ),
    contract(
        "weekly.open_weight_tokens",
        "Weekly tokens by country on open, closed and unknown weights (lab_home, as_known_now).",
        Build.DERIVED,
        ("week_start", "population", "country_code"),
        [
            WEEK_START,
            column("population", pa.string(), "`top_9` or `ranked`; `other` is no model, so nothing is known of it"),
            _required(COUNTRY_CODE),
            TOKENS,
            column("open_tokens", pa.int64(), "Tokens of models with open weights", "tokens"),
            column("closed_tokens", pa.int64(), "Tokens of models with closed weights", "tokens"),
            column("unknown_tokens", pa.int64(), "Tokens of models of which it is not known", "tokens"),
            column("open_share_low", pa.float64(), "open_tokens / tokens", "0-1"),
            column("open_share_high", pa.float64(), "The same if all unknown weights were open", "0-1"),
            IS_COMPLETE_WEEK,
        ],
    ),
    contract(
        "weekly.compared_country_tokens",
        "weekly.country_tokens, and beside it the population `top_9_variants_merged`.",
        Build.VIEW,
        ("week_start", "population", "policy", "knowledge", "country_code"),
        [
            WEEK_START,
            _COMPARED_POPULATION,
            POLICY,
            KNOWLEDGE,
            _required(COUNTRY_CODE),
            TOKENS,
            _POPULATION_TOKENS,
            IS_COMPLETE_WEEK,
        ],
    ),
    contract(
        "weekly.country_rankings",
        "The order of countries in a week under every definition, and whether its lead holds within the bounds.",
        Build.DERIVED,
        ("week_start", "population", "policy", "knowledge"),
        [
            WEEK_START,
            _COMPARED_POPULATION,
            POLICY,
            KNOWLEDGE,
            column(
                "ranking",
                pa.string(),
                "Countries in order, `CN > US > FR`: those with at least 1 % of the population; empty if none has it",
                nullable=True,
            ),
            column("leader", pa.string(), "Country with most tokens; empty if none is known", nullable=True),
            column("leader_tokens", pa.int64(), "Its tokens", "tokens"),
            column("runner_up", pa.string(), "Country behind the leader; empty if there is none", nullable=True),
            column("runner_up_tokens", pa.int64(), "Its tokens; 0 if there is none", "tokens"),
            column("margin_tokens", pa.int64(), "leader_tokens - runner_up_tokens", "tokens"),
            column(
                "undecided_tokens", pa.int64(), "Tokens of no known country: `ZZ`, and on `platform` `other`", "tokens"
            ),
            _POPULATION_TOKENS,
            column(
                "is_certain",
                pa.bool_(),
                "The leader leads whichever country the undecided tokens are of: margin_tokens > undecided_tokens",
            ),
            IS_COMPLETE_WEEK,
        ],
    ),
    contract(
        "weekly.pivotal_decisions",
        "Single decisions that, taken otherwise, would swap two countries that are neighbours in a week's ranking and "
        "both have at least 1 % of the population (lab_home, as_known_now). A lab and a model of it stand apart.",
        Build.DERIVED,
        ("week_start", "population", "ahead", "behind", "unit_kind", "unit", "counted_as"),
        [
            WEEK_START,
            _COMPARED_POPULATION,
            column("place", pa.int32(), "Place of the one ahead: 1 where the lead is at stake"),
            column("ahead", pa.string(), "Country that is ahead"),
            column("behind", pa.string(), "Country next behind it"),
            column("margin_tokens", pa.int64(), "Tokens of the one ahead - tokens of the one behind", "tokens"),
            column(
                "unit_kind",
                pa.string(),
                "What is decided: `lab` its home, `model` whose it is (with all variants), `definition` what counts",
            ),
            column(
                "unit",
                pa.string(),
                "Author slug in attribution.labs; model without variant; or the definition to take instead: "
                "`base_model_home`, `as_known_then`, `variants_merged`, `variants_apart`",
            ),
            column(
                "tokens",
                pa.int64(),
                "Its tokens in the population; of a definition, by how much it moves the margin",
                "tokens",
            ),
            column(
                "counted_as",
                pa.string(),
                "Country for which it counts now, `ZZ` if for none; empty for a definition",
                nullable=True,
            ),
            column(
                "flips_when",
                pa.string(),
                "The least that swaps the two: `left_out` (counted for none of them), `counted_for_behind`, or "
                "`defined_otherwise`",
            ),
            column(
                "grounds",
                pa.string(),
                "How open it is: `unknown` no country; `reported` reveal, not the maker's own; `derived` from weights "
                "of another country; `disputed` home, see the note in attribution.labs; `evidenced`; `definition`",
            ),
            IS_COMPLETE_WEEK,
        ],
    ),
]
