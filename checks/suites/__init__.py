"""The suites of all tables: one module a schema, and the publication gate's. Thresholds live here and nowhere else."""

from checks.suite import Suite
from checks.suites import attribution, claims, main, prices, publication, raw, staging, weekly

SUITES: dict[str, Suite] = {
    suite.table_name: suite
    for module in (raw, staging, attribution, weekly, prices, claims, main, publication)
    for suite in module.SUITES
}

__all__ = ["SUITES"]
