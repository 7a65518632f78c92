"""The raw layer: what the sources gave, put into the store as it came, and listed."""

from datetime import date

import dagster as dg
import duckdb
import pyarrow as pa
from dagster._core.definitions.data_version import DATA_VERSION_TAG
from pydantic import Field

from assets.presentation import OWNERS, REPOSITORY, code_references, group_name
from assets.resources import FetchRequest, Warehouse
from assets.table_assets import WRITER_POOL, whole_table
from assets.week_versions import new_week_versions
from warehouse.errors import SnapshotCorrupted
from warehouse.from_raw import week_figures_at_hand
from warehouse.hashing import raw_hash
from warehouse.snapshots import SnapshotStore, snapshots_to_arrow

# Two, as a fetch may bring a part: what came makes tables stale, but only the daily totals, whole, are no longer late.
TOTALS_KEY = dg.AssetKey(["raw", "openrouter"])
ANSWERS_KEY = dg.AssetKey(["raw", "answers"])


class FetchConfig(dg.Config):
    """What to fetch; by default what was published since the newest day at hand."""

    source: str = Field(
        "", pattern="^(exports|api)?$", description="`exports`, or `api` (needs a key); empty: TOKENTIDE_LIVE_SOURCE"
    )
    first_day: str = Field("", description="First day wanted, YYYY-MM-DD; empty: what is missing, the last days anew")
    last_day: str = Field("", description="Last day wanted; empty: the last complete one")
    endpoints: int | None = Field(
        None,
        ge=0,
        description="Of so many of the most used models, ask who serves them at what price; none: TOKENTIDE_ENDPOINTS",
    )
    every_vintage: bool = Field(False, description="Every export there is, not the fewest that close the gap")


_WHERE = {
    "dagster/code_references": code_references(
        {
            "clients": REPOSITORY / "pipeline" / "clients",
            "what is asked for": REPOSITORY / "pipeline" / "fetching.py",
            "how to operate it": REPOSITORY / "docs" / "operating.md",
        }
    )
}
# External assets: no build, and no "materialize all", asks the network. The op below, only when it is told to.
TOTALS = dg.AssetSpec(
    TOTALS_KEY,
    description="The daily token totals that OpenRouter has published. An event says that a fetch asked for the newest "
    "and has all that there is, be it nothing new; a fetch that failed at them leaves none.",
    group_name=group_name("raw"),
    owners=OWNERS,
    kinds={"python"},
    tags={"source/usage": ""},
    metadata=_WHERE,
)
ANSWERS = dg.AssetSpec(
    ANSWERS_KEY,
    deps=[TOTALS_KEY],
    description="What OpenRouter answered: daily token totals, the price catalogue and who serves what, each answer "
    "stored as it came before anything is read from it, whatever became of the others. Fetched by the job fetch_live "
    "(`tokentide fetch`), never by a build.",
    group_name=group_name("raw"),
    owners=OWNERS,
    kinds={"python"},
    tags={"source/usage": "", "source/prices": "", "source/serving": ""},
    metadata=_WHERE,
)


@dg.op(pool=WRITER_POOL, description="Asks OpenRouter and stores every answer as it came.")
def fetch(context: dg.OpExecutionContext, config: FetchConfig, warehouse: dg.ResourceParam[Warehouse]) -> None:
    request = FetchRequest(
        config.source or None, _day(config.first_day), _day(config.last_day), config.every_vintage, config.endpoints
    )
    store = SnapshotStore(warehouse.home)
    stored = []

    def report(step: str) -> None:
        context.log.info(step)
        warehouse.report(step)

    warehouse.lock()
    assert warehouse.live, "a warehouse without a live source has nothing to fetch"
    live = warehouse.live(request, report)
    try:
        for body, origin, sha256 in live.observations():
            snapshot = store.put(body, origin, sha256)
            stored.append(snapshot.snapshot_id)
            report(f"stored {snapshot.snapshot_id}")
    finally:  # what one source gave makes the tables stale, whatever became of the others
        if stored:
            context.log_event(_answered(stored, store))
            _mark_stale_weeks(context, store)
        if live.has_newest_totals:
            context.log_event(_totals_are_here(live.missing_spans))


def _mark_stale_weeks(context: dg.OpExecutionContext, store: SnapshotStore) -> None:
    try:
        figures = week_figures_at_hand(store)
    except SnapshotCorrupted as damaged:  # no fault of the fetch: a run makes it good, or ends with it
        context.log.warning(f"{damaged.args[0]} Which weeks have changed is not known until it is made good.")
        return
    for event in new_week_versions(context.instance, "staging.week_figures", figures):
        context.log_event(event)


def _totals_are_here(missing: list[tuple[date, date]]) -> dg.AssetMaterialization:
    not_to_be_had = ", ".join(f"{first} to {last}" for first, last in missing) or "none"
    return dg.AssetMaterialization(TOTALS_KEY, metadata={"days_not_to_be_had": not_to_be_had})


def _answered(stored: list[str], store: SnapshotStore) -> dg.AssetMaterialization:
    return dg.AssetMaterialization(
        ANSWERS_KEY,
        metadata={
            "snapshots_stored": len(stored),
            "snapshots": dg.MetadataValue.md("\n".join(f"- {name}" for name in stored)),
        },
        tags={DATA_VERSION_TAG: raw_hash(snapshot.sha256 for snapshot in store.snapshots())},
    )


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _observe(warehouse: Warehouse, _: duckdb.DuckDBPyConnection) -> pa.Table:
    store = SnapshotStore(warehouse.home)
    for source in warehouse.sources:
        store.put_all(source.observations())
    return snapshots_to_arrow(store.snapshots())


ASSETS = [
    TOTALS,
    ANSWERS,
    whole_table("raw.snapshots", reads=frozenset(), rows=_observe, after_assets=(ANSWERS_KEY,)),
]
