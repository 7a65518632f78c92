"""`tokentide explain`: why a model counts for its country, from which page, since when, what it weighs and costs."""

from collections.abc import Iterator
from typing import Any

import duckdb
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipeline.reports.figures import country_name, per_cent, trillions, usd_per_million
from pipeline.reports.nearest_names import nearest_names
from warehouse.database import fetch_dicts
from warehouse.editions import open_published
from warehouse.errors import TokentideError
from warehouse.home import Home

# A label and what is said under it.
Line = tuple[str, object]


class ModelNotFound(TokentideError):
    """No model, or more than one, goes by that name."""

    exit_code = 2


def print_explanation(console: Console, home: Home, name: str) -> None:
    """Prints the decision on one model with its evidence. Raises ModelNotFound with the nearest names."""
    with open_published(home) as published:
        slug = _find(published, name)
        lines = [
            *_decision(published, slug),
            *_weight(published, slug),
            *_openness(published, slug),
            *_prices(published, slug),
        ]
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for label, value in lines:
        table.add_row(label, escape(str(value)))
    console.print(table)


def _decision(published: duckdb.DuckDBPyConnection, slug: str) -> Iterator[Line]:
    [model] = fetch_dicts(published, "SELECT * FROM attribution.models WHERE model_permaslug = ?", [slug])
    yield "model", slug
    yield "country", f"{country_name(model['country_code'])} ({model['country_code']})"
    yield "lab", model["lab"]
    yield "method", model["method"]
    yield "reason", model["reason"]
    yield "known from", f"{model['known_from_utc']} UTC" if model["known_from_utc"] else "its first row on"
    for alias in fetch_dicts(published, "SELECT * FROM attribution.aliases WHERE cloaked_slug = ?", [slug]):
        yield "cloaked model", f"{alias['confidence']}: {alias['revealed_as'] or 'not revealed in any page read'}"
        yield from _evidence(alias)
    yield from _homes(published, "home of the lab", model["attributed_author"])
    if model["base_author"]:
        yield "base model", f"{model['base_model']} ({model['derivation']}), by {model['base_lab']}"
        yield "under base_model_home", f"{country_name(model['base_country_code'])} ({model['base_country_code']})"
        yield from _evidence(model, "base_")
        yield from _homes(published, "home of the base's lab", model["base_author"])


def _homes(published: duckdb.DuckDBPyConnection, label: str, author: str | None) -> Iterator[Line]:
    for home in fetch_dicts(published, "SELECT * FROM attribution.labs WHERE author = ? ORDER BY valid_from", [author]):
        until = f" to before {home['valid_to']}" if home["valid_to"] else ""
        yield label, f"{country_name(home['country_code'])}, from {home['valid_from']}{until}"
        yield from _evidence(home)


def _weight(published: duckdb.DuckDBPyConnection, slug: str) -> Iterator[Line]:
    [weeks] = fetch_dicts(
        published,
        "SELECT CAST(sum(tokens) AS BIGINT) AS tokens, count(*) AS weeks, max_by(week_start, tokens) AS best_week, "
        "max(tokens) AS best_tokens, max_by(platform_share, tokens) AS best_share, min(rank) AS best_rank "
        "FROM weekly.model_tokens WHERE model_permaslug = ?",
        [slug],
    )
    [seen] = fetch_dicts(
        published, "SELECT first_date, last_date FROM attribution.models WHERE model_permaslug = ?", [slug]
    )
    yield (
        "in the figures",
        f"{seen['first_date']} to {seen['last_date']}, {weeks['weeks']} weeks, {trillions(weeks['tokens'])} in all",
    )
    yield (
        "heaviest week",
        f"{weeks['best_week']}: {trillions(weeks['best_tokens'])}, {per_cent(weeks['best_share'])} of the platform, "
        f"best rank {weeks['best_rank']}",
    )


def _openness(published: duckdb.DuckDBPyConnection, slug: str) -> Iterator[Line]:
    [openness] = fetch_dicts(
        published, "SELECT * FROM attribution.openness WHERE base_permaslug = split_part(?, ':', 1)", [slug]
    )
    yield "weights", openness["weights"] + (f" ({openness['weights_name']})" if openness["weights_name"] else "")
    if openness["method"] == "catalogue":
        yield "  evidence", "OpenRouter's catalogue names their repository"
    elif openness["method"] == "reference":
        yield from _evidence(openness)


def _prices(published: duckdb.DuckDBPyConnection, slug: str) -> Iterator[Line]:
    prices = fetch_dicts(
        published,
        "SELECT source, max(last_seen_utc) AS last_seen_utc, bool_or(is_delisted) AS is_delisted, "
        "max(CASE WHEN price_kind = 'input' THEN usd_per_million_tokens END) AS input, "
        "max(CASE WHEN price_kind = 'output' THEN usd_per_million_tokens END) AS output "
        "FROM main.prices_last_seen WHERE model_permaslug = ? AND over_prompt_tokens = 0 "
        "GROUP BY source ORDER BY last_seen_utc DESC",
        [slug],
    )
    for price in prices:
        delisted = ", delisted since" if price["is_delisted"] else ""
        yield (
            "price last seen",
            f"{usd_per_million(price['input'])} input, {usd_per_million(price['output'])} output, USD per million "
            f"tokens ({price['source']}, {price['last_seen_utc']:%Y-%m-%d}{delisted})",
        )
    if not prices:
        yield "price last seen", "none: no price source at hand is known to list it"


def _evidence(fact: dict[str, Any], of: str = "") -> Iterator[Line]:
    """The columns on evidence, whose names begin with `of`."""
    if fact[f"{of}evidence_url"]:
        yield "  evidence", f"{fact[f'{of}evidence_url']} (read {fact[f'{of}evidence_read_on']})"
        yield "  it says", fact[f"{of}evidence_says"] or ""
    else:
        yield "  evidence", "none found"
    if fact[f"{of}note"]:
        yield "  note", fact[f"{of}note"]


def _find(published: duckdb.DuckDBPyConnection, name: str) -> str:
    rows = published.execute(
        "SELECT model_permaslug FROM attribution.models WHERE contains(lower(model_permaslug), lower(?)) ORDER BY 1",
        [name],
    ).fetchall()
    slugs = [row[0] for row in rows]
    if name in slugs:
        return name
    if slugs and all(slug.split(":")[0] == slugs[0] for slug in slugs):
        return str(slugs[0])  # the rest are its variants
    if slugs:
        more = f" and {len(slugs) - 10} more" if len(slugs) > 10 else ""
        raise ModelNotFound(
            f"{len(slugs)} models have {name!r} in their name.", f"name one: {', '.join(slugs[:10])}{more}."
        )
    nearest = nearest_names(published, "attribution.models", "model_permaslug", name)
    raise ModelNotFound(f"No model has {name!r} in its name.", f"nearest names: {nearest}.")
