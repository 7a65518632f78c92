"""The weekly country table and the price tables in bare DuckDB: one script of plain SQL, and nothing of tokentide's.

It reads the built-in archive and the reference files and trusts them: no quarantine, no checks, no events, one vintage.
The figures must be tokentide's (benchmarks/compare.py), so it is an independent recomputation too: its SQL is its own.
Not here: timing of whole processes (run.py).

    python benchmarks/bare_duckdb.py --output FOLDER
"""

import argparse
import time
from pathlib import Path

import duckdb

SQL = Path(__file__).with_suffix(".sql")
# Table of the SQL, name of the file it is written to.
OUTPUTS = {
    "country_tokens": "country_tokens",
    "spans": "model_prices",
    "week_prices": "model_week_prices",
    "country_prices": "country_week_prices",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--archive", type=Path, default=Path("pipeline/archive"), help="folder of the Parquet files")
    parser.add_argument("--reference", type=Path, default=Path("warehouse/reference"), help="folder of the CSV files")
    parser.add_argument("--output", type=Path, required=True, help="folder for the resulting Parquet files")
    given = parser.parse_args()
    given.output.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()
    with duckdb.connect() as connection:
        connection.execute("SET VARIABLE archive = ?", [str(given.archive)])
        connection.execute("SET VARIABLE reference = ?", [str(given.reference)])
        connection.execute(SQL.read_text(encoding="utf-8"))
        for table, name in OUTPUTS.items():
            connection.table(table).write_parquet(str(given.output / f"{name}.parquet"))
    print(f"data work {time.perf_counter() - started:.3f} s")


if __name__ == "__main__":
    main()
