"""Contract of the check results that travel with the figures."""

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
]
