"""`tokentide claims`: what others published, what the figures say of it, and whether that depends on the definition."""

from typing import Any

import duckdb
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipeline.reports.figures import which_definitions
from warehouse.database import fetch_dicts
from warehouse.editions import open_published
from warehouse.errors import TokentideError
from warehouse.home import Home

VERDICTS = {
    "depends_on_definition": ("yellow", "depends on the definition"),
    "reproduced": ("green", "reproduced"),
    "near": ("cyan", "near"),
    "contradicted": ("red", "contradicted"),
    "not_recomputable": ("dim", "not recomputable"),
}
_CHANGES = {
    "leave_out_lab": "{} counts for nobody",
    "leave_out_model": "{} counts for nobody",
    "count_lab": "{} is counted, too",
    "count_model": "{} is counted, too",
    "move_span": "the span moved by {}",
    "merge_variants": "{} merged",
}
_MATCHES_SHOWN = 10
_COMPARISONS = {
    "equals": "",
    "about": "about ",
    "at_least": "at least ",
    "at_most": "at most ",
    "more_than": "more than ",
}


class ClaimNotFound(TokentideError):
    """No claim goes by that name."""

    exit_code = 2


def print_claims(console: Console, home: Home, claim_id: str | None) -> None:
    """Prints all claims, those first that depend on the definition; or one with every definition."""
    with open_published(home) as published:
        if claim_id is None:
            _print_all(console, fetch_dicts(published, "SELECT * FROM main.claims"))
            return
        claims = fetch_dicts(
            published,
            "SELECT claims.*, summary.verdict FROM claims.claims AS claims "
            "INNER JOIN main.claims AS summary USING (claim_id) WHERE contains(claim_id, ?) "
            "ORDER BY claim_id = ? DESC, 1",
            [claim_id, claim_id],
        )
        if not claims or (len(claims) > 1 and claims[0]["claim_id"] != claim_id):
            names = ", ".join(claim["claim_id"] for claim in claims[:10])
            raise ClaimNotFound(
                f"{len(claims) or 'No'} claims have {claim_id!r} in their name.",
                f"name one: {names}." if names else "`tokentide claims` lists them.",
            )
        print_claim(console, published, claims[0])


def print_claim(
    console: Console, connection: duckdb.DuckDBPyConnection, claim: dict[str, Any], is_published: bool = True
) -> None:
    """One claim as a journalist reads it: claimed, recomputed, difference, definition; and what would make it true.

    One that is not published stands in no table that could be asked for the rest of a long list.
    """
    verdicts, alternatives = (
        fetch_dicts(connection, f"SELECT * FROM {table} WHERE claim_id = ? ORDER BY ALL", [claim["claim_id"]])
        for table in ("claims.verdicts", "claims.alternatives")
    )
    style, words = VERDICTS[claim["verdict"]]
    console.print(f"[bold]{escape(claim['statement_en'])}[/bold]", highlight=False, soft_wrap=True)
    console.print(f"[{style}]{words}[/{style}]", highlight=False)
    for label, value in (
        ("claimed", f"{_COMPARISONS[claim['comparison']]}{claim['expected']} {claim['unit']}"),
        ("days", f"{claim['span_start']} to {claim['span_end']}" if claim["span_start"] else None),
        ("compared with", f"{claim['baseline_start']} to {claim['baseline_end']}" if claim["baseline_start"] else None),
        ("in its words", claim["statement_original"]),
        ("published by", _source(claim)),
        ("page read", f"{claim['source_url']} ({claim['read_on']})" if claim["source_url"] else None),
        ("definition", claim["definition_stated"]),
        ("note", claim["note"]),
        ("why not", claim["not_recomputable"]),
        ("days missing", _missing_days(claim, verdicts)),
    ):
        if value:
            console.print(f"  {label:<13} {escape(str(value))}", highlight=False, soft_wrap=True)
    if verdicts:
        console.print(_verdicts_table(verdicts))
    if alternatives:
        _print_alternatives(console, alternatives, is_published)


def _missing_days(claim: dict[str, Any], verdicts: list[dict[str, Any]]) -> str | None:
    """What a sum over an incomplete span lacks: the reader must know before believing a difference."""
    missing = max((verdict["missing_days"] or 0 for verdict in verdicts), default=0)
    if not missing:
        return None
    days = (claim["span_end"] - claim["span_start"]).days + 1
    if claim["baseline_start"]:
        days += (claim["baseline_end"] - claim["baseline_start"]).days + 1
    return f"{missing} of {days}: no source at hand has them, so sums lack their tokens"


def _print_alternatives(console: Console, alternatives: list[dict[str, Any]], is_published: bool) -> None:
    """What matches among the small changes that were tried, and out of how many: a hypothesis, never a verdict."""
    matches = sorted(
        (alternative for alternative in alternatives if alternative["is_match"]), key=lambda a: abs(a["difference"])
    )
    console.print(
        f"[bold]What would make it true?[/bold] {len(alternatives):,} small changes were tried (a lab or model counted "
        f"otherwise, the span moved by up to a week, variants merged): {len(matches) or 'none'} "
        f"match{'es' if len(matches) == 1 else ''}" + (", no more than a hypothesis." if matches else "."),
        highlight=False,
        soft_wrap=True,
    )
    if not matches:
        return
    populations: dict[tuple[str, float], list[str]] = {}
    for match in matches:
        words = _CHANGES[match["change_kind"]].format(match["changed"])
        of_other_side = " on the other side" if match["side"] == "against" else ""
        populations.setdefault((words + of_other_side, match["value"]), []).append(match["population"])
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("change", "population", "recomputed"):
        table.add_column(name, justify="right" if name == "recomputed" else "left", overflow="fold")
    for (words, value), of in list(populations.items())[:_MATCHES_SHOWN]:
        table.add_row(escape(words), ", ".join(of), _figure(value))
    console.print(table)
    if len(populations) > _MATCHES_SHOWN:
        query = f"FROM claims.alternatives WHERE is_match AND claim_id = '{matches[0]['claim_id']}'"
        console.print(
            f"... {len(populations) - _MATCHES_SHOWN} more" + (f': tokentide sql "{query}"' if is_published else ""),
            highlight=False,
            soft_wrap=True,
            markup=False,
        )


def _verdicts_table(verdicts: list[dict[str, Any]]) -> Table:
    """One line a result: definitions that give the same stand together."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("definition", "recomputed", "difference", "verdict"):
        table.add_column(name, justify="right" if name in ("recomputed", "difference") else "left")
    together: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for verdict in verdicts:
        key = (
            verdict["population"],
            verdict["price_source"],
            verdict["value"],
            verdict["value_week"],
            verdict["verdict"],
        )
        together.setdefault(key, []).append(verdict)
    for (population, price_source, value, week, verdict), rows in together.items():
        style, words = VERDICTS[verdict]
        difference = rows[0]["difference"]
        table.add_row(
            price_source or f"{population}{which_definitions([(row['policy'], row['knowledge']) for row in rows])}",
            str(week) if week else _figure(value),
            "-" if difference is None else f"{difference:+,.0f} weeks" if week else f"{difference:+,.3f}",
            f"[{style}]{words}[/{style}]",
        )
    return table


def _print_all(console: Console, claims: list[dict[str, Any]]) -> None:
    order = list(VERDICTS)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("claim", "claimed", "nearest found", "verdict"):
        table.add_column(name, overflow="fold")  # a name that is cut could not be asked for
    for claim in sorted(claims, key=lambda claim: (order.index(claim["verdict"]), claim["claim_id"])):
        style, words = VERDICTS[claim["verdict"]]
        if claim["verdict"] == "depends_on_definition":
            words = f"only under {claim['reproduced_under']}"
        found = str(claim["closest_week"]) if claim["closest_week"] else _figure(claim["closest_value"])
        table.add_row(
            f"{escape(claim['statement_en'])}\n[dim]{claim['claim_id']}[/dim]",
            f"{claim['expected']} {claim['unit']}",
            found,
            f"[{style}]{words}[/{style}]",
        )
    console.print(table)
    counts = {verdict: sum(1 for claim in claims if claim["verdict"] == verdict) for verdict in order}
    console.print(
        f"{len(claims)} claims: " + ", ".join(f"{count} {VERDICTS[verdict][1]}" for verdict, count in counts.items()),
        highlight=False,
    )


def _source(claim: dict[str, Any]) -> str:
    return f"{claim['source_name']}{', ' + str(claim['published_on']) if claim['published_on'] else ''}"


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:,.0f}" if value == int(value) and abs(value) >= 1 else f"{value:,.3f}"
