"""What a table is made of, read from its SQL by sqlglot: the tables it reads and, column by column, from where.

Views have no rows of their own, so lineage looks through them to the tables behind.
"""

import json
from functools import cache

import dagster as dg
import sqlglot
from sqlglot import exp

from warehouse.build_inputs import BUILD_INPUTS
from warehouse.contracts import CONTRACTS, Build, Contract
from warehouse.database import select_sql
from warehouse.hashing import code_version
from warehouse.home import Home


@cache
def tables_read(name: str) -> frozenset[str]:
    """The contracts' tables that a table's SELECT reads, by name."""
    named = _relations_named(name)
    views = {read for read in named if CONTRACTS[read].build is Build.VIEW}
    return frozenset(named - views).union(*(tables_read(view) for view in views))


def remembered_column_lineage(name: str, home: Home) -> dg.TableColumnLineage:
    """The same as column_lineage, which takes sqlglot a fifth of a second a table: read once per code version."""
    try:
        remembered = json.loads(home.column_lineage.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        remembered = {}
    if remembered.get("code_version") != code_version():
        remembered = {"code_version": code_version()}
    if name not in remembered:
        deps = column_lineage(name).deps_by_column
        remembered[name] = {
            column: [[dep.asset_key.to_user_string(), dep.column_name] for dep in sources]
            for column, sources in deps.items()
        }
        home.column_lineage.parent.mkdir(parents=True, exist_ok=True)
        home.column_lineage.write_text(json.dumps(remembered), encoding="utf-8")
    return dg.TableColumnLineage(
        deps_by_column={
            column: [dg.TableColumnDep(dg.AssetKey.from_user_string(table), source) for table, source in sources]
            for column, sources in remembered[name].items()
        }
    )


@cache
def column_lineage(name: str) -> dg.TableColumnLineage:
    """Which columns of which tables each column comes from; what is no contract's table (raw text rows) is left out."""
    from sqlglot.lineage import lineage

    inputs = {relation: dict.fromkeys(columns.names, "VARCHAR") for relation, columns in BUILD_INPUTS.items()}
    schema: dict[str, dict[str, dict[str, str]]] = {"temp": inputs}
    for table in tables_read(name):
        read = CONTRACTS[table]
        schema.setdefault(read.schema_name, {})[read.table_name] = _types(read)
    views = {read: select_sql(CONTRACTS[read]) for read in _views_read(name)}
    roots = lineage(None, select_sql(CONTRACTS[name]), schema, sources=views, dialect="duckdb")
    assert isinstance(roots, dict)
    deps_by_column: dict[str, list[dg.TableColumnDep]] = {}
    for column, root in roots.items():
        sources = set()
        for node in root.walk():
            if isinstance(node.expression, exp.Table):
                table = f"{node.expression.db}.{node.expression.name}"
                if table in CONTRACTS:
                    sources.add((table, node.name.split(".")[-1].strip('"')))
        deps_by_column[column] = [
            dg.TableColumnDep(asset_key=dg.AssetKey(table.split(".")), column_name=source)
            for table, source in sorted(sources)
        ]
    return dg.TableColumnLineage(deps_by_column=deps_by_column)


def _views_read(name: str) -> frozenset[str]:
    """The views that a table's SELECT reads, and those that they read in turn."""
    views = _relations_named(name) - tables_read(name)
    return views.union(*(_views_read(view) for view in views))


@cache
def _relations_named(name: str) -> frozenset[str]:
    tree = sqlglot.parse_one(select_sql(CONTRACTS[name]), dialect="duckdb")
    return frozenset(f"{table.db}.{table.name}" for table in tree.find_all(exp.Table)) & CONTRACTS.keys()


def _types(contract: Contract) -> dict[str, str]:
    return {name: contract.duckdb_type(name) for name in contract.column_names}
