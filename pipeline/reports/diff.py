"""`tokentide diff`: which published figures moved between two editions, by how much, and because of what."""

from dataclasses import dataclass

import duckdb
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipeline.reports.figures import trillions
from warehouse.contracts import CONTRACTS, Contract
from warehouse.database import connect
from warehouse.editions import Edition, edition_path, kept_editions, read_edition
from warehouse.errors import PublishedFileInvalid
from warehouse.home import Home

# Shown row by row: the headline figures. Of the tables with every definition only the rows that moved are counted.
_SHOWN = ("main.countries", "main.labs", "main.models", "main.overtakes", "main.open_weights")
_TOKENS = {"main.overtakes": "leader_tokens", "weekly.overtakes": "leader_tokens", "main.open_weights": "open_tokens"}
_COUNTED = ("weekly.country_tokens", "weekly.lab_tokens", "weekly.model_tokens", "weekly.overtakes")


@dataclass(frozen=True)
class TableDifference:
    """Rows that moved, entered or left: key, tokens before and after, other columns that changed, cause."""

    table_name: str
    moved: list[tuple[str, int | None, int | None, str, str]]


def print_difference(console: Console, home: Home, edition_a: str, edition_b: str, limit: int) -> None:
    """Compares two kept editions, named or `previous` and `latest`. Raises PublishedFileInvalid for unknown ones."""
    names = [_resolve(home, name) for name in (edition_a, edition_b)]
    connection = connect(":memory:")
    editions = []
    for catalog, name in zip(("a", "b"), names, strict=True):
        path = str(edition_path(home, name)).replace("'", "''")
        connection.execute(f"ATTACH '{path}' AS {catalog} (READ_ONLY)")
        connection.execute(f"USE {catalog}")
        editions.append(read_edition(connection))
    before, after = editions
    console.print(f"[bold]{before.edition}[/bold] to [bold]{after.edition}[/bold]: {_what_differs(before, after)}")
    if before.content_hash == after.content_hash:
        console.print("Every published figure is the same.")
        return
    note_causes(connection, before, after)
    print_moved_tables(console, connection, limit)


def print_moved_tables(console: Console, connection: duckdb.DuckDBPyConnection, limit: int) -> None:
    """The headline figures that differ between the attached editions a and b, whose causes were noted.

    Where none of a country's do (an edit of a base model, of the instant of a reveal), those of the other definitions.
    """
    for name in _SHOWN:
        _print_table(console, difference(connection, CONTRACTS[name]), limit)
    if not difference(connection, CONTRACTS["main.countries"]).moved:
        _print_table(console, difference(connection, CONTRACTS["weekly.country_tokens"]), limit)
    counts = [f"{name} {len(difference(connection, CONTRACTS[name]).moved):,}" for name in _COUNTED]
    console.print(f"Rows that moved under all definitions: {', '.join(counts)}.", highlight=False, soft_wrap=True)


def difference(connection: duckdb.DuckDBPyConnection, contract: Contract) -> TableDifference:
    """Rows of the attached editions a and b that differ, largest change of tokens first, with their cause.

    A row of a week that is itself unchanged (an overtake that hangs on another week) has the causes of the others.
    """
    keys = ", ".join(f'"{name}"' for name in contract.key)
    key_text = ", ".join(f'CAST("{name}" AS VARCHAR)' for name in contract.key)
    tokens = _TOKENS.get(contract.name, "tokens")
    others = [name for name in contract.column_names if name not in {*contract.key, tokens}]
    changed = ", ".join(f"CASE WHEN one.{name} IS DISTINCT FROM two.{name} THEN '{name}' END" for name in others)
    rows = connection.execute(
        f"""
        WITH compared AS (
            SELECT
                concat_ws(' ', {key_text}) AS row_key,
                week_start,
                one.{tokens} AS tokens_before,
                two.{tokens} AS tokens_after,
                concat_ws(', ', {changed}) AS changed
            FROM a.{contract.name} AS one FULL JOIN b.{contract.name} AS two USING ({keys})
        )
        SELECT row_key, tokens_before, tokens_after, changed, coalesce(nullif(cause, ''), neighbours.causes)
        FROM compared
        LEFT JOIN temp.week_causes USING (week_start)
        CROSS JOIN (SELECT string_agg(DISTINCT nullif(cause, ''), ', ') AS causes FROM temp.week_causes) AS neighbours
        WHERE tokens_before IS DISTINCT FROM tokens_after OR changed <> ''
        ORDER BY abs(coalesce(tokens_after, 0) - coalesce(tokens_before, 0)) DESC, row_key
        """
    ).fetchall()
    return TableDifference(contract.name, [(*row[:4], row[4] or "code") for row in rows])


def note_causes(connection: duckdb.DuckDBPyConnection, before: Edition, after: Edition) -> None:
    """Says for each week, in temp.week_causes, why its figures moved, from the layers before them.

    Its staged tokens differ: data (or, from the same snapshots, that only one edition has built the week). The
    attribution of a row that both have differs, or whether its weights are open: reference files. Neither: code.
    """
    data = "data" if before.raw_hash != after.raw_hash else "weeks built"
    facts = "reference files" if before.reference_hash != after.reference_hash else "code"
    if facts == "reference files" and before.code_version != after.code_version:
        facts = "reference files or code"
    attributes = ("lab", "country_code", "base_lab", "base_country_code", "known_from_utc")
    differs = " OR ".join(f"one.{name} IS DISTINCT FROM two.{name}" for name in attributes)
    # a catalogue names open weights, too
    opened = data if before.reference_hash == after.reference_hash and before.raw_hash != after.raw_hash else facts
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE week_causes AS
        SELECT
            week_start,
            concat_ws(
                ' and ',
                CASE WHEN bool_or(one.tokens IS DISTINCT FROM two.tokens) THEN '{data}' END,
                CASE WHEN bool_or(one.tokens IS NOT NULL AND two.tokens IS NOT NULL AND ({differs})) THEN '{facts}' END,
                CASE WHEN bool_or(opened.base_permaslug IS NOT NULL) AND NOT bool_or({differs}) THEN '{opened}' END
            ) AS cause
        FROM a.attribution.model_day_tokens AS one
        FULL JOIN b.attribution.model_day_tokens AS two USING (week_start, date, model_permaslug)
        LEFT JOIN (
            SELECT base_permaslug
            FROM a.attribution.openness AS one INNER JOIN b.attribution.openness AS two USING (base_permaslug)
            WHERE one.weights <> two.weights
        ) AS opened ON opened.base_permaslug = split_part(model_permaslug, ':', 1)
        GROUP BY week_start
        """
    )


def _what_differs(before: Edition, after: Edition) -> str:
    parts = {
        "snapshots": before.raw_hash != after.raw_hash,
        "reference files": before.reference_hash != after.reference_hash,
        "code": before.code_version != after.code_version,
        "weeks built": (before.first_week_start, before.last_week_start, before.weeks)
        != (after.first_week_start, after.last_week_start, after.weeks),
    }
    return (
        "other " + ", ".join(name for name, is_other in parts.items() if is_other)
        if any(parts.values())
        else "made alike"
    )


def _resolve(home: Home, name: str) -> str:
    kept = kept_editions(home)
    wanted = {"latest": 1, "previous": 2}.get(name)
    if wanted is None:
        return name
    if len(kept) < wanted:
        raise PublishedFileInvalid(
            f"There is no {name} edition: {len(kept)} kept.", "name an edition, or publish another: `tokentide run`."
        )
    return kept[-wanted]


def _print_table(console: Console, difference: TableDifference, limit: int) -> None:
    if not difference.moved:
        console.print(f"{difference.table_name}: unchanged", highlight=False)
        return
    causes = {cause for *_, cause in difference.moved}
    of_all = f", because of {next(iter(causes))}" if len(causes) == 1 else ""
    console.print(
        f"[bold]{difference.table_name}: {len(difference.moved):,} rows moved, entered or left{of_all}[/bold]",
        highlight=False,
        soft_wrap=True,
    )
    table = Table(box=None, header_style="dim", pad_edge=False)
    table.add_column("row", overflow="fold")
    for name in ("before", "after", "change in tokens"):
        table.add_column(name, justify="right", no_wrap=True)
    if not of_all:
        table.add_column("because of", overflow="fold")
    for key, old, new, others, cause in difference.moved[:limit]:
        change = "entered" if old is None else "left" if new is None else f"{new - old:+,}" if new != old else others
        table.add_row(escape(key), trillions(old), trillions(new), change, *([] if of_all else [cause]))
    console.print(table)
    if len(difference.moved) > limit:
        console.print(f"... {len(difference.moved) - limit:,} more; --limit shows them.", highlight=False)
