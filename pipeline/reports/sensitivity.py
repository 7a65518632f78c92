"""`tokentide sensitivity`: what a week's ranking of countries depends on, on one screen.

Not here: which decisions are pivotal. That is sql/weekly/pivotal_decisions.sql.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import date
from itertools import groupby
from typing import Any

import duckdb
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipeline.reports.figures import country_name, trillions, which_definitions
from warehouse.database import fetch_dicts, fetch_one
from warehouse.editions import open_published
from warehouse.errors import TokentideError
from warehouse.home import Home

POPULATIONS = ("top_9", "top_9_variants_merged", "ranked", "platform")
_ALL_DEFINITIONS = 16
_OTHERWISE = {
    "base_model_home": "Under base_model_home instead of lab_home",
    "as_known_then": "As known then instead of now",
    "variants_merged": "With variants merged (x:free counts with x)",
    "variants_apart": "With variants apart (x:free a row of its own)",
}
_GROUNDS = {
    "unknown": "of unknown country",
    "reported": "counted for {country} by a reveal that is reported, not the maker's own",
    "derived": "counted for {country}, but derived from weights of another country",
    "disputed": "counted for {country}, where its home is disputed",
}


class WeekNotPublished(TokentideError):
    """The published file has no figures for that week."""

    exit_code = 2


def print_sensitivity(console: Console, home: Home, week: date) -> None:
    """Prints rankings, leads within the bounds, and the decisions that flip a pair. Raises WeekNotPublished."""
    with open_published(home) as published:
        _print_heading(console, published, week)
        rankings = fetch_dicts(published, "SELECT * FROM weekly.country_rankings WHERE week_start = ?", [week])
        decisions = fetch_dicts(
            published,
            "SELECT * FROM weekly.pivotal_decisions WHERE week_start = ? ORDER BY place, tokens DESC, unit_kind, unit",
            [week],
        )
    rankings.sort(key=lambda row: (POPULATIONS.index(row["population"]), row["policy"] != "lab_home", row["knowledge"]))
    console.print("[bold]Ranking of countries with at least 1 % of the tokens[/bold]")
    console.print(_rankings_table(rankings))
    console.print("[bold]Lead within the bounds (lab_home, as_known_now)[/bold]")
    console.print(_leads_table(rankings))
    certain = sum(1 for row in rankings if row["is_certain"])
    console.print(
        "Certain: it holds even if all undecided tokens are the next one's. So it is under "
        f"{certain} of {len(rankings)} definitions.\n",
        highlight=False,
    )
    _print_decisions(console, decisions)


def _print_heading(console: Console, published: duckdb.DuckDBPyConnection, week: date) -> None:
    found = fetch_dicts(published, "SELECT * FROM main.weeks WHERE week_start = ?", [week])
    if not found:
        first, last = fetch_one(published, "SELECT min(week_start), max(week_start) FROM main.weeks")
        raise WeekNotPublished(
            f"The published file has no figures for the week of {week}.", f"choose a week from {first} to {last}."
        )
    marks = [] if found[0]["is_complete_week"] else [f"incomplete: {found[0]['days_observed']} of 7 days"]
    marks += ["held back: last good rows"] if found[0]["is_held_back"] else []
    console.print(f"[bold]Week of {week} (Monday to Sunday, UTC)[/bold]{'; '.join(['', *marks])}\n", highlight=False)


def _rankings_table(rankings: list[dict[str, Any]]) -> Table:
    """One line a ranking: definitions that give the same stand together."""
    table = _table("ranking", "under")
    together: dict[str | None, list[dict[str, Any]]] = {}
    for row in rankings:
        together.setdefault(row["ranking"], []).append(row)
    for ranking, rows in sorted(together.items(), key=lambda item: -len(item[1])):
        table.add_row(ranking or "none", _definitions(rows))
    return table


def _definitions(rows: list[dict[str, Any]]) -> str:
    if len(rows) == _ALL_DEFINITIONS:
        return f"all {_ALL_DEFINITIONS} definitions"
    populations: dict[str, list[str]] = {}
    for population, of_population in groupby(rows, key=lambda row: row["population"]):
        which = which_definitions([(row["policy"], row["knowledge"]) for row in of_population])
        populations.setdefault(which, []).append(population)
    return "\n".join(
        f"{', '.join(names)}{which and ': ' + which.removeprefix(', ')}" for which, names in populations.items()
    )


def _leads_table(rankings: list[dict[str, Any]]) -> Table:
    table = _table("over", "leader", "next", "margin", "undecided", "certain")
    for row in rankings:
        if (row["policy"], row["knowledge"]) == ("lab_home", "as_known_now"):
            table.add_row(
                row["population"],
                row["leader"] or "none",
                row["runner_up"] or "none",
                trillions(row["margin_tokens"]),
                trillions(row["undecided_tokens"]),
                "[green]yes[/green]" if row["is_certain"] else "[yellow]no[/yellow]",
            )
    return table


def _table(*columns: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), pad_edge=False)
    for name in columns:
        table.add_column(name, justify="right" if name in ("margin", "undecided") else "left", overflow="fold")
    return table


def _print_decisions(console: Console, decisions: list[dict[str, Any]]) -> None:
    """Open decisions with the tokens at stake; those that rest on evidence are counted."""
    for title, is_lead in (("who leads", True), ("the order below the lead", False)):
        of_title = [row for row in decisions if (row["place"] == 1) is is_lead]
        if not of_title:
            if is_lead:
                console.print("[bold]No single decision changes who leads[/bold]\n")
            continue
        console.print(f"[bold]Single decisions that change {title}, with the tokens at stake[/bold]")
        for (place, ahead, behind, margin), populations, rows in _by_pair(of_title):
            console.print(
                f" {place}. {country_name(ahead)} over {country_name(behind)} by {trillions(margin)} "
                f"({', '.join(populations)})",
                highlight=False,
            )
            console.print(_decisions_table(rows, country_name(behind)), highlight=False)
        console.print()
    if decisions:
        query = f"FROM weekly.pivotal_decisions WHERE week_start = '{decisions[0]['week_start']}'"
        console.print(f'With their names: tokentide sql "{query}"', highlight=False, soft_wrap=True)


def _by_pair(
    decisions: list[dict[str, Any]],
) -> Iterable[tuple[tuple[int, str, str, int], list[str], list[dict[str, Any]]]]:
    """Decisions by pair; populations with the same pair, margin and decisions stand together."""
    pairs: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in decisions:
        key = (row["place"], row["ahead"], row["behind"], row["margin_tokens"], row["population"])
        pairs.setdefault(key, []).append(row)
    together: dict[tuple[Any, ...], list[str]] = {}
    for key, rows in sorted(pairs.items(), key=lambda item: (item[0][0], POPULATIONS.index(item[0][4]))):
        decided = tuple((row["unit_kind"], row["unit"], row["tokens"], row["counted_as"]) for row in rows)
        together.setdefault((*key[:4], decided), []).append(key[4])
    for (*pair, _), populations in together.items():
        yield tuple(pair), populations, pairs[(*pair, populations[0])]


def _decisions_table(rows: list[dict[str, Any]], behind: str) -> Table:
    table = Table(box=None, show_header=False, pad_edge=True, padding=(0, 1))
    table.add_column(justify="right", no_wrap=True, min_width=9)
    table.add_column(overflow="fold")
    evidenced = [row for row in rows if row["grounds"] == "evidenced"]
    for row in rows:
        if row not in evidenced and not _is_all_of_its_lab(row, rows):
            table.add_row(trillions(row["tokens"]), _decision(row, behind))
    if evidenced:
        counts = Counter(row["unit_kind"] for row in evidenced)
        numbers = ", ".join(f"{count} {kind}{'' if count == 1 else 's'}" for kind, count in sorted(counts.items()))
        open_ones = "none that is open; " if len(evidenced) == len(rows) else "besides, "
        table.add_row("", f"[dim]{open_ones}resting on evidence: {numbers}[/dim]")
    return table


def _is_all_of_its_lab(row: dict[str, Any], rows: list[dict[str, Any]]) -> bool:
    """Whether the decision on its lab, of the same tokens and as open, is listed too: then that says it all."""
    lab = {"unit_kind": "lab", "unit": row["unit"].split("/")[0], "tokens": row["tokens"], "grounds": row["grounds"]}
    return row["unit_kind"] == "model" and any(lab.items() <= other.items() for other in rows)


def _decision(row: dict[str, Any], behind: str) -> str:
    if row["unit_kind"] == "definition":
        return _OTHERWISE[row["unit"]]
    grounds = _GROUNDS[row["grounds"]].format(country=country_name(row["counted_as"]))
    flips = "left out" if row["flips_when"] == "left_out" else f"counted for {behind}"
    unit = f"all of {row['unit']}" if row["unit_kind"] == "lab" else row["unit"]
    return f"[bold]{escape(unit)}[/bold], {grounds}: flips if {flips}"
