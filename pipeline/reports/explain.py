"""`tokentide explain`: why a model counts for its country, from which page, since when, what it weighs and costs."""

from collections.abc import Callable
from typing import Any

import duckdb
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipeline.reports.figures import country_name, per_cent, trillions, usd_per_million
from warehouse.editions import open_published
from warehouse.errors import TokentideError
from warehouse.home import Home


class ModelNotFound(TokentideError):
    """No model, or more than one, goes by that name."""

    exit_code = 2


def print_explanation(console: Console, home: Home, name: str) -> None:
    """Prints the decision on one model with its evidence. Raises ModelNotFound with the nearest names."""
    with open_published(home) as published:
        slug = _find(published, name)
        model = _one(published, "SELECT * FROM attribution.models WHERE model_permaslug = ?", slug)
        homes = _all(
            published, "SELECT * FROM attribution.labs WHERE author = ? ORDER BY valid_from", model["attributed_author"]
        )
        base_homes = _all(
            published, "SELECT * FROM attribution.labs WHERE author = ? ORDER BY valid_from", model["base_author"]
        )
        aliases = _all(published, "SELECT * FROM attribution.aliases WHERE cloaked_slug = ?", slug)
        weeks = _one(
            published,
            "SELECT CAST(sum(tokens) AS BIGINT) AS tokens, count(*) AS weeks, max_by(week_start, tokens) AS best_week, "
            "max(tokens) AS best_tokens, max_by(platform_share, tokens) AS best_share, min(rank) AS best_rank "
            "FROM weekly.model_tokens WHERE model_permaslug = ?",
            slug,
        )
        openness = _one(
            published,
            "SELECT * FROM attribution.openness WHERE base_permaslug = split_part(?, ':', 1)",
            slug,
        )
        prices = _all(
            published,
            "SELECT source, max(last_seen_utc) AS last_seen_utc, bool_or(is_delisted) AS is_delisted, "
            "max(CASE WHEN price_kind = 'input' THEN usd_per_million_tokens END) AS input, "
            "max(CASE WHEN price_kind = 'output' THEN usd_per_million_tokens END) AS output "
            "FROM main.prices_last_seen WHERE model_permaslug = ? AND over_prompt_tokens = 0 "
            "GROUP BY source ORDER BY last_seen_utc DESC",
            slug,
        )
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")

    def row(label: str, value: object) -> None:
        table.add_row(label, escape(str(value)))

    row("model", slug)
    row("country", f"{country_name(model['country_code'])} ({model['country_code']})")
    row("lab", model["lab"])
    row("method", model["method"])
    row("reason", model["reason"])
    row("known from", f"{model['known_from_utc']} UTC" if model["known_from_utc"] else "its first row on")
    for alias in aliases:
        row("cloaked model", f"{alias['confidence']}: {alias['revealed_as'] or 'not revealed in any page read'}")
        _evidence(row, alias)
    for lab_home in homes:
        row("home of the lab", f"{country_name(lab_home['country_code'])}, {_span(lab_home)}")
        _evidence(row, lab_home)
    if model["base_author"]:
        row("base model", f"{model['base_model']} ({model['derivation']}), by {model['base_lab']}")
        row("under base_model_home", f"{country_name(model['base_country_code'])} ({model['base_country_code']})")
        row("  evidence", model["base_evidence_url"] or "none found")
        for lab_home in base_homes:
            row("home of the base's lab", f"{country_name(lab_home['country_code'])}, {_span(lab_home)}")
            _evidence(row, lab_home)
    row(
        "in the figures",
        f"{model['first_date']} to {model['last_date']}, {weeks['weeks']} weeks, {trillions(weeks['tokens'])} in all",
    )
    row(
        "heaviest week",
        f"{weeks['best_week']}: {trillions(weeks['best_tokens'])}, {per_cent(weeks['best_share'])} of the platform, "
        f"best rank {weeks['best_rank']}",
    )
    row("weights", openness["weights"] + (f" ({openness['weights_name']})" if openness["weights_name"] else ""))
    if openness["method"] == "catalogue":
        row("  evidence", "OpenRouter's catalogue names their repository")
    elif openness["method"] == "reference":
        _evidence(row, openness)
    for price in prices:
        delisted = ", delisted since" if price["is_delisted"] else ""
        row(
            "price last seen",
            f"{usd_per_million(price['input'])} input, {usd_per_million(price['output'])} output, USD per million "
            f"tokens ({price['source']}, {price['last_seen_utc']:%Y-%m-%d}{delisted})",
        )
    if not prices:
        row("price last seen", "none: no price source at hand is known to list it")
    console.print(table)


def _evidence(row: Callable[[str, object], None], fact: dict[str, object]) -> None:
    if fact["evidence_url"]:
        row("  evidence", f"{fact['evidence_url']} (read {fact['evidence_read_on']})")
        row("  it says", fact["evidence_says"] or "")
    else:
        row("  evidence", "none found")
    if fact["note"]:
        row("  note", fact["note"])


def _span(home: dict[str, object]) -> str:
    return f"from {home['valid_from']}" + (f" to before {home['valid_to']}" if home["valid_to"] else "")


def _find(published: duckdb.DuckDBPyConnection, name: str) -> str:
    slugs = [
        row["model_permaslug"]
        for row in _all(
            published,
            "SELECT model_permaslug FROM attribution.models WHERE contains(lower(model_permaslug), lower(?)) "
            "ORDER BY model_permaslug",
            name,
        )
    ]
    if name in slugs:
        return name
    if slugs and all(slug.split(":")[0] == slugs[0] for slug in slugs):
        return str(slugs[0])  # the rest are its variants
    if slugs:
        more = f" and {len(slugs) - 10} more" if len(slugs) > 10 else ""
        raise ModelNotFound(
            f"{len(slugs)} models have {name!r} in their name.", f"name one: {', '.join(slugs[:10])}{more}."
        )
    nearest = _all(
        published,
        "SELECT model_permaslug FROM attribution.models "
        "ORDER BY jaro_winkler_similarity(model_permaslug, ?) DESC, 1 LIMIT 3",
        name,
    )
    raise ModelNotFound(
        f"No model has {name!r} in its name.", f"nearest names: {', '.join(row['model_permaslug'] for row in nearest)}."
    )


def _all(published: duckdb.DuckDBPyConnection, sql: str, parameter: object) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = published.sql(sql, params=[parameter]).to_arrow_table().to_pylist()
    return rows


def _one(published: duckdb.DuckDBPyConnection, sql: str, parameter: object) -> dict[str, Any]:
    return _all(published, sql, parameter)[0]
