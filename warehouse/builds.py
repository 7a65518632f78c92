"""What each table's rows were made from, so that no file mixes rows of different code, facts or snapshots.

A week of the staging layer is made from its figures in the newest vintages, a week of the layers after it from these
and from the decisions on its models; a whole table of the attribution and price layers rests on the reference files.
They are stamped, with the code, in the transaction that writes the rows. Weeks whose stamp is no longer true are built
with whatever else is built, table by table.
"""

from collections.abc import Collection, Iterable
from datetime import date

import duckdb

from warehouse.contracts import CONTRACTS, Build, Contract
from warehouse.database import select_sql
from warehouse.hashing import code_version, reference_hash
from warehouse.reference_files import REFERENCE_DIRECTORY

# What stands behind rows whose own inputs were out of date: no hash, so that they are never taken for current.
_UNKNOWN = ""


def note_build(connection: duckdb.DuckDBPyConnection, contract: Contract, weeks: Iterable[date] | None) -> None:
    """Stamps the rows just written: of the given weeks, or of the whole table."""
    if weeks is None:
        rests_on_reference = contract.schema_name in {"attribution", "prices"}
        inputs = reference_hash(REFERENCE_DIRECTORY) if rests_on_reference else ""
        connection.execute("DELETE FROM checks.builds WHERE table_name = ?", [contract.name])
        connection.execute(
            "INSERT INTO checks.builds BY NAME "
            "SELECT ? AS table_name, CAST(NULL AS DATE) AS week_start, ? AS code_version, ? AS inputs_hash",
            [contract.name, code_version(), inputs],
        )
        return
    weeks = list(weeks)
    load_current_inputs(connection, code_version())
    made_from = "figures_hash" if contract.schema_name == "staging" else "inputs_hash"
    connection.execute(
        "DELETE FROM checks.builds WHERE table_name = ? AND list_contains(?, week_start)", [contract.name, weeks]
    )
    connection.execute(
        "INSERT INTO checks.builds BY NAME "
        "SELECT ? AS table_name, week_start, code_version, "
        f"CASE WHEN list_contains(?, week_start) THEN {made_from} ELSE '{_UNKNOWN}' END AS inputs_hash "
        "FROM temp.current_inputs CROSS JOIN temp.current_code WHERE list_contains(?, week_start)",
        [contract.name, sorted(_current_weeks(connection, _weekly_tables_read(connection, contract))), weeks],
    )


def load_current_inputs(connection: duckdb.DuckDBPyConnection, code: str) -> None:
    """Fills the temporary tables current_inputs (week_start, figures_hash, inputs_hash) and current_code
    (code_version), with which what was stamped is compared."""
    connection.execute("CREATE OR REPLACE TEMP TABLE current_inputs AS FROM attribution.week_inputs")
    connection.execute("CREATE OR REPLACE TEMP TABLE current_code AS SELECT ? AS code_version", [code])


def weeks_to_build_too(connection: duckdb.DuckDBPyConnection, contract: Contract) -> set[date]:
    """Weeks that were built before, and of which this weekly table has no rows, or rows that were made by other code or
    from other figures or facts than the tables behind it have now: an edition must not mix them.

    Not those of which the tables behind it are out of date themselves: building these would mend nothing.
    """
    load_current_inputs(connection, code_version())
    behind = _current_weeks(connection, _weekly_tables_read(connection, contract))
    return (built_weeks(connection) & behind) - _current_weeks(connection, [contract.name])


def built_weeks(connection: duckdb.DuckDBPyConnection) -> set[date]:
    """Weeks that have rows in some weekly table."""
    rows = connection.execute("SELECT DISTINCT week_start FROM checks.builds WHERE week_start IS NOT NULL").fetchall()
    return {row[0] for row in rows}


def made_from_reference_hash(connection: duckdb.DuckDBPyConnection) -> str | None:
    """Hash of the reference files from which the decisions on models were made; None where there are none yet."""
    rows = connection.execute(
        "SELECT inputs_hash FROM checks.builds WHERE table_name = 'attribution.models'"
    ).fetchall()
    return str(rows[0][0]) if rows else None


def _current_weeks(connection: duckdb.DuckDBPyConnection, tables: Collection[str]) -> set[date]:
    """Weeks of which all these tables have rows made from what is at hand, or none where nothing is at hand."""
    rows = connection.execute(
        """
        WITH weeks AS (
            SELECT week_start FROM checks.builds WHERE week_start IS NOT NULL
            UNION
            SELECT week_start FROM temp.current_inputs
        )
        SELECT weeks.week_start
        FROM weeks
        CROSS JOIN temp.current_code AS code
        LEFT JOIN (SELECT unnest(CAST($tables AS VARCHAR[])) AS name) AS tables ON true
        LEFT JOIN temp.current_inputs AS inputs ON inputs.week_start = weeks.week_start
        LEFT JOIN checks.builds AS builds
            ON builds.week_start = weeks.week_start AND builds.table_name = tables.name
        GROUP BY weeks.week_start
        HAVING bool_and(
            tables.name IS NULL
            OR coalesce(builds.code_version = code.code_version, true)
            AND builds.inputs_hash IS NOT DISTINCT FROM
            CASE WHEN tables.name LIKE 'staging.%' THEN inputs.figures_hash ELSE inputs.inputs_hash END
        )
        """,
        {"tables": sorted(tables)},
    ).fetchall()
    return {row[0] for row in rows}


def _weekly_tables_read(connection: duckdb.DuckDBPyConnection, contract: Contract) -> set[str]:
    # DuckDB gives each relation as `schema.table`, or `schema.table AS alias`
    named = {name.split(" ")[0] for name in connection.get_table_names(select_sql(contract), qualified=True)}
    return {name for name in named if name in CONTRACTS and CONTRACTS[name].build is Build.WEEKS}
