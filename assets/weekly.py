"""The weekly layer: the figures people quote, and what is derived over all weeks."""

from assets.table_assets import weekly_table, whole_table

ASSETS = [
    weekly_table("weekly.model_tokens"),
    weekly_table("weekly.lab_tokens"),
    weekly_table("weekly.country_tokens"),
    whole_table("weekly.weeks"),
    whole_table("weekly.overtakes"),
    whole_table("weekly.new_entrants"),
    whole_table("weekly.open_weight_tokens"),
    whole_table("weekly.country_rankings"),
    whole_table("weekly.pivotal_decisions"),
    whole_table("weekly.restatements"),
]
