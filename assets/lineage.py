"""What a table is made of, read from its SQL by sqlglot: the tables it reads and, column by column, from where.

Views have no rows of their own, so lineage looks through them to the tables behind.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

import dagster as dg
import sqlglot
from sqlglot import exp

from warehouse.build_inputs import BUILD_INPUTS
from warehouse.contracts import CONTRACTS, Build, Contract
from warehouse.database import select_sql, sql_path
from warehouse.hashing import hash_texts

LINEAGE_FILE = Path(__file__).with_name("column_lineage.json")


@cache
def tables_read(name: str) -> frozenset[str]:
    """The contracts' tables that a table's SELECT reads, by name."""
    named = _relations_named(name)
    views = {read for read in named if CONTRACTS[read].build is Build.VIEW}
    return frozenset(named - views).union(*(tables_read(view) for view in views))


def known_column_lineage(name: str) -> dg.TableColumnLineage:
    """The same as column_lineage, which takes sqlglot up to a second a table: from the generated file, unless the SQL
    has changed since it was written."""
    known = _known().get(name)
    if known is None or known["made_from"] != _made_from(name):
        return column_lineage(name)
    return dg.TableColumnLineage(
        deps_by_column={
            column: [dg.TableColumnDep(dg.AssetKey(table.split(".")), source) for table, source in sources]
            for column, sources in known["columns"].items()
        }
    )


def lineage_file_text() -> str:
    """What column_lineage.json has to hold: every table's columns, and a hash of the SQL that they were read from."""
    tables = {
        name: {
            "made_from": _made_from(name),
            "columns": {
                column: [[".".join(dep.asset_key.path), dep.column_name] for dep in deps]
                for column, deps in column_lineage(name).deps_by_column.items()
            },
        }
        for name, contract in CONTRACTS.items()
        if contract.build is not Build.VIEW and sql_path(contract).exists()
    }
    return json.dumps(tables, indent=1) + "\n"


@cache
def _known() -> dict[str, Any]:
    known: dict[str, Any] = json.loads(LINEAGE_FILE.read_text(encoding="utf-8"))
    return known


def _made_from(name: str) -> str:
    """Hash of all that decides a table's lineage: its SELECT, the views that it looks through, the tables' columns."""
    selects = [select_sql(CONTRACTS[read]) for read in (name, *sorted(_views_read(name)))]
    return hash_texts([*selects, *(CONTRACTS[read].create_table_sql() for read in sorted(tables_read(name)))])[:16]


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
