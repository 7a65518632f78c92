"""How PostgreSQL is spoken to without Dagster: the address for its driver, and one connection, given or refused soon.

Needs the extra `postgres`; imported only where its address is set. Not here: Dagster's storage (postgres_storage.py).
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import URL, Connection, create_engine, make_url
from sqlalchemy.pool import NullPool

_CONNECT_SECONDS = "3"


def with_driver(url: str) -> URL:
    """The address with the driver that dagster-postgres brings along."""
    # SQLAlchemy 2.1 takes another driver for a plain postgresql:// than dagster-postgres requires
    return make_url(url).set(drivername="postgresql+psycopg2")


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    """One connection, tried once. Raises SQLAlchemy's DBAPIError where it is not to be had."""
    address = with_driver(url)
    if "connect_timeout" not in address.query:
        address = address.update_query_dict({"connect_timeout": _CONNECT_SECONDS})
    with create_engine(address, poolclass=NullPool).connect() as connection:
        yield connection


def told_by(error: BaseException) -> str:
    """What PostgreSQL said, in a line: neither the statement nor the address."""
    return str(getattr(error, "orig", None) or error.__cause__ or error).strip().split("\n")[0]
