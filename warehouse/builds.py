"""What each table's rows were made from, so that no file mixes rows of different code, facts or snapshots.

A week of the staging layer is made from its figures in the newest vintages, a week of the layers after it from these
and from the decisions on its models. A whole table is made from the snapshots or the reference files, and from the
tables that its SELECT reads, as these were stamped then. Stamps are written, with the code, in the transaction that
writes the rows. Weeks whose stamp is no longer true are built with whatever else is built, table by table; whole tables
are always built anew, and the publication gate asks whether they were.
"""

import re
from collections.abc import Collection, Set
from datetime import date
from functools import cache

import duckdb

from warehouse.contracts import CONTRACTS, Build, Contract
from warehouse.database import fetch_one, select_sql, sql_path
from warehouse.hashing import code_version, reference_hash
from warehouse.reference_files import REFERENCE_DIRECTORY

# What stands behind rows whose own inputs were out of date: no hash, so that they are never taken for current.
_UNKNOWN = ""
_HASH_OF_STAMPS = """
    SELECT coalesce(md5(string_agg(
        concat_ws(' ', table_name, week_start, code_version, inputs_hash, tables_hash), ','
        ORDER BY table_name, week_start
    )), '')
    FROM checks.builds
    WHERE list_contains(?, table_name)
"""
_REST_ON_REFERENCE = {"attribution", "prices", "claims"}


def note_build(connection: duckdb.DuckDBPyConnection, contract: Contract, weeks: Collection[date] | None) -> None:
    """Stamps the rows just written: of the given weeks, or of the whole table."""
    if weeks is None:
        connection.execute("DELETE FROM checks.builds WHERE table_name = ?", [contract.name])
        connection.execute(
            "INSERT INTO checks.builds BY NAME SELECT ? AS table_name, CAST(NULL AS DATE) AS week_start, "
            f"? AS code_version, ? AS inputs_hash, ({_HASH_OF_STAMPS}) AS tables_hash",
            [contract.name, code_version(), _whole_inputs_hash(connection, contract), sorted(_behind(contract))],
        )
        return
    _load_current_weeks(connection, code_version())
    made_from = "figures_hash" if contract.schema_name == "staging" else "inputs_hash"
    connection.execute(
        "DELETE FROM checks.builds WHERE table_name = ? AND list_contains(?, week_start)", [contract.name, weeks]
    )
    connection.execute(
        "INSERT INTO checks.builds BY NAME "
        "SELECT $table AS table_name, built.week_start, code.code_version, '' AS tables_hash, "
        f"coalesce(CASE WHEN list_contains($current, built.week_start) THEN inputs.{made_from} END, '{_UNKNOWN}') "
        "AS inputs_hash "
        "FROM (SELECT unnest(CAST($weeks AS DATE[])) AS week_start) AS built CROSS JOIN temp.current_code AS code "
        "LEFT JOIN temp.current_inputs AS inputs ON inputs.week_start = built.week_start "
        # rows of a week of which nothing is at hand are stamped, too: or nobody would know that they are there
        f"WHERE inputs.week_start IS NOT NULL OR built.week_start IN (SELECT week_start FROM {contract.name})",
        {
            "table": contract.name,
            "weeks": sorted(weeks),
            "current": sorted(_weeks_with_current_rows_behind(connection, contract)),
        },
    )


def load_current_inputs(connection: duckdb.DuckDBPyConnection, code: str) -> None:
    """Fills the temporary tables with which the publication gate compares what was stamped: current_inputs (week_start,
    figures_hash, inputs_hash), current_code (code_version) and current_tables (table_name, tables_hash).

    With the code of another version nothing is said of tables: which ones it read is not known.
    """
    _load_current_weeks(connection, code)
    wholes = [c for c in CONTRACTS.values() if c.build in (Build.WHOLE, Build.DERIVED) and _is_stamped(c)]
    stamps = {c.name: _tables_hash(connection, c) for c in wholes if code == code_version()}
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE current_tables AS "
        "SELECT unnest(CAST(? AS VARCHAR[])) AS table_name, unnest(CAST(? AS VARCHAR[])) AS tables_hash",
        [list(stamps), list(stamps.values())],
    )


def weeks_to_build_too(connection: duckdb.DuckDBPyConnection, contract: Contract) -> set[date]:
    """Weeks that were built before, and of which this weekly table has no rows, or rows that were made by other code or
    from other figures or facts than the tables behind it have now: an edition must not mix them.

    Not those of which the tables behind it are out of date themselves: building these would mend nothing.
    """
    _load_current_weeks(connection, code_version())
    behind = _weeks_with_current_rows_behind(connection, contract)
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


def _weeks_with_current_rows_behind(connection: duckdb.DuckDBPyConnection, contract: Contract) -> set[date]:
    """Weeks of which all that the table's SELECT reads was made from what is at hand."""
    read = [CONTRACTS[name] for name in _tables_read(contract.name)]
    if not all(_is_current(connection, table) for table in read if table.build is not Build.WEEKS):
        return set()
    return _current_weeks(connection, {table.name for table in read if table.build is Build.WEEKS})


def _is_current(connection: duckdb.DuckDBPyConnection, contract: Contract) -> bool:
    """Whether a whole table was made from the tables that it reads as they are, and these from theirs."""
    stamped = connection.execute(
        "SELECT code_version, tables_hash FROM checks.builds WHERE table_name = ?", [contract.name]
    ).fetchall()
    return stamped == [(code_version(), _tables_hash(connection, contract))] and all(
        _is_current(connection, CONTRACTS[name]) for name in _behind(contract)
    )


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


def _load_current_weeks(connection: duckdb.DuckDBPyConnection, code: str) -> None:
    connection.execute("CREATE OR REPLACE TEMP TABLE current_inputs AS FROM attribution.week_inputs")
    connection.execute("CREATE OR REPLACE TEMP TABLE current_code AS SELECT ? AS code_version", [code])


def _is_stamped(contract: Contract) -> bool:
    return contract.schema_name not in {"checks", "main"}


def _whole_inputs_hash(connection: duckdb.DuckDBPyConnection, contract: Contract) -> str:
    """What a whole table is made from that is no table: the stored snapshots, or the reference files."""
    if contract.name == "raw.snapshots":
        listed = "SELECT md5(coalesce(string_agg(snapshot_id || ' ' || sha256, ',' ORDER BY snapshot_id), ''))"
        return str(fetch_one(connection, f"{listed} FROM raw.snapshots")[0])
    return reference_hash(REFERENCE_DIRECTORY) if contract.schema_name in _REST_ON_REFERENCE else ""


def _tables_hash(connection: duckdb.DuckDBPyConnection, contract: Contract) -> str:
    """Hash of the stamps of all tables that the table is made from, as they stand."""
    return str(fetch_one(connection, _HASH_OF_STAMPS, [sorted(_behind(contract))])[0])


def _behind(contract: Contract) -> Set[str]:
    """The tables that a whole table is made from: those that its SELECT reads."""
    # what is staged is parsed from the bytes of the snapshots that are listed
    parsed_from = {"raw.snapshots"} if contract.schema_name == "staging" else set()
    return _tables_read(contract.name) | parsed_from


@cache
def _tables_read(name: str) -> frozenset[str]:
    """The tables whose rows a SELECT reads, itself or through views; none where the rows do not come from one.

    A test holds this against a parser of SQL, which takes too long to be asked in every run.
    """
    if not sql_path(CONTRACTS[name]).exists():
        return frozenset()
    sql = re.sub(r"--.*", "", select_sql(CONTRACTS[name]))
    named = CONTRACTS.keys() & set(re.findall(r"\b[a-z]+\.[a-z_]+\b", sql))
    views = {relation for relation in named if CONTRACTS[relation].build is Build.VIEW}
    return frozenset(named - views).union(*(_tables_read(view) for view in views))
