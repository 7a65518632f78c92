"""Names like one that is not there, for the error that says so."""

import duckdb


def nearest_names(published: duckdb.DuckDBPyConnection, table: str, column: str, name: str) -> str:
    """The three values of the column that are most like the name, nearest first, with commas between."""
    rows = published.execute(
        f"SELECT {column} FROM (SELECT DISTINCT {column} FROM {table}) AS names "
        f"ORDER BY jaro_winkler_similarity({column}, ?) DESC, 1 LIMIT 3",
        [name],
    ).fetchall()
    return ", ".join(row[0] for row in rows)
