"""The summary that ends a run: what was published, who leads under which definition, at what price, how to cite it."""

import shutil
import sys
from datetime import date

import duckdb
from rich.console import Console
from rich.table import Table

from pipeline.reports.figures import country_name, table_of_figures, trillions
from pipeline.reports.price_summary import print_price_summary
from warehouse.editions import open_published, read_edition
from warehouse.home import Home

# The week of the press article of 2026-02-28, shown beside the newest one.
ARTICLE_WEEK = date(2026, 2, 9)
_COUNTRIES_SHOWN = 4
_POPULATIONS = ("top_9", "ranked", "platform")


def print_summary(console: Console, home: Home) -> None:
    """Prints edition, weeks, the countries of two weeks under three populations, checks, and how to go on."""
    with open_published(home) as published:
        edition = read_edition(published)
        weeks = published.execute("SELECT week_start, is_complete_week, is_held_back FROM main.weeks").fetchall()
        complete = [week for week, is_complete, _ in weeks if is_complete]
        console.print()
        console.print(
            f"[bold]Edition {edition.edition}[/bold], figures as of {edition.newest_as_of_utc:%Y-%m-%d %H:%M} UTC"
        )
        if edition.known_at_utc:
            console.print(f"[yellow]As it was known at {edition.known_at_utc.isoformat()}Z[/yellow]", highlight=False)
        console.print(
            f"{edition.weeks} weeks, {edition.first_week_start} to {edition.last_week_start}"
            f" ({edition.weeks - len(complete)} incomplete, marked so)"
        )
        for week in dict.fromkeys([*complete[-1:], *[w for w, _, _ in weeks if w == ARTICLE_WEEK]]):
            console.print(_countries_table(published, week))
        console.print(
            "A range ends at the share if all unknown tokens (on platform, `other` too) were theirs.", soft_wrap=True
        )
        console.print()
        print_price_summary(console, published)
        held_back = [str(week) for week, _, is_held_back in weeks if is_held_back]
        if held_back:
            console.print(f"[yellow]Held back by a person: {', '.join(held_back)} (last good rows)[/yellow]")
        console.print(_checks_line(published), highlight=False, soft_wrap=True)
    console.print()
    program = _program()
    of_instant = f" --as-of {edition.known_at_utc.isoformat()}Z" if edition.known_at_utc else ""
    for label, text in (
        ("File", str(home.published_file)),
        ("Open", f"duckdb.connect('{home.published_file}', read_only=True)   in Python, or: duckdb -readonly FILE"),
        ("Ask", f'{program} sql{of_instant} "FROM china_and_us"     {program} sql{of_instant} "SHOW TABLES"'),
        *(() if of_instant else [("Why", f"{program} explain minimax/minimax-m2.5-20260211")]),
        ("Cite", edition.citation),
    ):
        console.print(f"{label:<9} {text}", highlight=False, soft_wrap=True, markup=False)


def _program() -> str:
    """The program as it can be called from here: by name if it is on the path, else as it was called."""
    if shutil.which("tokentide"):
        return "tokentide"
    return "python -m pipeline.cli" if sys.argv[0].endswith("cli.py") else sys.argv[0]


def _countries_table(published: duckdb.DuckDBPyConnection, week: date) -> Table:
    rows = published.execute(
        "SELECT population, country_code, tokens, share, share_high, population_tokens FROM weekly.country_tokens "
        "WHERE week_start = ? AND policy = 'lab_home' AND knowledge = 'as_known_now' ORDER BY tokens DESC",
        [week],
    ).fetchall()
    figures = {(population, country): rest for population, country, *rest in rows}
    totals = {population: total for population, _, _, _, _, total in rows}
    ranked = [country for population, country, *_ in rows if population == "ranked" and country != "ZZ"]
    table = table_of_figures(f"Week of {week} (Monday to Sunday, UTC)", "", _POPULATIONS)
    for country in [*ranked[:_COUNTRIES_SHOWN], "ZZ"]:
        cells = []
        for population in _POPULATIONS:
            tokens, share, share_high, _ = figures.get((population, country), (None, None, None, None))
            cells.append(_cell(tokens, share, None if country == "ZZ" else share_high))
        table.add_row(country_name(country), *cells)
    table.add_row("all", *(f"{trillions(totals.get(population))} {'':11}" for population in _POPULATIONS))
    return table


def _cell(tokens: int | None, share: float | None, share_high: float | None) -> str:
    """Tokens, share, and the upper bound where the unknown leave one: `57.469T 51-86 %`."""
    if tokens is None or share is None:
        return f"- {'':11}"
    low = f"{share * 100:.1f}"
    high = f"{share_high * 100:.1f}" if share_high is not None else low
    shares = f"{low} %" if low == high else f"{low}-{high} %"
    return f"{trillions(tokens)} {shares:>11}"


def _checks_line(published: duckdb.DuckDBPyConnection) -> str:
    counts = dict(published.execute("SELECT outcome, count(*) FROM checks.results GROUP BY outcome").fetchall())
    warned = published.execute(
        "SELECT check_name, count(*) FROM checks.results WHERE outcome = 'warned' GROUP BY check_name ORDER BY 2 DESC"
    ).fetchall()
    passed, warnings, failed = (counts.get(outcome, 0) for outcome in ("passed", "warned", "failed"))
    text = f"Checks    {passed:,} passed, {warnings} warned, {failed} failed"
    if warned:
        text += " (" + ", ".join(f"{name}: {count}" for name, count in warned) + ")"
    return text
