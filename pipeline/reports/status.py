"""`tokentide status`: what is published, what is missing or held back, how old it is, and what the checks said."""

from datetime import UTC, date, datetime, timedelta

from rich.console import Console
from rich.table import Table

from pipeline.weeks import running_week
from warehouse.editions import kept_editions, open_published, read_edition
from warehouse.history import FIRST_WEEK
from warehouse.home import Home
from warehouse.ingesting import differing_prices

_PRICES_LISTED = 5


def print_status(console: Console, home: Home) -> None:
    """Prints the state of the published file. Raises PublishedFileInvalid where there is none."""
    with open_published(home) as published:
        edition = read_edition(published)
        weeks = published.execute(
            "SELECT week_start, days_observed, is_complete_week, is_held_back, hold_back_reason FROM main.weeks"
        ).fetchall()
        snapshots, vintages, newest = published.execute(
            "SELECT (SELECT count(*) FROM raw.snapshots), count(DISTINCT (date, as_of_utc)), max(date) "
            "FROM staging.model_day_token_vintages"
        ).fetchall()[0]
        restated = published.execute("SELECT count(DISTINCT date) FROM staging.day_restatements").fetchall()[0][0]
        days, statements, oddities = published.execute(
            "SELECT (SELECT count(*) FROM staging.snapshot_days WHERE status = 'quarantined'), "
            "(SELECT count(*) FROM staging.catalogue_statements WHERE status = 'quarantined'), "
            "(SELECT count(*) FROM prices.suspicions WHERE action IS NULL)"
        ).fetchall()[0]
        checks = published.execute(
            "SELECT table_name, count(*) FILTER (outcome = 'passed'), count(*) FILTER (outcome = 'warned'), "
            "count(*) FILTER (outcome = 'failed') FROM checks.results GROUP BY table_name ORDER BY table_name"
        ).fetchall()
        notes = published.execute(
            "SELECT table_name, week_start, check_name, observed_value, expected FROM checks.results "
            "WHERE outcome <> 'passed' ORDER BY week_start DESC, table_name LIMIT 10"
        ).fetchall()
        is_price_warned = any(check == "genai_prices_agrees" for _, _, check, *_ in notes)
        differing = differing_prices(published) if is_price_warned else []
    age_days = (datetime.now(UTC).date() - newest).days
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold")
    table.add_column()
    table.add_row("edition", f"{edition.edition}, published {edition.published_at_utc:%Y-%m-%d %H:%M} UTC")
    table.add_row(
        "made by",
        f"tokentide {edition.software_version}, code {edition.code_version}, "
        f"reference files {edition.reference_hash}, snapshots {edition.raw_hash}",
    )
    table.add_row(
        "freshness", f"figures to {newest} ({age_days} days ago), as of {edition.newest_as_of_utc:%Y-%m-%d %H:%M} UTC"
    )
    present = {week for week, *_ in weeks}
    table.add_row("weeks", f"{len(weeks)}: {edition.first_week_start} to {edition.last_week_start}")
    table.add_row("missing", _list(_absent_weeks(present)))
    table.add_row(
        "incomplete",
        _list([f"{week} ({days} of 7 days)" for week, days, is_complete, _, _ in weeks if not is_complete]),
    )
    table.add_row("held back", _list([f"{week} ({reason})" for week, _, _, is_held, reason in weeks if is_held]))
    table.add_row(
        "snapshots", f"{snapshots}; {vintages:,} days as seen at some time, {restated} of them restated later"
    )
    table.add_row(
        "quarantine",
        f"{days} days of usage and {statements} price statements rejected; rows and reasons in {home.quarantine}",
    )
    table.add_row("odd prices", f"{oddities} wait for a line in price_corrections.csv (FROM prices.suspicions)")
    table.add_row("editions kept", _list(kept_editions(home)))
    console.print(table)
    console.print()
    results = Table("checks on", "passed", "warned", "failed", box=None, header_style="bold", pad_edge=False)
    for name, passed, warned, failed in checks:
        results.add_row(name, f"{passed:,}", f"{warned:,}", f"{failed:,}")
    console.print(results)
    for name, week, check, observed, expected in notes:
        console.print(
            f"  {name} {week or ''}: {check}: observed {observed:g}, expected {expected}",
            highlight=False,
            soft_wrap=True,
        )
        if check == "genai_prices_agrees":
            _print_differing(console, differing)


def _print_differing(console: Console, prices: list[str]) -> None:
    more = len(prices) - _PRICES_LISTED
    lines = prices[:_PRICES_LISTED] + ([f"... and {more} more (FROM prices.cross_checks)"] if more > 0 else [])
    for line in lines:
        console.print(f"    {line}", highlight=False, soft_wrap=True)


def _absent_weeks(present: set[date]) -> list[str]:
    """Weeks of the history without figures, runs of them as A..B."""
    spans: list[list[date]] = []
    week = FIRST_WEEK
    while week <= running_week():
        if week not in present:
            if spans and spans[-1][1] == week - timedelta(days=7):
                spans[-1][1] = week
            else:
                spans.append([week, week])
        week += timedelta(days=7)
    return [str(first) if first == last else f"{first}..{last}" for first, last in spans]


def _list(items: list[str]) -> str:
    return ", ".join(items) or "none"
