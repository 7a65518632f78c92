"""From check results to Dagster's: one asset check per expectation, with the worst week of a range named."""

from collections.abc import Collection, Iterator
from datetime import date

import dagster as dg

from checks.suite import Expectation
from warehouse.results import BLOCKING, CheckResult, format_observed


def check_specs(asset_key: dg.AssetKey, expectations: list[Expectation]) -> list[dg.AssetCheckSpec]:
    """The asset checks of a table. A blocking one stops what is downstream."""
    return [
        dg.AssetCheckSpec(
            name=expectation.name,
            asset=asset_key,
            description=f"{expectation.description}. Expected of `{expectation.measure}`: {expectation.expected}.",
            blocking=expectation.severity == BLOCKING,
        )
        for expectation in expectations
    ]


def check_results(
    asset_key: dg.AssetKey,
    expectations: list[Expectation],
    results: list[CheckResult],
    held_back: Collection[date] = (),
) -> Iterator[dg.AssetCheckResult]:
    """One Dagster result per expectation that was evaluated; a failure of weeks held back by a person only warns."""
    by_name: dict[str, list[CheckResult]] = {}
    for result in results:
        by_name.setdefault(result.check_name, []).append(result)
    for expectation in expectations:
        if not (found := by_name.get(expectation.name)):
            continue
        bad = [result for result in found if result.outcome != "passed"]
        worst = max(found, key=lambda result: (result.outcome != "passed", _excess(expectation, result)))
        is_blocking = any(result.outcome == "failed" and result.week_start not in held_back for result in bad)
        metadata: dict[str, dg.RawMetadataValue] = {
            "observed": format_observed(worst.observed_value),
            "expected": expectation.expected,
            "weeks_checked": len(found),
        }
        if worst.observed_value is not None:
            metadata["observed_value"] = worst.observed_value
        if worst.week_start is not None:
            metadata["worst_week"] = worst.week_start.isoformat()
        if bad and bad[0].week_start is not None:
            metadata["weeks_not_passed"] = ", ".join(str(result.week_start) for result in bad)
        yield dg.AssetCheckResult(
            asset_key=asset_key,
            check_name=expectation.name,
            passed=not bad,
            severity=dg.AssetCheckSeverity.ERROR if is_blocking else dg.AssetCheckSeverity.WARN,
            description=str(worst) if bad else None,
            metadata=metadata,
        )


def _excess(expectation: Expectation, result: CheckResult) -> float:
    """How far a value lies beyond its nearer bound; negative inside the bounds."""
    value = result.observed_value
    if value is None:
        return float("-inf")
    low, high = expectation.arguments.get("min_value"), expectation.arguments.get("max_value")
    excesses = [low - value] if low is not None else []
    excesses += [value - high] if high is not None else []
    return float(max(excesses, default=0))
