"""Whether a script's figures are those of the published file: `python -m benchmarks.compare PUBLISHED_FILE FOLDER ...`

Every row of each table must stand on both sides: counts equal as integers, shares within 1e-12, prices within 1e-6.
Not here: computing figures.
"""

import sys
from pathlib import Path

import duckdb

SHARE = 1e-12
PRICE = 1e-6  # USD per million tokens

# Table of the published file: key, then what is compared, with the largest difference allowed (0: equal).
_COUNTRY = {"week_start": 0, "population": 0, "policy": 0, "knowledge": 0, "country_code": 0}
_SPAN = {"model_id": 0, "price_kind": 0, "over_prompt_tokens": 0, "source": 0, "valid_from_utc": 0}
_WEEK_PRICE = {"week_start": 0, "model_permaslug": 0, "source": 0, "price_kind": 0}
_COUNTRY_PRICE = {"week_start": 0, "population": 0, "source": 0, "price_kind": 0, "country_code": 0}
_PRICE = {"usd_per_million_tokens": PRICE}
TABLES: dict[str, tuple[dict[str, float], dict[str, float]]] = {
    "weekly.country_tokens": (
        _COUNTRY,
        {"tokens": 0, "population_tokens": 0, "share": SHARE, "share_high": SHARE, "rank": 0},
    ),
    "prices.model_prices": (_SPAN, {"valid_to_utc": 0, "last_seen_utc": 0, "price_state": 0, "ended_by": 0, **_PRICE}),
    "prices.model_week_prices": (_WEEK_PRICE, {"status": 0, "model_id": 0, **_PRICE}),
    "prices.country_week_prices": (
        _COUNTRY_PRICE,
        {
            "tokens": 0,
            "priced_tokens": 0,
            "free_tokens": 0,
            "priced_share": SHARE,
            "usd_per_million_tokens_without_free": PRICE,
            **_PRICE,
        },
    ),
}
# The scripts say of a week only what has a price, not why another has none; and of other tiers and kinds nothing.
_STATED = {
    "prices.model_week_prices": "over_prompt_tokens = 0 AND price_kind IN ('input', 'output')",
}
_WITHOUT_REASONS = {"status": "CASE WHEN {} IN ('in_force', 'free', 'varies') THEN {} END"}


def different_rows(connection: duckdb.DuckDBPyConnection, table: str, script: Path) -> tuple[int, list[str]]:
    """The number of published rows, and one line for each row that differs or stands on one side only."""
    key, compared = TABLES[table]
    columns = ", ".join(
        f"{_WITHOUT_REASONS.get(name, '{}').replace('{}', name)} AS {name}" for name in [*key, *compared]
    )
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE ours AS SELECT {columns} "
        f"FROM published.{table} WHERE {_STATED.get(table, 'TRUE')}"
    )
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE theirs AS SELECT {columns} "
        f"FROM read_parquet('{script / table.split('.')[1]}.parquet')"
    )
    types = dict(connection.execute("SELECT column_name, column_type FROM (DESCRIBE ours)").fetchall())
    for name in key:  # a script may well keep a day as an instant
        connection.execute(f"ALTER TABLE theirs ALTER {name} TYPE {types[name]}")
    equal = " AND ".join(f"theirs.{name} = ours.{name}" for name in key)
    unequal = " OR ".join(
        f"ours.{name} IS DISTINCT FROM theirs.{name}"
        if limit == 0
        else f"(ours.{name} IS NULL) <> (theirs.{name} IS NULL) OR "
        f"abs(CAST(ours.{name} AS DOUBLE) - CAST(theirs.{name} AS DOUBLE)) > {limit}"
        for name, limit in compared.items()
    )
    first = next(iter(key))
    rows = connection.execute(
        f"SELECT ours, theirs FROM ours FULL JOIN theirs ON {equal} "
        f"WHERE ours.{first} IS NULL OR theirs.{first} IS NULL OR {unequal}"
    ).fetchall()
    count = connection.execute("SELECT count(*) FROM ours").fetchall()[0][0]
    return count, [f"{table}: published {ours}, script {theirs}" for ours, theirs in rows]


def main() -> None:
    published, *folders = sys.argv[1:]
    is_same = True
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{published}' AS published (READ_ONLY)")
        for folder in folders:
            total, differences = 0, []
            for table in TABLES:
                rows, different = different_rows(connection, table, Path(folder))
                total += rows
                differences += different
            is_same &= not differences
            print(f"same figures: {total} rows" if not differences else f"{len(differences)} rows differ of {total}")
            for line in differences[:20]:
                print(f"  {line}")
    sys.exit(0 if is_same else 1)


if __name__ == "__main__":
    main()
