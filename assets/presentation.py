"""How an asset introduces itself in Dagster's UI: its group, what it is, from which sources, and where to read on.

Not here: what a build shows of its rows (previews.py); what a column means (warehouse/contracts).
"""

import re
import warnings
from functools import cache
from pathlib import Path

import dagster as dg

from assets.lineage import tables_read
from warehouse.claim_files import CLAIMS_DIRECTORY
from warehouse.contracts import CONTRACTS, Build, Contract
from warehouse.database import select_sql, sql_path
from warehouse.parsers import ENDPOINTS, PRICES, PROVIDERS, USAGE
from warehouse.reference_files import FILES_OF_TABLES, FILES_READ_BY_SQL, REFERENCE_DIRECTORY
from warehouse.shell import called

OWNERS = ["team:tokentide"]
# In order of flow. Dagster sorts groups by name, so each carries its place. The curated files are a group of their own:
# in that of their schema, groups would stand before and behind each other at once.
_GROUPS = ("raw", "reference", "staging", "attribution", "weekly", "prices", "claims", "publication")
REPOSITORY = Path(__file__).parent.parent
_DATA_DICTIONARY = REPOSITORY / "docs" / "data-dictionary.md"
_SOURCES = {
    "usage": "OpenRouter's daily token totals (openrouter.ai/rankings, CC BY 4.0)",
    "prices": "price catalogues: OpenRouter's (openrouter.ai/models, no licence stated) and models.dev's (MIT)",
    "serving": "OpenRouter's endpoints and providers (no licence stated)",
    "curated": "curated files, each line with its evidence (`warehouse/reference/`, CC BY 4.0)",
}
_SOURCE_OF_INPUT = {
    USAGE.rows_input: "usage",
    PRICES.rows_input: "prices",
    ENDPOINTS.rows_input: "serving",
    PROVIDERS.rows_input: "serving",
    **{f"reference_{file.name}": "curated" for file in FILES_READ_BY_SQL},
}


def group_name(layer: str) -> str:
    """The group of a layer: a schema, `reference` or `publication`."""
    return f"{_GROUPS.index(layer) + 1}_{layer}"


def group_of(contract: Contract) -> str:
    return group_name("reference" if _is_curated(contract) else contract.schema_name)


def kinds_of(contract: Contract) -> set[str]:
    made_by = "sql" if sql_path(contract).exists() else "csv" if _is_curated(contract) else "python"
    return {"duckdb", made_by}


def tags_of(contract: Contract) -> dict[str, str]:
    """How it is built and on which sources it rests; the UI filters by them."""
    return {"build": contract.build.value, **{f"source/{source}": "" for source in sources_of(contract.name)}}


def description_of(contract: Contract) -> str:
    """Markdown: what it is, the grain, units, sources, and how to ask for its rows."""
    units: dict[str, list[str]] = {}
    for name in contract.column_names:
        if unit := contract.unit(name):
            units.setdefault(unit, []).append(f"`{name}`")
    lines = [
        contract.description,
        f"One row per {', '.join(f'`{name}`' for name in contract.key)}.",
        "**Units**: " + "; ".join(f"{unit}: {', '.join(names)}" for unit, names in units.items()) if units else "",
        "**Sources**: " + "; ".join(_SOURCES[source] for source in sources_of(contract.name)) + ".",
        f'**Ask**: `{called("tokentide")} sql "FROM {contract.name} LIMIT 20"`',
    ]
    return "\n\n".join(line for line in lines if line)


def metadata_of(contract: Contract) -> dict[str, object]:
    """Columns, links that open a local editor, and the SELECT itself for whoever has none beside the browser."""
    metadata: dict[str, object] = {
        "dagster/column_schema": column_schema(contract),
        "dagster/table_name": contract.name,
        "dagster/code_references": code_references(
            {
                **_made_from(contract),
                "contract": REPOSITORY / "warehouse" / "contracts" / f"{contract.schema_name}.py",
                "checks": REPOSITORY / "checks" / "suites" / f"{contract.schema_name}.py",
                "measures of the checks": REPOSITORY / "checks" / "sql" / f"{contract.name.replace('.', '/')}.sql",
                "data dictionary": _DATA_DICTIONARY,
            },
            contract.name,
        ),
        "data_dictionary": dg.MetadataValue.path(str(_DATA_DICTIONARY)),
    }
    if sql_path(contract).exists():
        metadata["sql"] = dg.MetadataValue.md(f"```sql\n{select_sql(contract).strip()}\n```")
    return metadata


def code_references(files: dict[str, Path], name: str = "") -> dg.CodeReferencesMetadataValue:
    """Links by label, to the line that names the table where there is one. An installed package has no docs."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dg.BetaWarning)  # Dagster is pinned
        return dg.CodeReferencesMetadataValue(
            code_references=[
                dg.LocalFileCodeReference(file_path=str(path), line_number=_line_of(path, name), label=label)
                for label, path in files.items()
                if path.exists()
            ]
        )


def column_schema(contract: Contract) -> dg.TableSchema:
    """The contract's columns as Dagster shows them."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                field.name,
                contract.duckdb_type(field.name),
                contract.describe(field.name),
                dg.TableColumnConstraints(nullable=field.nullable, unique=contract.key == (field.name,)),
            )
            for field in contract.columns
        ]
    )


@cache
def sources_of(name: str) -> tuple[str, ...]:
    """The kinds of sources that a table rests on, itself or through the tables that it reads."""
    contract = CONTRACTS[name]
    if _is_curated(contract):
        return ("curated",)
    if not sql_path(contract).exists():
        return tuple(source for source in _SOURCES if source != "curated")
    found = {_SOURCE_OF_INPUT[read] for read in _inputs_read(contract) if read in _SOURCE_OF_INPUT}
    # raw.snapshots lists bodies of every kind: what was read of them tells which of them count
    for table in tables_read(name) - {"raw.snapshots"}:
        found.update(sources_of(table))
    return tuple(source for source in _SOURCES if source in found)


def _is_curated(contract: Contract) -> bool:
    return contract.schema_name != "raw" and contract.build is not Build.VIEW and not sql_path(contract).exists()


def _inputs_read(contract: Contract) -> list[str]:
    return re.findall(r"\btemp\.(\w+)", select_sql(contract))


def _made_from(contract: Contract) -> dict[str, Path]:
    if not sql_path(contract).exists():
        curated = FILES_OF_TABLES.get(contract.name)
        return {f"{curated}.csv": REFERENCE_DIRECTORY / f"{curated}.csv"} if curated else _other_rows(contract)
    names = [file.name for file in FILES_READ_BY_SQL if f"reference_{file.name}" in _inputs_read(contract)]
    return {"SQL": sql_path(contract), **{f"{name}.csv": REFERENCE_DIRECTORY / f"{name}.csv" for name in names}}


def _other_rows(contract: Contract) -> dict[str, Path]:
    if contract.schema_name == "claims":
        return {"folder of claims": CLAIMS_DIRECTORY}
    return {"snapshot store": REPOSITORY / "warehouse" / "snapshots.py"}


def _line_of(path: Path, name: str) -> int | None:
    if not name or path.is_dir():
        return None
    return next(
        (number for number, line in enumerate(_lines(path), 1) if f'"{name}"' in line or line == f"## {name}"), None
    )


@cache
def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()
