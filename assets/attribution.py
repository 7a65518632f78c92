"""The attribution layer: the curated facts, the decision for every model, and the days with lab and country."""

from assets.reference import reference_inputs, rows_of
from assets.table_assets import weekly_table, whole_table
from assets.week_versions import week_versions

ASSETS = [
    whole_table("attribution.labs", reads=frozenset(), rows=rows_of("labs")),
    whole_table("attribution.aliases", reads=frozenset({"attribution.labs"}), rows=rows_of("aliases")),
    whole_table("attribution.models", rows=reference_inputs),
    week_versions("attribution.week_inputs", "inputs_hash"),
    weekly_table(
        "attribution.model_day_tokens", reads=frozenset({"attribution.week_inputs", "staging.model_day_tokens"})
    ),
    whole_table("attribution.openness", rows=reference_inputs),
]
