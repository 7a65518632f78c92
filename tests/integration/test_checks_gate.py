"""The publication gate on good weeks of which one layer was spoiled: whichever it is, it is seen.

Not here: one proof of each of its checks (test_checks_proofs.py).
"""

import duckdb
import pytest
from building import week
from good_weeks import BAD_WEEK, WEEKS
from spoiling import A, by_week, not_passed_after

from warehouse.results import GATE


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE staging.snapshot_days SET raw_tokens = raw_tokens + 1 WHERE {day}",
        f"UPDATE attribution.model_day_tokens SET tokens = tokens + 1 WHERE {A} AND {{day}}",
        "UPDATE weekly.lab_tokens SET population_tokens = population_tokens + 1 WHERE {week}",
        "UPDATE weekly.country_tokens SET population_tokens = population_tokens + 1 WHERE {week}",
    ],
)
def test_the_gate_sees_a_token_lost_in_any_layer(spoiled: duckdb.DuckDBPyConnection, sql: str) -> None:
    proof = by_week(sql)
    assert not_passed_after(spoiled, GATE, proof.sql) == {"tokens_raw_to_weekly": {BAD_WEEK}}


@pytest.mark.parametrize(
    "table",
    [
        "staging.model_day_tokens",
        "attribution.model_day_tokens",
        "weekly.model_tokens",
        "weekly.lab_tokens",
        "weekly.country_tokens",
    ],
)
def test_the_gate_sees_a_week_missing_in_any_layer(spoiled: duckdb.DuckDBPyConnection, table: str) -> None:
    sql = f"DELETE FROM {table} WHERE week_start = '{BAD_WEEK}'"
    assert not_passed_after(spoiled, GATE, sql) == {"all_layers_are_built": {BAD_WEEK}}


def test_the_gate_sees_a_published_week_that_is_gone(spoiled: duckdb.DuckDBPyConnection) -> None:
    sql = f"INSERT INTO published_before VALUES ('{week(-1)}', 7)"
    assert not_passed_after(spoiled, GATE, sql) == {"coverage_does_not_shrink": {week(-1)}}


def test_the_gate_sees_a_price_table_made_from_other_reference_files(spoiled: duckdb.DuckDBPyConnection) -> None:
    sql = "UPDATE checks.builds SET inputs_hash = 'older' WHERE table_name = 'prices.corrections'"
    assert not_passed_after(spoiled, GATE, sql) == {"rows_are_made_from_what_is_at_hand": set(WEEKS)}
