"""What Dagster is told, as plain data to be reviewed line by line. Run as a program, it accepts what there is now."""

import json
from pathlib import Path
from typing import Any

import dagster as dg

from pipeline.definitions import build_definitions

SNAPSHOT = Path(__file__).parent / "definitions_snapshot.json"
_KIND_TAG = "dagster/kind/"


def definitions_as_text(definitions: dg.Definitions) -> str:
    """JSON, every list in an order of its own, so that only a change changes it."""
    repository = definitions.get_repository_def()
    said = {
        "assets": {
            key.to_user_string(): _asset(definitions, key)
            for key in sorted(definitions.resolve_asset_graph().get_all_asset_keys())
        },
        "jobs": {
            job.name: {
                "assets": sorted(key.to_user_string() for key in job.asset_layer.executable_asset_keys),
                "partitions": _partitions(job.partitions_def),
                "executor": job.executor_def.name,
                "tags": dict(sorted(job.tags.items())),
                "ops": {op.name: _op(op) for op in sorted(job.graph.node_defs, key=lambda op: op.name)}
                if not job.asset_layer.executable_asset_keys
                else {},
            }
            for job in sorted(repository.get_all_jobs(), key=lambda job: job.name)
            if not job.name.startswith("__")  # Dagster's own, for launching assets by hand
        },
        "schedules": {
            schedule.name: {
                "cron": schedule.cron_schedule,
                "time_zone": schedule.execution_timezone,
                "default_status": schedule.default_status.value,
                "jobs": [schedule.job_name],
            }
            for schedule in sorted(repository.schedule_defs, key=lambda schedule: schedule.name)
        },
        "sensors": {
            sensor.name: {
                "type": sensor.sensor_type.value,
                "interval_seconds": sensor.minimum_interval_seconds,
                "default_status": sensor.default_status.value,
                "jobs": sorted(target.job_name for target in sensor.targets),
                "assets": _text(sensor.asset_selection) if sensor.asset_selection else None,
            }
            for sensor in sorted(repository.sensor_defs, key=lambda sensor: sensor.name)
        },
        "resources": sorted(definitions.resources or {}),
    }
    return json.dumps(said, indent=1) + "\n"


def _op(op: Any) -> dict[str, Any]:
    """What of an op that belongs to no asset can be seen from outside."""
    return {"pool": op.pool, "config": sorted(op.config_schema.config_type.fields)}


def _asset(definitions: dg.Definitions, key: dg.AssetKey) -> dict[str, Any]:
    """All of its specification but the code's version, which any change of SQL changes, and texts."""
    asset = definitions.resolve_assets_def(key)
    spec = asset.get_asset_spec(key)
    return {
        "group": spec.group_name,
        "kinds": sorted(spec.kinds),
        "owners": sorted(spec.owners),
        "tags": {name: value for name, value in sorted(spec.tags.items()) if not name.startswith(_KIND_TAG)},
        "deps": sorted(dep.asset_key.to_user_string() for dep in spec.deps),
        "partitions": _partitions(asset.partitions_def),
        "backfill": asset.backfill_policy.policy_type.value if asset.backfill_policy else None,
        "pool": asset.op.pool if asset.is_executable else None,
        "freshness": _text(spec.freshness_policy),
        "automation": _text(spec.automation_condition),
        "checks": {
            check.name: "blocking" if check.blocking else "warning"
            for check in sorted(asset.check_specs, key=lambda check: check.name)
        },
    }


def _partitions(partitions: dg.PartitionsDefinition | None) -> str | None:
    if isinstance(partitions, dg.TimeWindowPartitionsDefinition):
        return f"{partitions} Each begins at: {partitions.cron_schedule}."
    return _text(partitions)


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def difference(accepted: str, found: str) -> str:
    """What was lost (-) and what came (+), a line each with the whole way to it; empty where nothing changed."""
    lost, came = _facts(json.loads(accepted)), _facts(json.loads(found))
    lines = [(fact, "-") for fact in lost - came] + [(fact, "+") for fact in came - lost]
    return "\n".join(f"{sign} {fact}" for fact, sign in sorted(lines, key=lambda line: (line[0], line[1] == "+")))


def _facts(said: Any, way: tuple[str, ...] = ()) -> set[str]:
    if isinstance(said, dict) and said:
        return set().union(*(_facts(value, (*way, name)) for name, value in said.items()))
    if isinstance(said, list) and said:
        return {f"{' > '.join(way)}: {value}" for value in said}
    return {f"{' > '.join(way)}: {said if said else 'none'}"}


if __name__ == "__main__":
    SNAPSHOT.write_text(definitions_as_text(build_definitions()), encoding="utf-8")
    print(f"accepted: {SNAPSHOT.name}")
