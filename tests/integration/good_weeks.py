"""Three good weeks with rows in every table, which every check passes: what the proofs of the checks spoil.

Not here: what spoils them (spoiling.py, proofs_of_*.py).
"""

from datetime import date, datetime, timedelta

import duckdb
from building import (
    LONG_AFTER,
    build_tables,
    claim,
    days_of,
    endpoint,
    full_day,
    full_weeks,
    lab,
    listed,
    put_endpoints,
    put_prices,
    put_providers,
    put_rows,
    references,
    removed,
    week,
)

from checks.run import validate_candidate
from warehouse.builds import load_current_inputs
from warehouse.contracts import CONTRACTS
from warehouse.database import connect, create_tables
from warehouse.hashing import code_version
from warehouse.home import Home

WEEKS = [week(0), week(1), week(2)]
BAD_WEEK = week(1)
LAST_WEEK = week(2)
BAD_DAY = days_of(BAD_WEEK)[6]
READ = {"evidence_url": "https://example.org", "evidence_read_on": date(2026, 11, 24)}
REFERENCES = references(
    labs=[lab("qwen", "CN", **READ), lab("openai", "US", **READ), lab("cloaked", "ZZ")],
    aliases=[
        {
            "cloaked_slug": "cloaked/alpha",
            "revealed_as": "X",
            "author": "qwen",
            "confidence": "official",
            "known_from_utc": datetime(2026, 1, 13),
            **READ,
        }
    ],
    lineage=[{"model_permaslug": "openai/tune", "base_model": "Q", "base_author": "qwen", "derivation": "fine-tune"}],
    price_corrections=[
        {
            "source": "test-changes",
            "model_id": "openai/tune",
            "rule": "per_token",
            "action": "times_million",
            "reason": "Typed per token.",
        }
    ],
    genai_prices=[
        {"model_id": "qwen/a", "provider": "openrouter", "price_kind": "input", "usd_per_million_tokens": "1.04"}
        | {"seen_on": LAST_WEEK}
    ],
    model_names=[{"model_permaslug": "cloaked/alpha", "model_id": "stealth/alpha", "reason": "Its name before."}],
    claims=[
        claim("cn-tokens", "tokens", "CN", "0.0", unit="trillion tokens"),
        claim("cn-share", "share", "CN", "99.9"),
        claim("a-price", "price", "openai/b", "1", subject_kind="model", price_kind="output"),
    ],
)
MODELS = {
    "qwen/a": 3600,
    "qwen/a:free": 400,
    "openai/b": 3000,
    "cloaked/alpha": 500,
    "openai/tune": 500,
    "openai/zero": 0,
}
# one day as it was stated first: then one model's tokens changed, one left and another entered
RESTATED_DAY = days_of(BAD_WEEK)[0]
RESTATED_LATER = [
    (day, "openai/gone" if slug == "openai/small-43" else slug, tokens - 1 if slug == "qwen/a" else tokens)
    for day, slug, tokens in full_day(RESTATED_DAY, MODELS, other=4000)
]
FIRST_LOOK, SECOND_LOOK, THIRD_LOOK = (datetime(2026, 1, day) for day in (8, 15, 22))
# each look at the complete source lists these; the others come, go or change
ALWAYS_LISTED = {
    "qwen/a": {"input": 1, "output": 4, "cache_read": "0.1", "tiers": {200_000: {"input": 2, "output": 8}}},
    "qwen/a:free": {"input": 0, "output": 0},
    "stealth/alpha": {"input": "0.5", "output": 1},
}
COMPLETE = [
    *(listed(at, model, **of) for at in (FIRST_LOOK, SECOND_LOOK, THIRD_LOOK) for model, of in ALWAYS_LISTED.items()),
    *(listed(at, "openai/b", input=2, output=10) for at in (FIRST_LOOK, SECOND_LOOK)),
    listed(THIRD_LOOK, "openai/b", input=2, output=8),
    listed(FIRST_LOOK, "openai/zero", input="varies", output="varies"),
]
CHANGES = [
    listed(FIRST_LOOK, "openai/b", input="2.5", output=12),
    listed(FIRST_LOOK, "openai/tune", input="0.000001", output="0.000002"),
    removed(SECOND_LOOK, "openai/tune"),
    listed(THIRD_LOOK, "openai/b", input="2.5", output=11),
]
SERVED = {
    "qwen/a": [
        endpoint("cheap/fp8", {"prompt": "0.0000005", "completion": "0.000002", "web_search": "0.01"}),
        endpoint("cheap/fast", {"prompt": "0.000001", "completion": "0.000004"}),
        endpoint("dear", {"prompt": "0.000002", "completion": "0.000004"}),
    ],
    "openai/b": [endpoint("dear", {"prompt": "0.000002", "completion": "0.00001"})],
}


def build_good_weeks(home: Home) -> duckdb.DuckDBPyConnection:
    """The weeks, built and checked, in memory: an overtake and a new model are in the last."""
    connection = connect(":memory:")
    create_tables(connection, CONTRACTS.values())
    later = MODELS | {"openai/b": 3900, "openai/late": 60}
    rows = full_weeks(WEEKS[:2], MODELS, other=4000) + full_weeks(WEEKS[2:], later, other=4000)
    put_rows(home, rows)
    put_rows(home, RESTATED_LATER, LONG_AFTER - timedelta(days=1))
    put_prices(home, COMPLETE)
    put_prices(home, CHANGES, "test-changes")
    put_providers(home, {"cheap": "CN", "dear": "US"}, SECOND_LOOK)
    for model_id, endpoints in SERVED.items():
        put_endpoints(home, model_id, endpoints, SECOND_LOOK)
    reports = build_tables(connection, home, validate=validate_candidate, reference_tables=REFERENCES)
    not_passed = [str(result) for report in reports.values() for result in report.results if result.outcome != "passed"]
    assert not_passed == []
    connection.execute("CREATE TEMP TABLE published_before (week_start DATE, days INTEGER)")
    load_current_inputs(connection, code_version())
    filled = {"main.edition": "edition", "main.citations": "source", "main.held_back_weeks": "week_start"}
    for name, key in filled.items():
        columns = ", ".join(
            f"CAST({'1' if kind in ('INTEGER', 'BIGINT') else repr(str(BAD_WEEK))} AS {kind}) AS {column}"
            for column in CONTRACTS[name].column_names
            for kind in [CONTRACTS[name].duckdb_type(column)]
        )
        assert key in columns
        connection.execute(f"INSERT INTO {name} SELECT {columns}")
    return connection
