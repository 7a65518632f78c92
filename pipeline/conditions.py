"""What Dagster asks for by itself once something has changed: conditions on assets, each with its reasons.

Only where a condition serves (docs/decisions/024-where-conditions-serve.md). Not here: what has to be built and
published after a change, in one run and for weeks that only the store can tell (launching.py, sensors.py).
"""

from collections.abc import Iterable
from typing import Any

import dagster as dg

from pipeline.freshness import Asset
from pipeline.launching import HOW_TO_TURN_ON

# Worn by every run of the job that builds all tables, however it was launched.
BUILDS_ALL = {"tokentide/builds": "all"}


def weeks_are_to_be_looked_at() -> dg.AutomationCondition[Any]:
    """True once a table behind a view of week_versions.py was built apart from the rest: by hand, in the UI.

    Without it, every week of every weekly table is then shown as out of date, until somebody looks at the view. A look
    writes no rows, so it can mix no edition, and takes a second.

    - `newly_updated`, unless by the job that builds all: in that, the view has had its turn. `any_deps_updated` knows
      of this only for the weeks that the run was asked for, and would ask for the others after each.
    - `since_last_handled`, because of the next: an update that has to wait for another is not forgotten.
    - None of the tables is being built: whoever builds labs, aliases and models one by one gets one look, at the end.
    - The latest week alone: the asset looks at all weeks that were ever built, whichever it is asked for, and for all
      of them Dagster would launch a backfill.
    """
    built_apart = dg.AutomationCondition.newly_updated() & ~dg.AutomationCondition.executed_with_tags(
        tag_values=BUILDS_ALL
    )
    return (
        dg.AutomationCondition.in_latest_time_window()
        & dg.AutomationCondition.any_deps_match(built_apart).since_last_handled()
        & ~dg.AutomationCondition.any_deps_in_progress()
        & ~dg.AutomationCondition.in_progress()
    ).with_label("a table behind was built apart")


CONDITIONS: dict[dg.AssetKey, dg.AutomationCondition[Any]] = {
    dg.AssetKey(["staging", "week_figures"]): weeks_are_to_be_looked_at(),
    dg.AssetKey(["attribution", "week_inputs"]): weeks_are_to_be_looked_at(),
}


def with_conditions(assets: Iterable[Asset]) -> list[Asset]:
    """The assets, with the conditions of those that have one."""
    return [
        one.map_asset_specs(_with_condition)
        if isinstance(one, dg.AssetsDefinition) and CONDITIONS.keys() & one.keys
        else one
        for one in assets
    ]


def _with_condition(spec: dg.AssetSpec) -> dg.AssetSpec:
    return spec.replace_attributes(automation_condition=CONDITIONS[spec.key])


def mark_stale_weeks() -> dg.AutomationConditionSensorDefinition:
    """The sensor that evaluates the conditions."""
    return dg.AutomationConditionSensorDefinition(
        name="mark_stale_weeks",
        target=dg.AssetSelection.assets(*CONDITIONS),
        default_status=dg.DefaultSensorStatus.STOPPED,
        description="Where tables were built by hand, apart from the job build_and_publish, looks at what each week "
        "rests on, so that only the weeks that this changed are shown as out of date. Builds and publishes nothing. "
        + HOW_TO_TURN_ON.format(kind="sensor", name="mark_stale_weeks"),
    )
