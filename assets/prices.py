"""The prices layer: what the sources mean, which names are one model, what was corrected; then prices over time."""

from assets.reference import reference_inputs, rows_of
from assets.table_assets import whole_table
from warehouse.ingesting import differing_prices, unreviewed_prices

ASSETS = [
    whole_table("prices.sources", reads=frozenset(), rows=rows_of("price_sources")),
    whole_table("prices.corrections", reads=frozenset({"prices.sources"}), rows=rows_of("price_corrections")),
    whole_table("prices.model_names", rows=reference_inputs),
    whole_table("prices.suspicions", rows=reference_inputs, explain=unreviewed_prices),
    # its SELECT reads none of them, but what explains its failures is the SELECT of suspicions
    whole_table("prices.model_prices", rows=reference_inputs, explain=unreviewed_prices),
    whole_table("prices.model_week_prices"),
    whole_table("prices.country_week_prices"),
    whole_table("prices.week_coverage"),
    whole_table("prices.comparisons"),
    whole_table("prices.unmatched_models"),
    whole_table("prices.cross_checks", rows=reference_inputs, explain_warnings=differing_prices),
    whole_table("prices.provider_prices"),
    whole_table("prices.who_serves"),
]
