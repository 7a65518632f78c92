"""The contracts of all tables: one module a schema, listed here in the order in which rows flow."""

from warehouse.contracts import attribution, checks, claims, main, prices, raw, staging, weekly
from warehouse.contracts.contract import Build, Contract

CONTRACTS: dict[str, Contract] = {
    table.name: table
    for module in (raw, staging, attribution, weekly, prices, claims, checks, main)
    for table in module.CONTRACTS
}

__all__ = ["CONTRACTS", "Build", "Contract"]
