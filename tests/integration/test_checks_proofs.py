"""Every check of every suite fails on bad data, names the bad week, and keeps quiet about the rest.

Not here: what each fails on (proofs_of_*.py), and how the gate sees each layer (test_checks_gate.py).
"""

import duckdb
import pytest
from building import TABLES, query
from good_weeks import BAD_WEEK
from proofs_of_prices import PRICES
from proofs_of_publication import PUBLICATION
from proofs_of_tokens import TOKENS
from spoiling import INPUT_OF_A, not_passed_after

from checks.suite import structural_expectations, structural_measures_sql
from checks.suites import SUITES
from warehouse.contracts import CONTRACTS, Build
from warehouse.results import GATE

PROOFS = {**TOKENS, **PRICES, **PUBLICATION}
REQUIRED = {
    name: [field.name for field in contract.columns if not field.nullable and field.name != "week_start"]
    for name, contract in CONTRACTS.items()
}
STRUCTURAL = [
    *((name, "required_values_are_there") for name in CONTRACTS if REQUIRED[name]),
    *((name, "key_is_unique") for name in CONTRACTS),
]


@pytest.mark.parametrize("table", [*TABLES, "checks.results", GATE])
def test_good_data_passes_every_check(spoiled: duckdb.DuckDBPyConnection, table: str) -> None:
    assert not_passed_after(spoiled, table, "SELECT 1") == {}


@pytest.mark.parametrize(("table", "check"), PROOFS)
def test_check_fails_on_bad_data_and_names_the_week(spoiled: duckdb.DuckDBPyConnection, table: str, check: str) -> None:
    proof = PROOFS[table, check]
    assert not_passed_after(spoiled, table, proof.sql) == {name: {proof.week} for name in {check, *proof.also}}


@pytest.mark.parametrize(("table", "check"), STRUCTURAL)
def test_structural_check_fails_on_bad_data_and_names_the_week(
    spoiled: duckdb.DuckDBPyConnection, table: str, check: str
) -> None:
    in_week = f"WHERE week_start = '{BAD_WEEK}'" if SUITES[table].is_by_week else ""
    one_row = f"SELECT rowid FROM candidate {in_week} ORDER BY rowid LIMIT 1"
    column = REQUIRED[table][-1] if REQUIRED[table] else ""
    spoil = {
        "required_values_are_there": f"UPDATE candidate SET {column} = NULL WHERE rowid = ({one_row})",
        "key_is_unique": f"INSERT INTO candidate FROM candidate WHERE rowid = ({one_row})",
    }
    not_passed = not_passed_after(spoiled, table, spoil[check])
    assert not_passed[check] == {BAD_WEEK if SUITES[table].is_by_week else None}


@pytest.mark.parametrize("table", [name for name in CONTRACTS if CONTRACTS[name].columns.field(0).nullable is False])
def test_every_required_column_is_looked_at(spoiled: duckdb.DuckDBPyConnection, table: str) -> None:
    spoiled.execute(f"CREATE OR REPLACE TEMP TABLE candidate AS FROM {table} LIMIT 1")
    for column in REQUIRED[table]:
        spoiled.execute(f"UPDATE candidate SET {column} = NULL")
    [(missing,)] = query(
        spoiled, f"SELECT missing_values FROM (SELECT {structural_measures_sql(CONTRACTS[table])} FROM candidate)"
    )
    assert missing == len(REQUIRED[table])


def test_every_check_of_every_suite_is_proven() -> None:
    checks = {
        (table, expectation.name)
        for table, suite in SUITES.items()
        for expectation in [
            *(structural_expectations(CONTRACTS[table]) if table in CONTRACTS else []),
            *suite.expectations,
        ]
    }
    # a view has no required columns: its rows come from tables that have them
    without_required = {
        (name, "required_values_are_there")
        for name, contract in CONTRACTS.items()
        if contract.build is Build.VIEW and not REQUIRED[name]
    }
    assert set(PROOFS) | set(STRUCTURAL) == checks - without_required


def test_weekly_tables_have_suites_by_week() -> None:
    by_weeks = {name for name, contract in CONTRACTS.items() if contract.build is Build.WEEKS}
    assert {table for table, suite in SUITES.items() if suite.is_by_week} == {*by_weeks, GATE}


# --- bad in more than one way ---


def test_ranks_that_are_all_missing_are_gaps(spoiled: duckdb.DuckDBPyConnection) -> None:
    sql = f"UPDATE candidate SET rank = NULL WHERE week_start = '{BAD_WEEK}'"
    assert not_passed_after(spoiled, "weekly.model_tokens", sql) == {"ranks_have_no_gaps": {BAD_WEEK}}


def test_gaps_in_ranks_of_two_definitions_do_not_cancel(spoiled: duckdb.DuckDBPyConnection) -> None:
    one = f"policy = 'lab_home' AND knowledge = 'as_known_now' AND week_start = '{BAD_WEEK}' AND rank = 2"
    sql = (
        f"UPDATE candidate SET rank = 3 WHERE population = 'ranked' AND {one}; "
        f"UPDATE candidate SET rank = 1 WHERE population = 'platform' AND {one}"
    )
    assert not_passed_after(spoiled, "weekly.country_tokens", sql) == {"ranks_have_no_gaps": {BAD_WEEK}}


@pytest.mark.parametrize("price", ["-1", "0.0009", "1000.01"])
def test_prices_out_of_bounds_are_implausible(spoiled: duckdb.DuckDBPyConnection, price: str) -> None:
    sql = f"UPDATE candidate SET usd_per_million_tokens = {price} WHERE {INPUT_OF_A}"
    assert not_passed_after(spoiled, "prices.model_prices", sql) == {"prices_are_plausible": {None}}


@pytest.mark.parametrize("rule", ["per_token", "above_ceiling", "percent_encoded_name"])
def test_an_error_that_nobody_reviewed_blocks_whatever_its_rule(spoiled: duckdb.DuckDBPyConnection, rule: str) -> None:
    sql = (
        f"INSERT INTO candidate SELECT * REPLACE ('{rule}' AS rule, 'openai/c' AS model_id, NULL AS action) "
        "FROM candidate"
    )
    assert not_passed_after(spoiled, "prices.suspicions", sql) == {"errors_are_reviewed": {None}}


def test_two_editions_in_one_file_fail(spoiled: duckdb.DuckDBPyConnection) -> None:
    sql = "INSERT INTO candidate SELECT * REPLACE ('another' AS edition) FROM candidate"
    assert not_passed_after(spoiled, "main.edition", sql) == {"there_is_one_edition": {None}}
