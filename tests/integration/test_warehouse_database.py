"""Opening files: what is damaged or held is named, with what to do."""

import pytest

from warehouse.database import open_working_file
from warehouse.errors import StorageFailed
from warehouse.home import Home


@pytest.mark.parametrize("position", [0, 4096], ids=["header", "first block"])
def test_a_damaged_working_file_is_named_and_may_be_deleted(home: Home, position: int) -> None:
    with open_working_file(home):
        pass
    body = bytearray(home.working_file.read_bytes())
    body[position : position + 4096] = b"x" * 4096
    home.working_file.write_bytes(body)
    with pytest.raises(StorageFailed, match=r"build\.duckdb is damaged") as raised, open_working_file(home):
        pass
    assert "delete it and run again" in raised.value.next_step

    home.working_file.unlink()
    with open_working_file(home) as connection:
        assert connection.execute("SELECT count(*) FROM weekly.weeks").fetchall() == [(0,)]


def test_all_instants_are_utc_wherever_the_machine_is(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    with open_working_file(home) as connection:
        assert connection.execute("SELECT current_setting('TimeZone')").fetchall() == [("UTC",)]
