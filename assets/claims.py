"""The claims layer: what others published, and what the figures say of it."""

from assets.reference import rows_of
from assets.table_assets import whole_table

ASSETS = [
    whole_table("claims.claims", reads=frozenset(), rows=rows_of("claims")),
    whole_table("claims.verdicts"),
    whole_table("claims.alternatives"),
]
