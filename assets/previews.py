"""What a build shows of its rows in Dagster's UI: a few of them, figures by week, and these as a chart.

The figures of a table are one SELECT in figures/<schema>/<table>.sql: week_start, and at most three columns that share
a unit, named with it. Not here: how a chart is drawn (svg_chart.py); what must hold of the rows (checks).
"""

import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from pathlib import Path

import dagster as dg
import duckdb

from assets.svg_chart import COLOURS, bounds, line_chart
from warehouse.contracts import Contract

Figures = dict[date, dict[str, float | None]]

FIGURES_DIRECTORY = Path(__file__).parent / "figures"
_ROWS = 5
# As much as the UI shows of a line on a screen of 1,600 pixels.
_LINE_CHARACTERS = 68
_CELL_CHARACTERS = 24
# A table that holds every definition is shown under the headline's.
_HEADLINE = {
    "population": "ranked",
    "policy": "lab_home",
    "knowledge": "as_known_now",
    "price_kind": "output",
    "over_prompt_tokens": "0",
}
# Columns for machines, and texts too long for a glance: no part of a preview, unless they alone are the key.
_ASIDE = re.compile(
    r".*snapshot_id|.*hash|.*sha256|.*url|note|reason|evidence_\w+|http_\w+|parameters|license|citation|provenance"
    r"|statement_\w+|row_kind|method|is_complete_week|model_name|date_suffix|base_[^p]\w+|canonical_slug|hugging_face_id|known_from_utc"
    r"|last_seen_utc|valid_to|valid_to_utc|population_tokens|free_tokens|share_low|language|read_on|top_n|weights_name|tolerance\w*"
)
# What stands first, where a table has it: the newest, what has a price, the largest; then by key. So do these columns.
_FIRST = {
    "week_start": "week_start DESC",
    "usd_per_million_tokens": "usd_per_million_tokens IS NULL",
    "tokens": "tokens DESC",
}
_MARKDOWN_SIGNS = re.compile(r"([\\`*_\[\]|~<>&#!])")


@dataclass(frozen=True)
class Shown:
    """Metadata for the events of one build: the rows are those of a week, or of a whole table under None."""

    chart: Mapping[str, dg.MarkdownMetadataValue]
    figures: Mapping[date, Mapping[str, float]]
    first_rows: Mapping[date | None, dg.MarkdownMetadataValue]

    def of(self, week: date | None) -> Mapping[str, dg.MarkdownMetadataValue | float]:
        """For the event of the week, or of the whole table."""
        figures = self.figures.get(week, {}) if week else {}
        return {**self.chart, "first_rows": self.first_rows[week], **figures}


def shown_rows(
    connection: duckdb.DuckDBPyConnection, contract: Contract, weeks: Collection[date] | None = None
) -> Shown:
    """What to show of the table as it stands: of these weeks where it is built by weeks, else of the whole."""
    figures = figures_by_week(connection, contract)
    return Shown(
        {"by_week": chart(figures)} if figures else {},
        {
            week: {name: round(value, 4) for name, value in of.items() if value is not None}
            for week, of in figures.items()
        },
        {None: preview(connection, contract)} if weeks is None else previews_by_week(connection, contract, weeks),
    )


def figures_by_week(connection: duckdb.DuckDBPyConnection, contract: Contract) -> Figures:
    """The table's own figures of every week, or how many rows it has; nothing for a table without weeks."""
    if not contract.has_weeks:
        return {}
    cursor = connection.execute(figures_sql(contract))
    names = [column[0] for column in cursor.description][1:]
    return {
        week: {name: _figure(value) for name, value in zip(names, values, strict=True)}
        for week, *values in cursor.fetchall()
    }


def _figure(value: float | Decimal | None) -> float | None:
    """A division by nothing is no figure."""
    return float(value) if value is not None and math.isfinite(value) else None


def figures_sql(contract: Contract) -> str:
    path = FIGURES_DIRECTORY / contract.schema_name / f"{contract.table_name}.sql"
    if path.exists():
        return path.read_text(encoding="utf-8")
    has_week = f"FROM {contract.name} WHERE week_start IS NOT NULL"
    return f'SELECT week_start, count(*) AS "rows" {has_week} GROUP BY week_start ORDER BY week_start'


def chart(figures: Figures) -> dg.MarkdownMetadataValue:
    """The figures from the first week that has any to the last, other weeks being gaps; what each line is, and its
    newest value."""
    told = [week for week, of in figures.items() if any(value is not None for value in of.values())]
    if len(told) < 2:
        return dg.MetadataValue.md("Too few weeks for a chart.")
    first, last = min(told), max(told)
    weeks = [first + timedelta(weeks=number) for number in range((last - first).days // 7 + 1)]
    lines = {name: [figures.get(week, {}).get(name) for week in weeks] for name in figures[first]}
    low, high = bounds(list(lines.values()))
    legend = [
        f"{colour}: `{name}` {next((f'{value:,.4g}' for value in reversed(line) if value is not None), 'none')}"
        for colour, (name, line) in zip(COLOURS, lines.items(), strict=False)
    ]
    caption = f"Weeks {first} to {last}, from {low:,.3g} to {high:,.3g}. Newest values: {', '.join(legend)}."
    return dg.MetadataValue.md(line_chart(list(lines.values()), caption))


def preview(connection: duckdb.DuckDBPyConnection, contract: Contract) -> dg.MarkdownMetadataValue:
    """The first rows as a Markdown table, the largest first: of the newest week that tells most, or, where a week has
    but one row, of the newest weeks."""
    is_by_week = contract.has_weeks and set(contract.key) - _HEADLINE.keys() != {"week_start"}
    found = _previews(connection, contract, _newest_week(contract) if is_by_week else None)
    return next(iter(found.values()), dg.MetadataValue.md("No rows."))


def previews_by_week(
    connection: duckdb.DuckDBPyConnection, contract: Contract, weeks: Collection[date]
) -> dict[date | None, dg.MarkdownMetadataValue]:
    """The first rows of each of these weeks, the largest first."""
    listed = ", ".join(f"DATE '{week}'" for week in sorted(weeks))
    return _previews(connection, contract, f"({listed})") if weeks else {}


def _previews(
    connection: duckdb.DuckDBPyConnection, contract: Contract, weeks: str | None
) -> dict[date | None, dg.MarkdownMetadataValue]:
    """By week where `weeks` says in SQL which, else under None; none of what has no rows."""
    has = contract.column_names
    fixed = {name: f"= '{value}'" for name, value in _HEADLINE.items() if name in contract.key}
    if weeks:
        fixed["week_start"] = f"IN {weeks}"
    columns = [n for n in has if n not in fixed and (contract.key == (n,) or not _ASIDE.fullmatch(n))]
    first, *others = columns
    others.sort(key=lambda n: (n not in _FIRST, n not in contract.key, _holds_words(contract, n)))
    columns = [first, *others]
    order = ", ".join(
        [*(term for column, term in _FIRST.items() if column in has and column not in fixed), *contract.key]
    )
    week = "week_start" if weeks else "CAST(NULL AS DATE)"
    rows = connection.execute(
        f"SELECT {', '.join(columns)}, {week} AS shown_week, count(*) OVER (PARTITION BY {week}) FROM {contract.name} "
        f"WHERE {' AND '.join(f'{name} {is_what}' for name, is_what in fixed.items()) or 'true'} "
        f"QUALIFY row_number() OVER (PARTITION BY {week} ORDER BY {order}) <= {_ROWS} ORDER BY shown_week, {order}"
    ).fetchall()
    of = "".join(f", `{_HEADLINE[name]}`" for name in fixed if name in _HEADLINE)
    found: dict[date | None, dg.MarkdownMetadataValue] = {}
    for shown_week, group in groupby(rows, key=lambda row: row[-2]):
        shown = list(group)
        what = (f", week {shown_week}" if shown_week else "") + of
        caption = f"{len(shown)} of {shown[0][-1]:,} rows" + what.replace(", ", " of ", 1)
        found[shown_week] = dg.MetadataValue.md(f"{caption}\n\n{markdown_table(columns, [row[:-2] for row in shown])}")
    return found


def markdown_table(names: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """The first columns, and of the others those that still fit a line; numbers stand to the right. Whatever a cell
    holds, it stays one cell and is no markup."""
    columns: list[list[str]] = []
    left = _LINE_CHARACTERS
    for name, values in zip(names, zip(*rows, strict=True), strict=True):
        cells = [_text(value) for value in values]
        width = 3 + max(4 * len(name) // 5, *map(len, cells))  # names are set in a narrower font
        if width <= left or not columns:
            left -= width
            columns.append([_escaped(name), _alignment(values), *map(_escaped, cells)])
    return "\n".join(f"| {' | '.join(line)} |" for line in zip(*columns, strict=True))


def _newest_week(contract: Contract) -> str:
    """Of the whole weeks, or of those with a price, where the table tells them apart."""
    telling = {"is_complete_week": "is_complete_week", "usd_per_million_tokens": "usd_per_million_tokens IS NOT NULL"}
    told = [condition for column, condition in telling.items() if column in contract.column_names]
    newest = f"max(week_start) FILTER ({' AND '.join(told)})" if told else "max(week_start)"
    return f"(SELECT coalesce({newest}, max(week_start)) FROM {contract.name})"


def _holds_words(contract: Contract, column: str) -> bool:
    return contract.duckdb_type(column) in ("VARCHAR", "BOOLEAN", "DATE", "TIMESTAMP")


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value / 1e12:,.3f}T" if abs(value) >= 1e9 else f"{value:,}"
    if isinstance(value, float | Decimal):
        return f"{value:,.4f}"
    text = value.date().isoformat() if isinstance(value, datetime) else " ".join(str(value).split())
    return text if len(text) <= _CELL_CHARACTERS else text[: _CELL_CHARACTERS - 1] + "…"


def _alignment(values: Sequence[object]) -> str:
    is_number = any(isinstance(value, int | float | Decimal) and not isinstance(value, bool) for value in values)
    return "---:" if is_number else "---"


def _escaped(text: str) -> str:
    return _MARKDOWN_SIGNS.sub(r"\\\1", text)
