"""From check results to Dagster's: one asset check per expectation, with the worst week of a range named."""

from collections.abc import Collection, Iterator, Sequence
from datetime import date
from pathlib import Path

import dagster as dg

from checks.suite import Expectation
from warehouse.contracts import CONTRACTS
from warehouse.results import BLOCKING, CheckResult, format_observed
from warehouse.shell import called

_WEEKS_LISTED = 20
_CAUSES_LISTED = 5


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
    quarantine: Path | None = None,
    causes: Sequence[str] = (),
    warned_by: Sequence[str] = (),
) -> Iterator[dg.AssetCheckResult]:
    """One Dagster result per expectation that was evaluated; a failure of weeks held back by a person only warns.

    `quarantine` is the folder that keeps the rejected rows, `causes` are the files, rows and rules behind a failure,
    `warned_by` those behind a warning.
    """
    by_name: dict[str, list[CheckResult]] = {}
    for result in results:
        by_name.setdefault(result.check_name, []).append(result)
    for expectation in expectations:
        if not (found := by_name.get(expectation.name)):
            continue
        bad = [result for result in found if result.outcome != "passed"]
        worst = max(found, key=lambda result: (result.outcome != "passed", _excess(expectation, result)))
        is_blocking = any(result.outcome == "failed" and result.week_start not in held_back for result in bad)
        metadata = _measured(expectation, found, worst)
        if bad:
            metadata |= _what_failed(expectation, bad, worst, quarantine)
        yield dg.AssetCheckResult(
            asset_key=asset_key,
            check_name=expectation.name,
            passed=not bad,
            severity=dg.AssetCheckSeverity.ERROR if is_blocking else dg.AssetCheckSeverity.WARN,
            description=_in_words(expectation, found, bad, worst, causes, warned_by) if bad else None,
            metadata=metadata,
        )


def nothing_to_check(asset_key: dg.AssetKey, expectations: list[Expectation]) -> Iterator[dg.AssetCheckResult]:
    """Results for a run over weeks without figures: Dagster wants one of every check, and nothing is wrong."""
    for expectation in expectations:
        yield dg.AssetCheckResult(
            asset_key=asset_key,
            check_name=expectation.name,
            passed=True,
            description="None of the run's weeks has figures: nothing was checked.",
            metadata={"weeks_checked": 0},
        )


def _measured(
    expectation: Expectation, found: list[CheckResult], worst: CheckResult
) -> "dict[str, dg.RawMetadataValue]":
    """What was looked at and what was seen; the number alone once more, as Dagster plots only those."""
    metadata: dict[str, dg.RawMetadataValue] = {
        "expected": f"{expectation.expected} {_unit(expectation)}",
        "observed": f"{_span(found)} {_unit(expectation)}",
    }
    if worst.week_start is not None:
        metadata["weeks_checked"] = len(found)
        if len({result.observed_value for result in found}) > 1:
            metadata["worst_week"] = worst.week_start.isoformat()
    if worst.observed_value is not None:
        metadata["observed_value"] = worst.observed_value
    return metadata


def _what_failed(
    expectation: Expectation, bad: list[CheckResult], worst: CheckResult, quarantine: Path | None
) -> "dict[str, dg.RawMetadataValue]":
    metadata: dict[str, dg.RawMetadataValue] = {}
    where = ""
    if worst.week_start is not None:
        metadata["worst_week"] = worst.week_start.isoformat()
        metadata["weeks_not_passed"] = ", ".join(str(result.week_start) for result in bad)
        metadata["by_week"] = dg.MetadataValue.table(
            [
                dg.TableRecord(
                    {
                        "week": str(result.week_start),
                        "outcome": result.outcome,
                        "observed": format_observed(result.observed_value),
                        "expected": expectation.expected,
                    }
                )
                for result in bad[:_WEEKS_LISTED]
            ]
        )
        where = f" WHERE week_start = DATE '{worst.week_start}'"
    if quarantine and worst.outcome == "failed":
        metadata["quarantine"] = dg.MetadataValue.path(str(quarantine))
        rows = f"FROM '{quarantine / 'candidate_rows.parquet'}'{where} LIMIT 50"
        metadata["show_rejected_rows"] = f'{called("python")} -c "import duckdb; duckdb.sql(\\"{rows}\\").show()"'
    elif worst.table_name in CONTRACTS:
        metadata["show_rows"] = f'{called("tokentide")} sql "FROM {worst.table_name}{where}"'
    return metadata


def _in_words(
    expectation: Expectation,
    found: list[CheckResult],
    bad: list[CheckResult],
    worst: CheckResult,
    causes: Sequence[str],
    warned_by: Sequence[str],
) -> str:
    """Markdown, shown above the metadata."""
    weeks = f" in {len(bad)} of {len(found)} weeks, worst in that of {worst.week_start}" if worst.week_start else ""
    lines = [
        f"**{worst.outcome.capitalize()}{weeks}**: observed {format_observed(worst.observed_value)}, "
        f"expected {expectation.expected} {_unit(expectation)} ({expectation.description})."
    ]
    behind = {"failed": causes, "warned": warned_by}.get(worst.outcome, ())
    lines += [f"- `{cause}`" for cause in behind[:_CAUSES_LISTED]]
    return "\n\n".join(lines)


def _unit(expectation: Expectation) -> str:
    """A measure's name says what is counted or which share it is."""
    return expectation.measure.replace("_", " ")


def _span(found: list[CheckResult]) -> str:
    values = {result.observed_value for result in found}
    known = [value for value in values if value is not None]
    if len(values) == 1 or not known:
        return format_observed(found[0].observed_value)
    return f"{format_observed(min(known))} to {format_observed(max(known))}"


def _excess(expectation: Expectation, result: CheckResult) -> float:
    """How far a value lies beyond its nearer bound; negative inside the bounds."""
    value = result.observed_value
    if value is None:
        return float("-inf")
    low, high = expectation.arguments.get("min_value"), expectation.arguments.get("max_value")
    # 0 is where counts and shares begin: a week with none is no nearer to failing than one with some
    excesses = [low - value] if low is not None and (low != 0 or value < 0) else []
    excesses += [value - high] if high is not None else []
    return float(max(excesses, default=0))
