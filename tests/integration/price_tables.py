"""What the tests of the price tables build with: instants, statements, corrections, and a week with prices.

Not here: the bodies and snapshots that those of other tables need as well (building.py).
"""

from datetime import datetime, timedelta

import duckdb
from building import build_tables, days_of, lab, listed, put_rows, references, up_to, week

from warehouse.home import Home

WEEK_PRICES = up_to("prices.model_week_prices")
LABS = [lab("cn", "CN"), lab("us", "US")]
# week(0) is 2026-01-05 to 2026-01-11
WEEK_END = datetime(2026, 1, 12)
SECOND = timedelta(seconds=1)

Connection = duckdb.DuckDBPyConnection


def at(day: int, month: int = 1) -> datetime:
    return datetime(2026, month, day)


def correction(model: str, rule: str, action: str, source: str = "test-complete", **columns: object) -> dict:
    return {"source": source, "model_id": model, "rule": rule, "action": action, "reason": "A test.", **columns}


def priced(day: int, price: object, model: str = "us/a") -> list:
    return listed(at(day), model, output=price)


def build_week(connection: Connection, home: Home, tokens: dict[str, int], tables: list[str] = WEEK_PRICES) -> None:
    """The tables, with the given tokens on each day of week 0."""
    put_rows(home, [(day, slug, amount) for day in days_of(week(0)) for slug, amount in tokens.items()])
    build_tables(connection, home, reference_tables=references(labs=LABS), tables=tables)


BEFORE = datetime(2025, 12, 1)
AFTER = datetime(2026, 1, 20)
OTHER = priced(6, 9, "us/b")
