"""Open weights in the built-in archive: known figures, and what a public claim says of them."""

from datetime import date

import duckdb
import pytest
from building import query


@pytest.mark.parametrize(
    ("week_start", "low", "high"),
    [
        (date(2025, 2, 17), 0.1835, 0.3305),
        (date(2025, 9, 22), 0.2019, 0.2112),
        (date(2026, 2, 16), 0.5548, 0.5551),
        (date(2026, 7, 13), 0.7610, 0.7610),
        (date(2026, 8, 31), 0.7163, 0.7238),
    ],
)
def test_open_weight_share_of_all_ranked_models(
    built_archive: duckdb.DuckDBPyConnection, week_start: date, low: float, high: float
) -> None:
    assert query(
        built_archive,
        "SELECT round(open_share_low, 4), round(open_share_high, 4) FROM main.open_weights "
        "WHERE population = 'ranked' AND week_start = ?",
        [week_start],
    ) == [(low, high)]


@pytest.mark.parametrize(
    ("model", "weights", "method"),
    [
        ("anthropic/claude-4.6-opus-20260205", "closed", "reference"),
        ("deepseek/deepseek-v4.1-flash-20260910", "open", "reference"),
        ("minimax/minimax-m2.5-20260211", "open", "catalogue"),
        ("stealth/space-bunny-alpha", "unknown", "reference"),
    ],
)
def test_openness_of_known_models(
    built_archive: duckdb.DuckDBPyConnection, model: str, weights: str, method: str
) -> None:
    found = query(built_archive, "SELECT weights, method FROM attribution.openness WHERE base_permaslug = ?", [model])
    assert found == [(weights, method)]


def test_nearly_all_tokens_are_decided(built_archive: duckdb.DuckDBPyConnection) -> None:
    [(share,)] = query(
        built_archive,
        "SELECT sum(unknown_tokens) / sum(tokens) FROM weekly.open_weight_tokens WHERE population = 'ranked'",
    )
    assert 0.03 < share < 0.05
