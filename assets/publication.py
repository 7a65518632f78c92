"""Publication: the gate over all weeks, then the file that people query."""

import time
from collections.abc import Iterator

import dagster as dg

from assets.presentation import OWNERS, REPOSITORY, code_references, group_name
from assets.previews import chart, figures_by_week, preview
from assets.resources import Warehouse
from assets.table_assets import WRITER_POOL
from checks.dagster_results import check_results, check_specs
from checks.suites import SUITES
from warehouse.contracts import CONTRACTS, Build
from warehouse.errors import ChecksFailed
from warehouse.publishing import publish
from warehouse.results import GATE
from warehouse.shell import called

_KEY = dg.AssetKey("publication")
_EXPECTATIONS = SUITES[GATE].expectations


@dg.multi_asset(
    name="publication",
    specs=[
        dg.AssetSpec(
            _KEY,
            deps=[
                contract.name.split(".")
                for contract in CONTRACTS.values()
                if contract.build is not Build.VIEW and contract.schema_name not in {"main", "checks"}
            ],
            description="The published DuckDB file, replaced atomically once every gate is green. Whoever has the old "
            "one open keeps reading it.\n\n"
            f'**Ask**: `{called("tokentide")} sql "FROM china_and_us"`, `{called("tokentide")} sql "SHOW TABLES"`\n\n'
            f"**What changed, and why**: `{called('tokentide')} diff previous latest`",
            group_name=group_name("publication"),
            owners=OWNERS,
            kinds={"duckdb", "python"},
            tags={"build": "whole"},
            metadata={
                "dagster/code_references": code_references(
                    {
                        "publisher": REPOSITORY / "warehouse" / "publishing.py",
                        "gate": REPOSITORY / "checks" / "suites" / "publication.py",
                        "measures of the gate": REPOSITORY / "checks" / "sql" / "publication.sql",
                        "data dictionary": REPOSITORY / "docs" / "data-dictionary.md",
                    }
                )
            },
        )
    ],
    check_specs=check_specs(_KEY, _EXPECTATIONS),
    backfill_policy=dg.BackfillPolicy.single_run(),
    pool=WRITER_POOL,
)
def publication(context: dg.AssetExecutionContext, warehouse: dg.ResourceParam[Warehouse]) -> Iterator[object]:
    from checks.run import validate_publication, validate_stored

    with warehouse.writing() as connection:
        warehouse.report("publication")
        started = time.monotonic()
        try:
            published = publish(
                connection,
                warehouse.home,
                validate_publication,
                validate_stored,
                warehouse.hold_back,
                warehouse.editions_to_keep,
            )
        except ChecksFailed as error:
            yield from check_results(_KEY, _EXPECTATIONS, error.results)
            raise dg.Failure(str(error), allow_retries=False) from error
        by_week = chart(figures_by_week(connection, CONTRACTS["weekly.country_tokens"]))
        newest_weeks = preview(connection, CONTRACTS["main.china_and_us"])
    yield from check_results(_KEY, _EXPECTATIONS, published.results, published.held_back)
    edition = published.edition
    yield dg.MaterializeResult(
        asset_key=_KEY,
        data_version=dg.DataVersion(edition.content_hash),
        metadata={
            "by_week": by_week,
            "first_rows": newest_weeks,
            "edition": edition.edition,
            "is_new": published.is_new,
            "weeks": edition.weeks,
            "held_back_weeks": ", ".join(map(str, published.held_back)) or "none",
            "newest_as_of": edition.newest_as_of_utc.isoformat() + "Z",
            "file": dg.MetadataValue.path(str(warehouse.home.published_file)),
            "citation": edition.citation,
            "seconds": round(time.monotonic() - started, 3),
        },
    )


ASSETS = [publication]
