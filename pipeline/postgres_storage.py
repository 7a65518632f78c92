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
from sqlalchemy.exc import DBAPIError

from pipeline.postgres_connection import with_driver

_RECYCLE_SECONDS = 3600
_NO_TIMEOUT = 0
# As with SQLite: a crash of the server may lose the last events of Dagster's history, and never breaks it. And Dagster
# has the server note when a run was made, in the server's zone, and takes that for UTC.
_OPTIONS = "-csynchronous_commit=off -ctimezone=UTC"
_ANY_NUMBER = -1
# how PostgreSQL's refusals arrive
REFUSALS = (DBAPIError, DagsterPostgresException)


class PooledPostgresStorage(DagsterPostgresStorage):
    """DagsterPostgresStorage whose event log has one connection open, and more while several threads ask."""

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> "PooledPostgresStorage":
        url = with_driver(config_value["postgres_url"])
        # what the address says itself comes last, and so has the last word
        options = " ".join((_OPTIONS, *url.normalized_query.get("options", ())))
        url = url.update_query_dict({"options": options})
        storage = cls(url.render_as_string(hide_password=False), inst_data=inst_data)
        storage.event_log_storage.optimize_for_webserver(_NO_TIMEOUT, _RECYCLE_SECONDS, _ANY_NUMBER)
        return storage
