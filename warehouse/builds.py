"""What each table's rows were made from, so that no file mixes rows of different code, facts or snapshots.

A week of the staging layer is made from its figures in the newest vintages, a week of the layers after it from these
and from the decisions on its models; a whole table of the attribution and price layers rests on the reference files.
They are stamped, with the code, in the transaction that writes the rows.
"""

from collections.abc import Iterable, Mapping
from datetime import date

import duckdb

from warehouse.contracts import CONTRACTS, Build, Contract
from warehouse.hashing import code_version, reference_hash
from warehouse.reference_files import REFERENCE_DIRECTORY


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
    made_from = "figures_hash" if contract.schema_name == "staging" else "inputs_hash"
    connection.execute(
        "DELETE FROM checks.builds WHERE table_name = ? AND list_contains(?, week_start)", [contract.name, weeks]
    )
    connection.execute(
        "INSERT INTO checks.builds BY NAME "
        f"SELECT ? AS table_name, week_start, ? AS code_version, {made_from} AS inputs_hash "
        "FROM attribution.week_inputs WHERE list_contains(?, week_start)",
        [contract.name, code_version(), weeks],
    )


def load_current_inputs(connection: duckdb.DuckDBPyConnection, code: str) -> None:
    """Fills the temporary tables current_inputs (week_start, figures_hash, inputs_hash) and current_code
    (code_version), with which the publication gate compares what was stamped."""
    connection.execute("CREATE OR REPLACE TEMP TABLE current_inputs AS FROM attribution.week_inputs")
    connection.execute("CREATE OR REPLACE TEMP TABLE current_code AS SELECT ? AS code_version", [code])


def stale_weeks(connection: duckdb.DuckDBPyConnection, figures: Mapping[date, str]) -> set[date]:
    """Weeks with rows made by other code, from other reference files, or from other figures than are at hand, and those
    that a run which failed has left with some tables built and others not.

    `figures` are the hashes of the weeks' figures in the snapshot store: they may not be staged yet.
    """
    load_current_inputs(connection, code_version())
    rows = connection.execute(
        "SELECT builds.week_start, builds.table_name LIKE 'staging.%' AS is_of_figures, builds.inputs_hash, "
        "builds.code_version = code.code_version AND (is_of_figures OR builds.inputs_hash = inputs.inputs_hash) "
        "FROM checks.builds AS builds CROSS JOIN temp.current_code AS code "
        "LEFT JOIN temp.current_inputs AS inputs ON inputs.week_start = builds.week_start "
        "WHERE builds.week_start IS NOT NULL"
    ).fetchall()
    stale = {
        week
        for week, is_of_figures, made_from, is_current in rows
        if not is_current or (is_of_figures and figures.get(week) != made_from)
    }
    weekly_tables = sum(contract.build is Build.WEEKS for contract in CONTRACTS.values())
    half_built = connection.execute(
        "SELECT week_start FROM checks.builds WHERE week_start IS NOT NULL GROUP BY week_start HAVING count(*) < ?",
        [weekly_tables],
    ).fetchall()
    stale |= {row[0] for row in half_built}
    if made_from_reference_hash(connection) not in (None, reference_hash(REFERENCE_DIRECTORY)):
        stale |= built_weeks(connection)
    return stale


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
