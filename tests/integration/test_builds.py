"""Which weeks are out of date, table by table, and that no stamp says more than the rows behind it are good for."""

from datetime import date

import duckdb
import pytest
from building import build_tables, days_of, lab, put_rows, references, week

from assets.lineage import tables_read
from warehouse.builds import _tables_read, load_current_inputs, weeks_to_build_too
from warehouse.contracts import CONTRACTS, Build
from warehouse.database import create_tables, sql_path
from warehouse.hashing import code_version
from warehouse.home import Home
from warehouse.writing import build_weeks

WEEKS = [week(0), week(1), week(2)]
WEEKLY = [contract for contract in CONTRACTS.values() if contract.build is Build.WEEKS]


@pytest.fixture
def built(connection: duckdb.DuckDBPyConnection, home: Home) -> duckdb.DuckDBPyConnection:
    put_rows(home, [(day, "us/a", 1) for week_start in WEEKS for day in days_of(week_start)])
    build_tables(connection, home, reference_tables=references(labs=[lab("us", "US")]))
    return connection


def build(connection: duckdb.DuckDBPyConnection, home: Home, table: str, *weeks: date) -> None:
    build_weeks(connection, CONTRACTS[table], weeks, lambda *_: [], home)


def out_of_date(connection: duckdb.DuckDBPyConnection) -> dict[str, set[date]]:
    """Of each weekly table, the weeks that a build of it would take too; tables without any are left out."""
    weeks = {contract.name: weeks_to_build_too(connection, contract) for contract in WEEKLY}
    return {name: found for name, found in weeks.items() if found}


def give_a_new_home(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("UPDATE attribution.labs SET country_code = 'CN'")


def test_after_a_build_none_is(built: duckdb.DuckDBPyConnection) -> None:
    assert out_of_date(built) == {}


def test_where_facts_have_changed_only_the_first_table_that_rests_on_them_can_be_mended(
    built: duckdb.DuckDBPyConnection, home: Home
) -> None:
    give_a_new_home(built)
    assert out_of_date(built) == {"attribution.model_day_tokens": set(WEEKS)}
    build(built, home, "attribution.model_day_tokens", WEEKS[0], WEEKS[1])
    assert out_of_date(built) == {"attribution.model_day_tokens": {WEEKS[2]}, "weekly.model_tokens": set(WEEKS[:2])}


def test_rows_made_from_rows_that_are_out_of_date_are_never_taken_for_current(
    built: duckdb.DuckDBPyConnection, home: Home
) -> None:
    """Built alone, as anybody can in the UI: afterwards the table behind is built, and it has to be built again."""
    give_a_new_home(built)
    build(built, home, "weekly.model_tokens", WEEKS[1])
    build(built, home, "attribution.model_day_tokens", *WEEKS)
    assert out_of_date(built) == {"weekly.model_tokens": set(WEEKS)}
    build(built, home, "weekly.model_tokens", *WEEKS)
    build(built, home, "weekly.lab_tokens", *WEEKS)
    assert out_of_date(built) == {"weekly.country_tokens": set(WEEKS)}
    build(built, home, "weekly.country_tokens", *WEEKS)
    assert out_of_date(built) == {}


def test_rows_of_other_code_are(built: duckdb.DuckDBPyConnection) -> None:
    built.execute("UPDATE checks.builds SET code_version = 'older' WHERE table_name = 'weekly.lab_tokens'")
    assert out_of_date(built) == {"weekly.lab_tokens": set(WEEKS)}


def test_a_week_that_a_failed_run_left_half_built_is(built: duckdb.DuckDBPyConnection) -> None:
    for table in ("checks.builds", "weekly.lab_tokens"):
        which = "table_name = 'weekly.lab_tokens' AND" if table == "checks.builds" else ""
        built.execute(f"DELETE FROM {table} WHERE {which} week_start = ?", [WEEKS[2]])
    assert out_of_date(built) == {"weekly.lab_tokens": {WEEKS[2]}}


def test_a_week_whose_figures_are_gone_loses_its_rows_table_by_table(
    built: duckdb.DuckDBPyConnection, home: Home
) -> None:
    for table in ("staging.snapshot_days", "staging.model_day_token_vintages"):
        built.execute(f"DELETE FROM {table} WHERE week_start = ?", [WEEKS[1]])
    for contract in WEEKLY:
        assert next(iter(out_of_date(built).items())) == (contract.name, {WEEKS[1]})
        build(built, home, contract.name, WEEKS[1])
    assert out_of_date(built) == {}


def test_rows_that_were_built_of_a_week_of_which_nothing_is_at_hand_are_known(
    built: duckdb.DuckDBPyConnection, home: Home
) -> None:
    """Built alone, from rows that have lost their own inputs: they go with the next build."""
    for table in ("staging.snapshot_days", "staging.model_day_token_vintages"):
        built.execute(f"DELETE FROM {table} WHERE week_start = ?", [WEEKS[1]])
    build(built, home, "weekly.lab_tokens", WEEKS[1])
    for contract in WEEKLY:
        build(built, home, contract.name, *weeks_to_build_too(built, contract))
        assert built.execute(f"SELECT count(*) FROM {contract.name} WHERE week_start = ?", [WEEKS[1]]).fetchall() == [
            (0,)
        ]
    assert out_of_date(built) == {}


def test_a_table_that_is_made_anew_has_all_its_weeks_to_build(built: duckdb.DuckDBPyConnection) -> None:
    built.execute("ALTER TABLE weekly.lab_tokens ADD COLUMN of_another_version INTEGER")
    create_tables(built, CONTRACTS.values())
    assert out_of_date(built) == {"weekly.lab_tokens": set(WEEKS)}


def test_without_the_record_of_builds_no_row_is_kept(built: duckdb.DuckDBPyConnection) -> None:
    """Nobody could say what it was made from."""
    built.execute("ALTER TABLE checks.builds ADD COLUMN of_another_version INTEGER")
    create_tables(built, CONTRACTS.values())
    for contract in CONTRACTS.values():
        if contract.build is not Build.VIEW:
            assert built.execute(f"SELECT count(*) FROM {contract.name}").fetchall() == [(0,)], contract.name


def test_what_tables_read_is_what_a_parser_of_sql_finds() -> None:
    for contract in CONTRACTS.values():
        if contract.build is not Build.VIEW and sql_path(contract).exists():
            assert _tables_read(contract.name) == tables_read(contract.name), contract.name


def test_a_whole_table_is_out_of_date_once_one_that_it_reads_is_built_from_something_else(
    built: duckdb.DuckDBPyConnection, home: Home
) -> None:
    assert tables_out_of_date(built) == set()
    give_a_new_home(built)
    for contract in WEEKLY:
        build(built, home, contract.name, *WEEKS)
    assert {"weekly.overtakes", "claims.verdicts"} <= tables_out_of_date(built)
    assert not any(name.startswith(("raw.", "staging.")) for name in tables_out_of_date(built))


def tables_out_of_date(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """As the publication gate asks."""
    load_current_inputs(connection, code_version())
    rows = connection.execute(
        "SELECT table_name FROM checks.builds AS builds INNER JOIN temp.current_tables AS tables USING (table_name) "
        "WHERE builds.week_start IS NULL AND builds.tables_hash <> tables.tables_hash"
    ).fetchall()
    return {row[0] for row in rows}
