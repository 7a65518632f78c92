"""Contracts of what travels with the figures: the results of their checks, and what they were made from."""

import pyarrow as pa

from warehouse.contracts.contract import Build, column, contract

CONTRACTS = [
    contract(
        "checks.results",
        "The latest result of every check on every table and week.",
        Build.WHOLE,
        ("table_name", "week_start", "check_name"),
        [
            column(
                "table_name",
                pa.string(),
                "Table that was checked; `publication` for the gate over all of them",
            ),
            column(
                "week_start",
                pa.date32(),
                "Week that was checked; empty where a table has no weeks",
                nullable=True,
            ),
            column("check_name", pa.string(), "Name of the check, as in the suite and in Dagster"),
            column("severity", pa.string(), "`blocking` keeps the week out, `warning` is shown and stored"),
            column("outcome", pa.string(), "`passed`, `warned` or `failed`"),
            column("observed_value", pa.float64(), "What was measured", nullable=True),
            column("expected", pa.string(), "What the suite expects of it"),
            column("description", pa.string(), "What the check holds, in words"),
        ],
    ),
    contract(
        "checks.builds",
        "What each table's rows were made from: the gate publishes no mixture.",
        Build.WHOLE,
        ("table_name", "week_start"),
        [
            column("table_name", pa.string(), "Table that was built"),
            column("week_start", pa.date32(), "Week that was built; empty where a table is built whole", nullable=True),
            column("code_version", pa.string(), "Hash of the code that made the rows"),
            column(
                "inputs_hash",
                pa.string(),
                "Hash of the week's newest figures and the decisions on its models; of a whole table, of the reference "
                "files or the snapshots; empty where unknown, or where it is made from tables alone",
            ),
            column(
                "tables_hash",
                pa.string(),
                "Of a whole table: hash of what stood here of the tables that its SELECT reads; else empty",
            ),
        ],
    ),
]
