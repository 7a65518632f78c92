"""Dagster's PostgreSQL storage with the event log's connections kept open, by the driver that it brings along.

Dagster connects anew for every event, some thousand times a run, and waits for the disk several times at each. Nothing
else differs: same tables, same transactions (docs/decisions/020-postgresql-for-dagster.md). Needs the extra `postgres`;
imported only where dagster_home.py says so.
"""

from collections.abc import Mapping
from typing import Any

from dagster._serdes import ConfigurableClassData
from dagster_postgres import DagsterPostgresStorage
from dagster_postgres.utils import DagsterPostgresException
from sqlalchemy import URL, create_engine, make_url
from sqlalchemy.exc import DBAPIError

_RECYCLE_SECONDS = 3600
_NO_TIMEOUT = 0
# as with SQLite: a crash of the server may lose the last events of Dagster's history, and never breaks it
_OPTIONS = "-csynchronous_commit=off"
_ANY_NUMBER = -1
# how PostgreSQL's refusals arrive
REFUSALS = (DBAPIError, DagsterPostgresException)


class PooledPostgresStorage(DagsterPostgresStorage):
    """DagsterPostgresStorage whose event log has one connection open, and more while several threads ask."""

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> "PooledPostgresStorage":
        url = _with_driver(config_value["postgres_url"])
        if "options" not in url.query:
            url = url.update_query_dict({"options": _OPTIONS})
        storage = cls(url.render_as_string(hide_password=False), inst_data=inst_data)
        storage.event_log_storage.optimize_for_webserver(_NO_TIMEOUT, _RECYCLE_SECONDS, _ANY_NUMBER)
        return storage


def require_answer(url: str) -> None:
    """Connects once. Raises one of REFUSALS, at once: Dagster would try six times, and log each."""
    engine = create_engine(_with_driver(url))
    try:
        engine.connect().close()
    finally:
        engine.dispose()


def _with_driver(url: str) -> URL:
    # SQLAlchemy 2.1 takes another driver for a plain postgresql:// than dagster-postgres requires
    return make_url(url).set(drivername="postgresql+psycopg2")
