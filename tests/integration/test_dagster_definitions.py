"""What Dagster is told: assets with their checks, partitions, dependencies."""

import ast
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path

import dagster as dg
import pytest
import sqlglot
from building import REPOSITORY

from assets.partitions import WEEKS
from assets.presentation import column_schema
from assets.snapshots import ANSWERS_KEY, TOTALS_KEY
from assets.table_assets import asset_key
from checks.suite import structural_expectations
from checks.suites import SUITES
from pipeline.definitions import FETCH_JOB_NAME, JOB_NAME, defs
from warehouse.contracts import CONTRACTS, Build, Contract
from warehouse.database import select_sql, sql_path

TABLES = [c for c in CONTRACTS.values() if c.build is not Build.VIEW and c.schema_name not in ("main", "checks")]
WEEK_VERSIONS = {"staging.week_figures", "attribution.week_inputs"}
WEEKLY = [contract for contract in TABLES if contract.build is Build.WEEKS]


@cache
def asset(contract: Contract) -> dg.AssetsDefinition:
    return defs.get_assets_def(asset_key(contract))


def by_name(contract: Contract) -> str:
    return contract.name


class TestAssets:
    def test_there_is_one_for_every_table_and_one_for_the_publication(self) -> None:
        keys = {key.to_user_string() for key in defs.resolve_asset_graph().get_all_asset_keys()}
        assert keys == {contract.name.replace(".", "/") for contract in TABLES} | {
            "publication",
            "raw/answers",
            "raw/openrouter",
            "staging/week_figures",
            "attribution/week_inputs",
        }

    @pytest.mark.parametrize("contract", TABLES, ids=by_name)
    def test_it_says_of_itself_what_the_contract_says(self, contract: Contract) -> None:
        spec = asset(contract).get_asset_spec(asset_key(contract))
        assert spec.group_name.partition("_")[2] in (contract.schema_name, "reference")
        assert spec.owners == ["team:tokentide"]
        assert "duckdb" in spec.kinds
        assert ("sql" in spec.kinds) == sql_path(contract).exists()
        assert spec.tags["build"] == contract.build.value
        assert any(name.startswith("source/") for name in spec.tags)
        assert spec.description is not None
        assert spec.description.startswith(contract.description)
        assert all(unit in spec.description for unit in map(contract.unit, contract.column_names))
        assert "**Sources**: " in spec.description
        assert spec.code_version
        columns = spec.metadata["dagster/column_schema"].columns
        assert [column.name for column in columns] == contract.column_names
        assert [column.type for column in columns] == [contract.duckdb_type(name) for name in contract.column_names]
        assert [column.description for column in columns] == [contract.describe(n) for n in contract.column_names]
        assert [column.constraints.nullable for column in columns] == [field.nullable for field in contract.columns]

    @pytest.mark.parametrize("contract", TABLES, ids=by_name)
    def test_its_links_lead_to_the_lines_that_name_it(self, contract: Contract) -> None:
        metadata = asset(contract).get_asset_spec(asset_key(contract)).metadata
        links = {link.label: link for link in metadata["dagster/code_references"].code_references}
        assert {"contract", "checks", "data dictionary"} < set(links)
        for label in ("contract", "checks", "data dictionary"):
            lines = Path(links[label].file_path).read_text(encoding="utf-8").splitlines()
            assert contract.name in lines[links[label].line_number - 1]
        assert all(Path(link.file_path).exists() for link in links.values())
        if sql_path(contract).exists():
            assert links["SQL"].file_path == str(sql_path(contract))
            assert select_sql(contract).strip() in metadata["sql"].value

    def test_groups_are_named_in_the_order_in_which_rows_flow(self) -> None:
        specs = {spec.key: spec for spec in defs.resolve_all_asset_specs()}
        for spec in specs.values():
            assert all(specs[dep.asset_key].group_name <= spec.group_name for dep in spec.deps), spec.key
        assert sorted({spec.group_name for spec in specs.values()})[:3] == ["1_raw", "2_reference", "3_staging"]

    @pytest.mark.parametrize("key", ["publication", "raw/answers", "raw/openrouter"])
    def test_what_is_no_table_introduces_itself_too(self, key: str) -> None:
        spec = next(spec for spec in defs.resolve_all_asset_specs() if spec.key.to_user_string() == key)
        assert spec.description
        assert spec.owners
        assert spec.kinds
        links = spec.metadata["dagster/code_references"].code_references
        assert all(Path(link.file_path).exists() for link in links)
        assert links

    @pytest.mark.parametrize("contract", TABLES, ids=by_name)
    def test_it_has_a_check_for_every_expectation(self, contract: Contract) -> None:
        expectations = [*structural_expectations(contract), *SUITES[contract.name].expectations]
        specs = {spec.name: spec for spec in asset(contract).check_specs}
        assert set(specs) == {expectation.name for expectation in expectations}
        assert {name for name, spec in specs.items() if spec.blocking} == {
            expectation.name for expectation in expectations if expectation.severity == "blocking"
        }

    @pytest.mark.parametrize("contract", WEEKLY, ids=by_name)
    def test_a_weekly_one_builds_any_range_in_a_single_run(self, contract: Contract) -> None:
        assert asset(contract).partitions_def == WEEKS
        policy = asset(contract).backfill_policy
        assert policy is not None
        assert policy.policy_type is dg.BackfillPolicy.single_run().policy_type

    @pytest.mark.parametrize("contract", [c for c in TABLES if c.build is not Build.WEEKS], ids=by_name)
    def test_a_whole_one_has_no_partitions(self, contract: Contract) -> None:
        assert asset(contract).partitions_def is None

    @pytest.mark.parametrize("contract", [c for c in TABLES if sql_path(c).exists()], ids=by_name)
    def test_it_depends_on_the_tables_that_its_sql_reads(self, contract: Contract) -> None:
        spec = asset(contract).get_asset_spec(asset_key(contract))
        depended_on = {".".join(dep.asset_key.path) for dep in spec.deps}
        if not depended_on & WEEK_VERSIONS:
            assert depended_on == tables_named_in(contract)
        # a week version stands for the whole tables behind it: their new rows make only those weeks stale that changed
        graph = defs.resolve_asset_graph()
        behind = {
            ".".join(parent.path)
            for name in depended_on & WEEK_VERSIONS
            for parent in graph.get(asset_key(CONTRACTS[name])).parent_keys
        }
        assert depended_on | behind >= tables_named_in(contract)

    def test_no_week_depends_on_a_whole_table(self) -> None:
        for contract in WEEKLY:
            parents = defs.resolve_asset_graph().get(asset_key(contract)).parent_keys
            assert all(defs.resolve_asset_graph().get(parent).is_partitioned for parent in parents), contract.name

    def test_the_publication_depends_on_every_table(self) -> None:
        spec = defs.get_assets_def("publication").get_asset_spec(dg.AssetKey("publication"))
        assert {dep.asset_key for dep in spec.deps} == {asset_key(contract) for contract in TABLES}

    def test_all_that_write_stand_in_one_line(self) -> None:
        pools = {asset.op.pool for asset in (asset(contract) for contract in TABLES)}
        assert pools | {defs.get_assets_def("publication").op.pool} == {"tokentide_writer"}

    def test_the_job_has_all_but_what_asks_the_network(self) -> None:
        job = defs.resolve_job_def(JOB_NAME)
        asked_for = {TOTALS_KEY, ANSWERS_KEY}
        assert job.asset_layer.executable_asset_keys == defs.resolve_asset_graph().get_all_asset_keys() - asked_for
        assert [node.name for node in defs.resolve_job_def(FETCH_JOB_NAME).nodes] == ["fetch"]
        assert job.partitions_def == WEEKS

    def test_the_column_schema_is_unlike_that_of_another_table(self) -> None:
        schemas = [column_schema(contract) for contract in TABLES]
        assert len({str(schema) for schema in schemas}) == len(TABLES)


def tables_named_in(contract: Contract) -> set[str]:
    """Read from the SQL by sqlglot, independently of assets/lineage.py; views are followed to their tables."""
    found: set[str] = set()
    for table in sqlglot.parse_one(select_sql(contract), dialect="duckdb").find_all(sqlglot.exp.Table):
        read = CONTRACTS.get(f"{table.db}.{table.name}")
        if read is not None:
            found |= tables_named_in(read) if read.build is Build.VIEW else {read.name}
    return found


class TestWeeks:
    def test_they_run_from_the_first_monday_to_the_running_week(self) -> None:
        keys = [date.fromisoformat(key) for key in WEEKS.get_partition_keys()]
        today = datetime.now(UTC).date()
        assert keys[0] == date(2024, 12, 30)
        assert keys[-1] == today - timedelta(days=today.weekday())
        assert {later - earlier for earlier, later in pairwise(keys)} == {timedelta(days=7)}


def test_great_expectations_is_imported_in_one_place() -> None:
    """Beside what tests/unit/test_imports.py holds."""
    places = [
        path.relative_to(REPOSITORY).as_posix()
        for layer in ("pipeline", "assets", "checks", "warehouse")
        for path in (REPOSITORY / layer).rglob("*.py")
        if "great_expectations" in packages_imported(path)
    ]
    assert places == ["checks/run.py"]


def packages_imported(path: Path) -> set[str]:
    """Top-level packages, wherever in the module they are imported."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add((node.module or "").split(".")[0])
    return names
