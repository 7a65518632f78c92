"""What a contract is. One contract per table; DDL, write-time checks, structural expectations, Dagster's
column schema and the data dictionary all come from it. The contracts themselves are in the sibling modules.
"""

from dataclasses import dataclass
from enum import Enum

import pyarrow as pa

_DUCKDB_TYPES = {
    pa.string(): "VARCHAR",
    pa.int64(): "BIGINT",
    pa.int32(): "INTEGER",
    pa.float64(): "DOUBLE",
    pa.bool_(): "BOOLEAN",
    pa.date32(): "DATE",
    pa.timestamp("us"): "TIMESTAMP",
    pa.decimal128(18, 9): "DECIMAL(18,9)",
}


class Build(Enum):
    """How a table's rows are replaced."""

    WEEKS = "weeks"  # week by week; every such table has a week_start column
    WHOLE = "whole"  # all rows at once
    DERIVED = "derived"  # all rows at once, by its SELECT from the weekly tables: anew where one of their weeks changes
    VIEW = "view"  # no rows of its own: derived whenever it is read


@dataclass(frozen=True)
class Contract:
    """A table's name (schema.table), its columns in order, its key, and how its rows are replaced."""

    name: str
    description: str
    build: Build
    key: tuple[str, ...]
    columns: pa.Schema

    @property
    def schema_name(self) -> str:
        return self.name.split(".")[0]

    @property
    def table_name(self) -> str:
        return self.name.split(".")[1]

    @property
    def column_names(self) -> list[str]:
        return list(self.columns.names)

    @property
    def has_weeks(self) -> bool:
        return "week_start" in self.columns.names

    def duckdb_type(self, column: str) -> str:
        return _DUCKDB_TYPES[self.columns.field(column).type]

    def describe(self, column: str) -> str:
        """The column's description with its unit, as shown in comments, the UI and the data dictionary."""
        text = self.columns.field(column).metadata[b"description"].decode()
        return f"{text} [{unit}]" if (unit := self.unit(column)) else text

    def unit(self, column: str) -> str:
        """Empty where the column has none."""
        unit: str = self.columns.field(column).metadata[b"unit"].decode()
        return unit

    def create_table_sql(self) -> str:
        """DDL with NOT NULL where the contract says so. Keys are held by checks, not by an index."""
        columns = ", ".join(
            f'"{field.name}" {self.duckdb_type(field.name)}{"" if field.nullable else " NOT NULL"}'
            for field in self.columns
        )
        return f"CREATE TABLE IF NOT EXISTS {self.name} ({columns})"

    def comment_sql(self) -> list[str]:
        kind = "VIEW" if self.build is Build.VIEW else "TABLE"
        grain = f"{self.description} One row per {', '.join(self.key)}."
        comments = [f"COMMENT ON {kind} {self.name} IS {_literal(grain)}"]
        comments += [
            f'COMMENT ON COLUMN {self.name}."{name}" IS {_literal(self.describe(name))}' for name in self.column_names
        ]
        return comments


def column(name: str, kind: pa.DataType, description: str, unit: str = "", nullable: bool = False) -> pa.Field:
    """A column of a contract: every one has a description, and a unit where a unit exists."""
    return pa.field(name, kind, nullable, metadata={"description": description, "unit": unit})


def contract(name: str, description: str, build: Build, key: tuple[str, ...], columns: list[pa.Field]) -> Contract:
    return Contract(name, description, build, key, pa.schema(columns))


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
