"""The `tokentide` command line: what each command asks for; the work is in run_job and reports.

Exit codes: 0 done, 1 the data did not pass, 2 the command could not be understood, 3 not possible now (lock,
disk, missing file, a source), 4 a check or the program itself failed, 130 interrupted.
"""

import sys
import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from pipeline.ending import ending_of, tell_ending, tell_warning
from pipeline.logs import is_on, set_up_log
from pipeline.operating_commands import operating
from pipeline.settings import Settings
from pipeline.trying_out_commands import trying_out
from pipeline.weeks import all_weeks, parse_week, parse_weeks
from warehouse.errors import TokentideError

if TYPE_CHECKING:
    from datetime import date

_EXIT_CODES = (
    "Exit codes: 0 done, 1 the data did not pass, 2 the command could not be understood, 3 not possible now "
    "(lock, disk, missing file, a source that fails), 4 a check or the program itself failed, 130 interrupted."
)

app = typer.Typer(
    name="tokentide",
    help="Whose AI models does the world run on? Weekly token shares by country, gated and traceable.\n\n"
    "All state is kept under TOKENTIDE_HOME (default: ./data).",
    epilog=_EXIT_CODES,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    add_completion=False,
)
attribution = typer.Typer(help="What is decided about models, and what is not yet.", no_args_is_help=True)
app.add_typer(attribution, name="attribution")
app.add_typer(operating)
app.add_typer(trying_out)
console = Console()
errors = Console(stderr=True)

_TIMINGS = "End with the slowest steps and their seconds."


def _version(is_asked: bool) -> None:
    if is_asked:
        from warehouse.version import SOFTWARE_VERSION

        console.print(f"tokentide {SOFTWARE_VERSION}", highlight=False)
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Options of every command."""


@app.command(
    epilog="Examples: `tokentide run`, `tokentide run --weeks 2026-02-09..2026-02-16`, "
    "`tokentide run --hold-back 2026-09-28`, `tokentide run --as-of 2026-10-12`"
)
def run(
    weeks: Annotated[
        str | None, typer.Option(help="Weeks A..B (or one week), each named by any of its days. Default: all.")
    ] = None,
    hold_back: Annotated[
        list[str] | None,
        typer.Option(help="Publish although this week fails: the file keeps its last good rows, marked. Repeatable."),
    ] = None,
    live: Annotated[
        bool,
        typer.Option(
            "--live",
            help="First fetch what OpenRouter has published since, as `fetch` does. If a source fails, the tables are "
            "built from what is stored, and the exit code is 3.",
        ),
    ] = False,
    as_of: Annotated[
        str | None,
        typer.Option(help="Build what was known at this instant (of a day: its start), into a file of its own."),
    ] = None,
    timings: Annotated[bool, typer.Option("--timings", help=_TIMINGS)] = False,
) -> None:
    """Build the weekly tables from the stored snapshots, check them, and publish.

    Does nothing where nothing has changed. What fails its checks is kept out: the published file stays as it was.
    """
    if as_of is not None:
        if weeks or hold_back or live:
            raise typer.BadParameter(
                "it builds all weeks of what is stored: no --weeks, no --hold-back and no --live.", param_hint="--as-of"
            )
        _run_as_of(as_of, timings)
        return
    first, last = parse_weeks(weeks) if weeks else all_weeks()
    held_back = frozenset(parse_week(week) for week in hold_back or [])
    not_fetched = _fetch_what_can_be_had() if live else None
    _run(first, last, held_back, timings)
    if not_fetched is not None:
        tell_warning(errors, "The edition is made of what is stored; not all was fetched.")
        raise not_fetched


@app.command(
    epilog="Examples: `tokentide fetch`, `tokentide fetch --source api` (with OPENROUTER_API_KEY set), "
    "`tokentide fetch --weeks 2026-10-05..2026-10-19`"
)
def fetch(
    source: Annotated[
        str | None,
        typer.Option(
            help="exports: the keyless daily files. api: the Data API with a key, for the whole history. "
            "Default: TOKENTIDE_LIVE_SOURCE, else exports."
        ),
    ] = None,
    weeks: Annotated[
        str | None, typer.Option(help="Weeks A..B, each named by any of its days. Default: what is missing.")
    ] = None,
    endpoints: Annotated[
        int | None,
        typer.Option(
            min=0,
            help="Also ask who serves so many of the most used models, and at what price. "
            "Default: TOKENTIDE_ENDPOINTS, else 0.",
        ),
    ] = None,
    every_vintage: Annotated[
        bool, typer.Option("--every-vintage", help="Every export there is, not the fewest that close the gap.")
    ] = False,
) -> None:
    """Fetch what OpenRouter has published since the newest day at hand, and the price catalogue; `run` builds from it.

    The last days are fetched anew (TOKENTIDE_REFETCH_DAYS), as figures are restated. Every answer is stored as it came.
    """
    if source not in (None, "exports", "api"):
        raise typer.BadParameter("it is exports or api.", param_hint="--source")
    if every_vintage and (source or Settings().live_source) == "api":
        raise typer.BadParameter("only exports have vintages to choose from.", param_hint="--every-vintage")
    first, last = parse_weeks(weeks) if weeks else (None, None)
    _fetch(source, first, last, every_vintage, endpoints)
    console.print("Next: `tokentide run` builds from it.")


def _fetch(
    source: str | None = None,
    first_week: "date | None" = None,
    last_week: "date | None" = None,
    every_vintage: bool = False,
    endpoints: int | None = None,
) -> None:
    from datetime import timedelta

    from assets.resources import FetchRequest
    from pipeline.progress import showing_progress
    from pipeline.run_job import fetch_job

    last_day = last_week + timedelta(days=6) if last_week else None
    with showing_progress(console) as report:
        fetch_job(Settings(), FetchRequest(source, first_week, last_day, every_vintage, endpoints), report)


def _fetch_what_can_be_had() -> TokentideError | None:
    """The error of a source that failed: what others gave, now or earlier, can be built from all the same."""
    from warehouse.errors import LockHeld, StorageFailed

    try:
        _fetch()
    except (LockHeld, StorageFailed):
        raise  # no build could go on either
    except TokentideError as error:
        tell_warning(errors, f"Not all was fetched: {error.args[0]}\nBuilding from what is stored.")
        return error
    return None


@app.command(epilog="Example: `tokentide backfill 2025-01-06..2025-03-31`")
def backfill(
    weeks: Annotated[str, typer.Argument(help="Weeks A..B, each named by any of its days.")],
    timings: Annotated[bool, typer.Option("--timings", help=_TIMINGS)] = False,
) -> None:
    """Build a span of past weeks anew, in one run, and publish. Like `run --weeks`, but never skipped."""
    first, last = parse_weeks(weeks)
    _run(first, last, frozenset(), timings, is_forced=True)


def _run(first: "date", last: "date", hold_back: "frozenset[date]", has_timings: bool, is_forced: bool = False) -> None:
    from pipeline.progress import print_timings, showing_progress
    from pipeline.reports.summary import print_summary
    from pipeline.run_job import RunRequest, run_job
    from pipeline.up_to_date import is_up_to_date

    settings = Settings()
    if not is_forced and is_up_to_date(settings.state, first, last):
        print_summary(console, settings.state)
        console.print(
            "\nNothing to do: snapshots, reference files and code are those of the published edition.", soft_wrap=True
        )
        return
    started = time.monotonic()
    with showing_progress(console, f"{first}..{last}") as report:
        run_job(settings, RunRequest(first, last, hold_back), report)
    print_summary(console, settings.state)
    if has_timings:
        print_timings(console, report.steps)
    console.print(f"\nDone in {time.monotonic() - started:.0f} s.")


def _run_as_of(as_of: str, has_timings: bool) -> None:
    from pipeline.progress import print_timings, showing_progress
    from pipeline.reports.summary import print_summary
    from pipeline.run_as_of import parse_instant, run_as_of

    instant = parse_instant(as_of)
    with showing_progress(console) as report:
        home = run_as_of(Settings(), instant, report)
    print_summary(console, home)
    if has_timings:
        print_timings(console, report.steps)


@app.command(
    epilog='Examples: `tokentide sql "FROM china_and_us"`, '
    '`tokentide sql "SELECT * FROM weekly.country_tokens" --format csv --output countries.csv --cite`'
)
def sql(
    query: Annotated[str, typer.Argument(help="One SELECT (or SHOW, DESCRIBE, FROM ...) in DuckDB's SQL.")],
    format: Annotated[str, typer.Option(help="table, csv, json or parquet.")] = "table",
    output: Annotated[Path | None, typer.Option(help="Write to this file instead of the screen.")] = None,
    cite: Annotated[
        bool, typer.Option("--cite", help="Add how to cite the figures; beside a file as FILE.citation.txt.")
    ] = False,
    as_of: Annotated[
        str | None, typer.Option(help="Ask the file that `tokentide run --as-of` made for this day or instant.")
    ] = None,
) -> None:
    """Query the published file, read-only."""
    from pipeline.reports.query import print_query
    from pipeline.run_as_of import home_as_of, parse_instant

    home = Settings().state
    print_query(console, home_as_of(home, parse_instant(as_of)) if as_of else home, query, format, output, cite)


@app.command()
def status() -> None:
    """Show the edition, which weeks are there, missing, incomplete or held back, freshness, and the last checks."""
    from pipeline.reports.status import print_status

    print_status(console, Settings().state)


@app.command()
def verify() -> None:
    """Check the published file and every snapshot anew: all suites, all hashes, no foreign write-ahead log."""
    from pipeline.progress import showing_progress
    from pipeline.reports.verify import print_verification
    from pipeline.reports.verify import verify as run_verification

    settings = Settings()
    with showing_progress(console) as report:
        findings = run_verification(settings.state, report)
    if not print_verification(console, findings):
        raise typer.Exit(1)


@app.command(epilog="Examples: `tokentide explain minimax/minimax-m2.5-20260211`, `tokentide explain owl-alpha`")
def explain(model: Annotated[str, typer.Argument(help="A model's slug, or a part of it.")]) -> None:
    """Say why a model counts for its country: method, evidence, dates, and what it weighs."""
    from pipeline.reports.explain import print_explanation

    print_explanation(console, Settings().state, model)


@attribution.command(epilog="Example: `tokentide attribution todo --limit 20`")
def todo(
    limit: Annotated[int, typer.Option(min=1, help="Models shown of each kind.")] = 10,
) -> None:
    """List what is not known of models, heaviest first, with lines ready for the reference files."""
    from pipeline.reports.attribution_todo import print_todo

    print_todo(console, Settings().state, limit)


@attribution.command("diff", epilog="Edit files in warehouse/reference, then: `tokentide attribution diff`")
def attribution_diff(
    limit: Annotated[int, typer.Option(min=1, help="Rows shown per table, largest change first.")] = 10,
) -> None:
    """Show what an edit of the reference files would move, and by how much, before anything is published."""
    from pipeline.progress import showing_progress
    from pipeline.reports.attribution_diff import print_attribution_diff

    with showing_progress(console) as report:
        print_attribution_diff(console, Settings().state, limit, report)


@app.command(epilog="Examples: `tokentide sensitivity 2026-09-28`, `tokentide sensitivity 2026-04-22`")
def sensitivity(week: Annotated[str, typer.Argument(help="A week, named by any of its days.")]) -> None:
    """Show what a week's ranking of countries depends on: the definition, the bounds, and single decisions."""
    from pipeline.reports.sensitivity import print_sensitivity

    print_sensitivity(console, Settings().state, parse_week(week))


@app.command(epilog="Examples: `tokentide claims`, `tokentide claims 20260228-cn-tokens`")
def claims(
    claim: Annotated[str | None, typer.Argument(help="A claim's name, or a part of it. Default: all claims.")] = None,
) -> None:
    """Show published claims with what was recomputed: which come out, and under which definitions only."""
    from pipeline.reports.claims import print_claims

    print_claims(console, Settings().state, claim)


@app.command(
    epilog='Examples: `tokentide check-claim "CN over US, week 2026-02-09"`, '
    '`tokentide check-claim "CN 4.12T, US 2.94T, week 2026-02-09"`, '
    '`tokentide check-claim "MiniMax M2.5 5.44T, 2026-02"`, '
    '`tokentide check-claim "price anthropic/claude-opus-4.6 : minimax/minimax-m2.5 output 22.7, 2026-02-19"`. '
    "Exit codes: 0 reproduced under every definition, 11 near, 12 depends on the definition, 13 contradicted, "
    "14 not recomputable, 2 could not be read."
)
def check_claim(
    claim: Annotated[str, typer.Argument(help="Statements and, after a last comma, the span they speak of.")],
) -> None:
    """Recompute a claim of your own under every definition."""
    from pipeline.reports.check_claim import print_checked_claim

    raise typer.Exit(print_checked_claim(console, Settings().state, claim))


@app.command(epilog="Example: `tokentide ingest 2026-10-08.csv --manifest 2026-10-08.manifest.json`")
def ingest(
    file: Annotated[Path, typer.Argument(help="An export of daily rankings that you downloaded from OpenRouter: CSV.")],
    manifest: Annotated[Path, typer.Option(help="The manifest that is published beside it.")],
) -> None:
    """Put an export into the store, if its length and hash are those of its manifest. `run` then builds from it."""
    from pipeline.ingest_file import print_ingestion

    print_ingestion(console, Settings(), file, manifest)


@app.command(
    epilog="Examples: `tokentide prove`, `tokentide prove 2026-10-08 --manifest 2026-10-08.manifest.json`. "
    "Exit codes: 0 lossless (or the hash equals), 1 it differs or a stored file is corrupt, 3 nothing to prove."
)
def prove(
    date: Annotated[
        datetime | None,
        typer.Argument(formats=["%Y-%m-%d"], help="Date of the export. Default: the newest that is stored."),
    ] = None,
    sha256: Annotated[str | None, typer.Option(help="The hash that it must have.")] = None,
    manifest: Annotated[Path | None, typer.Option(help="The published manifest, which says that hash.")] = None,
) -> None:
    """Rebuild OpenRouter's own export from the tables, byte for byte, and say what other snapshots confirm."""
    from pipeline.reports.prove import print_proof

    raise typer.Exit(print_proof(console, Settings().state, date.date() if date else None, sha256, manifest))


@app.command(epilog="Example: `tokentide diff previous latest`; `tokentide status` lists the editions that are kept.")
def diff(
    edition_a: Annotated[str, typer.Argument(help="The earlier edition, or `previous`.")],
    edition_b: Annotated[str, typer.Argument(help="The later edition, or `latest`.")],
    limit: Annotated[int, typer.Option(min=1, help="Rows shown per table, largest change first.")] = 10,
) -> None:
    """Show which published figures moved between two editions, by how much, and because of what."""
    from pipeline.reports.diff import print_difference

    print_difference(console, Settings().state, edition_a, edition_b, limit)


@app.command()
def ui() -> None:
    """Open the Dagster UI on 127.0.0.1 (port: TOKENTIDE_UI_PORT, default 3000). Ends with Ctrl-C."""
    import os

    from pipeline.dagster_home import dagster_records, end_abandoned_runs, prepare_dagster_home

    settings = Settings()
    prepare_dagster_home(settings)
    with dagster_records(settings) as instance:
        end_abandoned_runs(instance)
    os.environ["TOKENTIDE_HOME"] = str(settings.state.path)
    os.environ["PYTHONWARNINGS"] = "ignore"  # Dagster's notices to developers
    console.print(f"Dagster UI: http://127.0.0.1:{settings.ui_port}/asset-groups  (end with Ctrl-C)")
    arguments = ["dev", "--module-name", "pipeline.definitions", "--host", "127.0.0.1", "--port", str(settings.ui_port)]
    arguments += ["--log-format", "json"] if settings.log == "json" else []
    os.execv(sys.executable, [sys.executable, "-m", "dagster", *arguments])


def main() -> None:
    """Runs a command, says once why it ends where that has not been said, and exits with its code."""
    started = time.monotonic()
    set_up_log()
    try:
        # on its own, Typer prints its errors to stderr, which is the log's
        sys.exit(app(standalone_mode=not is_on()))
    except (Exception, SystemExit) as error:
        ending = ending_of(error)
    tell_ending(errors, " ".join(sys.argv[1:2]), ending, time.monotonic() - started)
    sys.exit(ending.exit_code)


if __name__ == "__main__":
    main()
