"""Reads the claims of `reference/claims/` strictly: a bad line is named by file, line and rule, and nothing is used.

What a claim means is in contracts/claims.py; how it is recomputed is in sql/claims/verdicts.sql.
"""

from pathlib import Path
from typing import Any

import pyarrow as pa

from warehouse.contracts import CONTRACTS
from warehouse.errors import ReferenceInvalid
from warehouse.reference_files import REFERENCE_DIRECTORY, ReferenceFile, read_reference_file

CLAIMS_DIRECTORY = REFERENCE_DIRECTORY / "claims"
_COLUMNS = CONTRACTS["claims.claims"].columns
# What each metric cannot do without.
NEEDS = {
    "tokens": ("span_end",),
    "share": ("span_end",),
    "ratio": ("span_end", "against"),
    "change": ("span_end", "baseline_end"),
    "rank": ("span_end",),
    "first_time_ahead": ("against",),
    "weeks_ahead": ("span_end", "against"),
    "top_n_count": ("span_end", "top_n"),
    "top_n_share": ("span_end", "top_n"),
    "price": ("span_end", "price_kind"),
    "price_ratio": ("span_end", "price_kind", "against"),
    "other": ("not_recomputable",),
}


def read_claims(directory: Path = CLAIMS_DIRECTORY) -> pa.Table:
    """All claims, by claim_id. Raises ReferenceInvalid with file, line and rule."""
    tables = []
    seen: dict[str, Path] = {}
    for path in sorted(directory.glob("*.csv")):
        table = read_reference_file(ReferenceFile(path.stem, _COLUMNS, ("claim_id",)), path)
        for claim in table.to_pylist():
            if broken := broken_rule(claim):
                raise _invalid(path, claim["claim_id"], broken)
            if claim["claim_id"] in seen:
                raise _invalid(path, claim["claim_id"], f"it stands in {seen[claim['claim_id']].name}, too")
            seen[claim["claim_id"]] = path
        tables.append(table)
    return pa.concat_tables([_COLUMNS.empty_table(), *tables]).sort_by("claim_id")


def broken_rule(claim: dict[str, Any]) -> str | None:
    """What a claim lacks to be recomputed, or None."""
    if claim["metric"] != "other" and claim["not_recomputable"] is None:
        for name in NEEDS[claim["metric"]]:
            if claim[name] is None:
                return f"a claim of the metric {claim['metric']} needs {name}"
    if claim["metric"] == "other" and claim["not_recomputable"] is None:
        return "a claim of the metric other says why it is not recomputable"
    for start, end in (("span_start", "span_end"), ("baseline_start", "baseline_end")):
        if (claim[start] is None) != (claim[end] is None):
            return f"{start} and {end} go together"
        if claim[start] is not None and claim[end] < claim[start]:
            return f"{end} lies before {start}"
    if (claim["source_url"] is None) != (claim["read_on"] is None):
        return "source_url and read_on go together"
    if claim["tolerance"] is not None and claim["tolerance_reason"] is None:
        return "a tolerance of its own needs a reason"
    return None


def _invalid(path: Path, claim_id: str, rule: str) -> ReferenceInvalid:
    return ReferenceInvalid(f"{path}, claim {claim_id}: {rule}.", "correct that line and run again.")
