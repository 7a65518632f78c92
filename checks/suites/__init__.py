"""The suites of all tables: one module a schema, and the publication gate's. Thresholds live here and nowhere else."""

from checks.suite import Expectation, Suite, structural_expectations
from checks.suites import attribution, claims, main, prices, publication, raw, staging, weekly
from warehouse.contracts import Contract

SUITES: dict[str, Suite] = {
    suite.table_name: suite
    for module in (raw, staging, attribution, weekly, prices, claims, main, publication)
    for suite in module.SUITES
}


def expectations_of(contract: Contract) -> list[Expectation]:
    """All that must hold of a table: what its contract asks for, then its suite's own."""
    return [*structural_expectations(contract), *SUITES[contract.name].expectations]


__all__ = ["SUITES", "expectations_of"]
