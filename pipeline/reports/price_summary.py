"""The prices in the summary of a run: the article's comparison, and the newest week that prices cover."""

from datetime import date
from decimal import Decimal

import duckdb
from rich.console import Console
from rich.table import Table

from pipeline.reports.figures import country_name, per_cent, table_of_figures, trillions, usd_per_million

# The comparison of the press article of 2026-02-28, on the day of the catalogue that it quotes.
_ARTICLE_DAY = date(2026, 2, 19)
_ARTICLE_MODELS = ("minimax/minimax-m2.5", "anthropic/claude-opus-4.6")
# Below this share of priced tokens an average price says little (docs/methodology.md).
_LEAST_PRICED_SHARE = 0.9
_MODELS_SHOWN = 10
_COUNTRIES = ("CN", "US")


def print_price_summary(console: Console, published: duckdb.DuckDBPyConnection) -> None:
    """Prints what the file knows of prices; nothing where it knows none."""
    _print_article(console, published)
    covered = published.execute(
        "SELECT week_start, source, priced_share FROM prices.week_coverage WHERE population = 'ranked' "
        "AND price_kind = 'output' AND source <> 'any' AND priced_share >= ? "
        "ORDER BY week_start DESC, priced_share DESC LIMIT 1",
        [_LEAST_PRICED_SHARE],
    ).fetchall()
    for week, source, priced_share in covered:
        console.print(_models_table(published, week, source, priced_share))
        _print_countries(console, published, source)
        _print_span(console, published)


def _print_article(console: Console, published: duckdb.DuckDBPyConnection) -> None:
    rows = published.execute(
        "SELECT cheap.source, cheap.usd_per_million_tokens, dear.usd_per_million_tokens "
        "FROM main.price_history AS cheap INNER JOIN main.price_history AS dear "
        "USING (source, price_kind, over_prompt_tokens) "
        "WHERE cheap.usd_per_million_tokens > 0 AND dear.usd_per_million_tokens > 0 "
        "AND cheap.model_id = $cheap AND dear.model_id = $dear AND price_kind = 'output' AND over_prompt_tokens = 0 "
        "AND cheap.valid_from_utc < $day_end AND coalesce(cheap.valid_to_utc >= $day_end, TRUE) "
        "AND cheap.last_seen_utc >= $day AND dear.last_seen_utc >= $day "
        "AND dear.valid_from_utc < $day_end AND coalesce(dear.valid_to_utc >= $day_end, TRUE) ORDER BY 1 DESC",
        {
            "cheap": _ARTICLE_MODELS[0],
            "dear": _ARTICLE_MODELS[1],
            "day": _ARTICLE_DAY,
            "day_end": date.fromordinal(_ARTICLE_DAY.toordinal() + 1),
        },
    ).fetchall()
    if rows:
        cheap_name, dear_name = _ARTICLE_MODELS
        console.print(f"[bold]Output price on {_ARTICLE_DAY}[/bold], USD per million tokens", highlight=False)
        for source, cheap, dear in rows:
            console.print(
                f"  {cheap_name} {usd_per_million(cheap)}, {dear_name} {usd_per_million(dear)}: "
                f"{dear / cheap:.1f} times ({source})",
                highlight=False,
                soft_wrap=True,
            )
        console.print()


def _models_table(published: duckdb.DuckDBPyConnection, week: date, source: str, priced_share: float) -> Table:
    rows = published.execute(
        "SELECT tokens.rank, tokens.model_permaslug, tokens.country_code, tokens.tokens, "
        "max(prices.usd_per_million_tokens) FILTER (WHERE prices.price_kind = 'input') AS input, "
        "max(prices.usd_per_million_tokens) FILTER (WHERE prices.price_kind = 'output') AS output, "
        "max(prices.status) FILTER (WHERE prices.price_kind = 'output') AS status "
        "FROM weekly.model_tokens AS tokens INNER JOIN prices.model_week_prices AS prices "
        "ON prices.week_start = tokens.week_start AND prices.model_permaslug = tokens.model_permaslug "
        "WHERE tokens.week_start = ? AND tokens.rank <= ? AND prices.source = ? AND prices.over_prompt_tokens = 0 "
        "GROUP BY ALL ORDER BY tokens.rank",
        [week, _MODELS_SHOWN, source],
    ).fetchall()
    last_seen = published.execute(
        "SELECT CAST(max(last_seen_utc) AS DATE) FROM prices.model_week_prices WHERE week_start = ? AND source = ?",
        [week, source],
    ).fetchall()[0][0]
    table = table_of_figures(
        f"Prices of the week of {week}, USD per million tokens\n"
        f"({source}, last seen {last_seen}: {per_cent(priced_share)} of the ranked tokens have a price)",
        "model",
        ("tokens", "input", "output"),
    )
    for rank, slug, country, tokens, input_price, output_price, status in rows:
        prices = [usd_per_million(price) if price is not None else status for price in (input_price, output_price)]
        table.add_row(f"{rank:>2} {country} {slug}", trillions(tokens), *prices)
    return table


def _print_countries(console: Console, published: duckdb.DuckDBPyConnection, source: str) -> None:
    """The token-weighted prices of the newest week in which enough of each country's tokens are priced."""
    rows = published.execute(
        "SELECT week_start, country_code, price_kind, usd_per_million_tokens, priced_share "
        "FROM main.country_prices WHERE population = 'ranked' AND source = ? AND list_contains(?, country_code) "
        "QUALIFY count(DISTINCT country_code) OVER (PARTITION BY week_start) = ? ORDER BY week_start DESC",
        [source, list(_COUNTRIES), len(_COUNTRIES)],
    ).fetchall()
    newest = [row for row in rows if row[0] == rows[0][0]]
    prices = {(country, kind): (price, share) for _, country, kind, price, share in newest}
    if newest:
        console.print(
            f"Token-weighted price, week of {newest[0][0]}, all ranked models, `:free` ones at 0:", highlight=False
        )
    for country in _COUNTRIES if newest else ():
        input_price, output_price = (prices.get((country, kind), (None, None)) for kind in ("input", "output"))
        console.print(
            f"  {country_name(country)}: {_average(input_price[0])} input, {_average(output_price[0])} output "
            f"({per_cent(output_price[1])} of its tokens have a price)",
            highlight=False,
            soft_wrap=True,
        )


def _print_span(console: Console, published: duckdb.DuckDBPyConnection) -> None:
    first, last = published.execute(
        "SELECT min(valid_from_utc), max(last_seen_utc) FROM main.price_history"
    ).fetchall()[0]
    console.print(
        f"Prices at hand were seen from {first:%Y-%m-%d} to {last:%Y-%m-%d}; a week takes one at most 28 days old.",
        highlight=False,
        soft_wrap=True,
    )
    console.print()


def _average(price: Decimal | None) -> str:
    return "-" if price is None else f"{price:.2f}"
