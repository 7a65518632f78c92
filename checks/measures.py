"""What is measured of a table before its suite runs: sql/<schema>/<table>.sql of this folder, and the contract's own.

Every file is one SELECT over the temporary table `candidate` and the tables before it. For a table measured by
week it gives `week_start` and the measures, one row a week; else one row of measures.
"""

from pathlib import Path

from checks.suite import structural_measures_sql
from warehouse.contracts import Contract

SQL_DIRECTORY = Path(__file__).parent / "sql"


def measures_sql(contract: Contract, by_week: bool) -> str:
    """One SELECT with week_start (empty if not by week), the structural measures and the table's own."""
    path = SQL_DIRECTORY / contract.schema_name / f"{contract.table_name}.sql"
    structural = structural_measures_sql(contract)
    if by_week:
        structural = f"SELECT week_start, {structural} FROM temp.candidate GROUP BY week_start"
        if not path.exists():
            return f"{structural} ORDER BY week_start"
        # a week may have measures but no candidate rows: then nothing is missing in them and nothing doubled
        own = path.read_text(encoding="utf-8")
        return (
            "SELECT * REPLACE (coalesce(row_count, 0) AS row_count, coalesce(missing_values, 0) AS missing_values, "
            f"coalesce(doubled_keys, 0) AS doubled_keys) FROM ({structural}) FULL JOIN ({own}) USING (week_start) "
            "ORDER BY week_start"
        )
    structural = f"SELECT CAST(NULL AS DATE) AS week_start, {structural} FROM temp.candidate"
    if not path.exists():
        return structural
    return f"SELECT * FROM ({structural}) CROSS JOIN ({path.read_text(encoding='utf-8')})"
