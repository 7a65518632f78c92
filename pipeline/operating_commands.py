"""The commands of whoever operates tokentide on a machine of its own: doctor, backups, retention, Dagster's settings,
telling of a service that failed.

Part of the command line (cli.py); the work is in doctor, backups, retention, dagster_home and notifications.
"""

from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console

from pipeline.settings import Settings

operating = typer.Typer()
console = Console()


@operating.command(epilog="Examples: `tokentide backup /var/backups/tokentide/`, `tokentide backup before-upgrade.zip`")
def backup(
    target: Annotated[
        str, typer.Argument(help="A .zip file to be written, or a folder that exists, in which it gets a name.")
    ],
) -> None:
    """Save all state into one file, under the writer's lock, and read it again. Nothing is overwritten.

    Saved are snapshots, published files and editions, quarantine, the working file and Dagster's history in SQLite.
    """
    from pipeline.backups import back_up
    from pipeline.progress import showing_progress

    settings = Settings()
    with showing_progress(console) as report:
        file, manifest = back_up(settings, target, report)
    _print(
        f"Backed up and verified: {file}, {file.stat().st_size / 1e6:,.1f} MB; {len(manifest.files):,} files of "
        f"{settings.state.path}, newest edition {manifest.edition or 'none'}."
    )
    if settings.dagster_postgres:
        _print("Dagster's history is in PostgreSQL and not in this file: save it with pg_dump (docs/deployment.md).")
    _print(f"The way back: tokentide restore {file}")


@operating.command(
    epilog="Examples: `tokentide restore tokentide-20261129T043000Z.zip --home /srv/tokentide`, "
    "`tokentide restore tokentide-20261129T043000Z.zip --check`"
)
def restore(
    file: Annotated[Path, typer.Argument(help="A file that `tokentide backup` wrote.")],
    home: Annotated[Path | None, typer.Option(help="Where to. Default: TOKENTIDE_HOME.")] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Put aside what is there; it is kept under another name.")
    ] = False,
    check: Annotated[bool, typer.Option("--check", help="Only verify the file, byte for byte.")] = False,
) -> None:
    """Put a backup in place, once every byte of it is verified. A folder with anything in it is refused.

    End Dagster's web server and daemon first.
    """
    from pipeline.backups import check_backup
    from pipeline.backups import restore as restore_backup
    from pipeline.progress import showing_progress

    settings = Settings(home=home) if home else Settings()
    with showing_progress(console) as report:
        if check:
            manifest, aside = check_backup(file, report), None
        else:
            manifest, aside = restore_backup(settings, file, replace, report)
    _print(
        f"{'Verified' if check else f'Restored to {settings.state.path}'}: {len(manifest.files):,} files, "
        f"{manifest.size_bytes / 1e6:,.1f} MB, made {manifest.made_at_utc:%Y-%m-%d %H:%M} UTC by tokentide "
        f"{manifest.software_version}, newest edition {manifest.edition or 'none'}."
    )
    if aside:
        _print(f"What was there is kept: {aside}. Delete it when you no longer need it.")
    if not check:
        _print("Next: `tokentide verify` checks it, `tokentide run` goes on from it.")


@operating.command(epilog="Example: `tokentide prune --older-than 90`")
def prune(
    older_than: Annotated[int, typer.Option(min=1, metavar="DAYS", help="How many days ago a run was made.")],
) -> None:
    """Delete old runs from Dagster's records, with their events. Data, snapshots and editions are not touched.

    Runs that hold the current state of a week, a table or a check are kept, however old.
    """
    from datetime import UTC, datetime, timedelta

    from pipeline.dagster_home import dagster_records, end_abandoned_runs, prepare_dagster_home
    from pipeline.retention import prune_runs
    from warehouse.lock import writer_lock

    settings = Settings()
    before = datetime.now(UTC) - timedelta(days=older_than)
    with writer_lock(settings.state, settings.lock_wait_seconds, _print):
        prepare_dagster_home(settings)
        with dagster_records(settings) as instance:
            end_abandoned_runs(instance)
            pruned = prune_runs(instance, before)
    _print(
        f"Runs from before {before:%Y-%m-%d %H:%M} UTC: {pruned.deleted:,} deleted, "
        f"{pruned.kept:,} kept as they hold a current state."
    )


@operating.command(epilog="Example: `tokentide tell-of-failure tokentide-upkeep`")
def tell_of_failure(
    service: Annotated[str, typer.Argument(help="Name of the service of systemd's, without `.service`.")],
) -> None:
    """Tell the webhook that a service has failed. systemd runs this; a failed run tells of itself."""
    from pipeline.notifications import failure_of_service, notifiers_of, tell

    settings, failure = Settings(), failure_of_service(service)
    tell(notifiers_of(settings), failure)
    _print(failure.text)
    if settings.webhook is None:
        _print("Nobody else was told: TOKENTIDE_WEBHOOK_URL is not set.")


@operating.command()
def prepare() -> None:
    """Write Dagster's settings, for a web server and a daemon that are started without `tokentide ui`.

    Runs whose process is gone are ended, so that they hold up no later one.
    """
    from pipeline.dagster_home import dagster_records, end_abandoned_runs, prepare_dagster_home

    settings = Settings()
    prepare_dagster_home(settings)
    with dagster_records(settings) as instance:
        end_abandoned_runs(instance)
        where = "PostgreSQL" if settings.dagster_postgres else "SQLite, in the same folder"
        _print(f"Dagster's settings: {settings.state.dagster}/dagster.yaml; its records: {where}.")


@operating.command(
    epilog="Examples: `tokentide doctor`, `tokentide doctor --deep`, `tokentide doctor --format json`. "
    "Exit codes: 0 nothing failed, 1 stored data is not what it was, 3 something a run needs is not there."
)
def doctor(
    deep: Annotated[bool, typer.Option("--deep", help="Hash every stored snapshot anew.")] = False,
    format: Annotated[Literal["text", "json"], typer.Option(help="A line a check, or JSON.")] = "text",
) -> None:
    """Check everything that a run needs, and say what to do about what is not well. Writes nothing."""
    from pipeline.doctor import as_json, examine, exit_code_of, print_diagnoses

    diagnoses = examine(deep)
    if format == "json":
        print(as_json(diagnoses))
    else:
        print_diagnoses(console, diagnoses)
    raise typer.Exit(exit_code_of(diagnoses))


def _print(text: str) -> None:
    console.print(text, highlight=False, soft_wrap=True, markup=False)
