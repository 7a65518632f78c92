"""The command of whoever tries out the live path without a network: the loopback OpenRouter.

Part of the command line (cli.py); the server is in dev_server.
"""

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console

trying_out = typer.Typer()
console = Console()


@trying_out.command(
    epilog="Examples: `tokentide dev-server`, `tokentide dev-server --last-day 2026-10-19 --fault restated-days`, "
    "`tokentide dev-server --fault rate-limited:3 --retry-after 20`"
)
def dev_server(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0 takes a free one.")] = 8765,
    last_day: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            help="Last day that it has figures of. Days after the built-in archive are invented: each repeats the "
            "archive's last of its weekday. Default: 2026-10-18; 2026-10-09 invents none.",
        ),
    ] = None,
    fault: Annotated[
        list[str] | None,
        typer.Option(
            help="A fault to have, as NAME or NAME:TIMES (requests). Repeatable. Names: rate-limited, server-errors, "
            "slow, truncated-body, broken-connection, wrong-hash, mixed-latest, changed-shape, restated-days, "
            "missing-export, refused-key."
        ),
    ] = None,
    retry_after: Annotated[
        str, typer.Option(help="Retry-After of the fault rate-limited: seconds, or an HTTP date.")
    ] = "1",
    slow_seconds: Annotated[float, typer.Option(min=0, help="How long the fault slow lets a request wait.")] = 2,
    missing_day: Annotated[
        list[datetime] | None,
        typer.Option(formats=["%Y-%m-%d"], help="A day that no file and no answer has figures of. Repeatable."),
    ] = None,
    never_published: Annotated[
        list[datetime] | None,
        typer.Option(formats=["%Y-%m-%d"], help="Date of an export that was never published. Repeatable."),
    ] = None,
    oldest_export: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Date of the oldest export. Default: 2026-09-19.")
    ] = None,
    today: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            help="The day that it takes for today: there is no later export, and the Data API answers for no later "
            "day. Default: today.",
        ),
    ] = None,
    key: Annotated[str | None, typer.Option(help="The only key that it accepts. Default: any.")] = None,
    limits: Annotated[
        bool, typer.Option(help="Allow 30 requests with a key a minute and 500 a day, as the real one does.")
    ] = True,
) -> None:
    """Serve figures on 127.0.0.1 as OpenRouter does, to try out the live path without a network. Ends with Ctrl-C.

    They are the built-in archive's, then invented ones: every answer that holds some says so, and so does the
    citation of an edition made with them. Step by step: docs/how-to/try-the-live-path.md.
    """
    from pipeline.dev_server import (
        LoopbackOpenRouter,
        end_of_first_new_week,
        parse_fault,
        recorded_figures,
        run_until_interrupted,
    )

    recorded = recorded_figures()
    if last_day and last_day.date() < recorded.last_day:
        raise typer.BadParameter(
            f"the built-in figures reach to {recorded.last_day}; for fewer of them: --today.", param_hint="--last-day"
        )
    server = LoopbackOpenRouter(
        recorded.with_invented_days(last_day.date() if last_day else end_of_first_new_week()),
        today=today.date() if today else datetime.now(UTC).date(),
        key=key,
        never_published=[day.date() for day in never_published or []],
        missing_days=[day.date() for day in missing_day or []],
        has_limits=limits,
        retry_after=retry_after,
        slow_seconds=slow_seconds,
    )
    if oldest_export:
        server.oldest_export = oldest_export.date()
    try:
        for name, times in map(parse_fault, fault or []):
            server.faults.switch_on(name, times)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--fault") from None

    def announce(address: str) -> None:
        invented = server.figures.first_invented_day
        console.print(
            f"Serving the built-in figures as OpenRouter does; the latest export is that of {server.latest_export}."
            + (f"\nFrom {invented} on they are invented: do not quote what is made of them." if invented else "")
            + "\nIn the shell that is to ask it, with a folder of its own so that nothing invented gets into yours:\n"
            f"  export TOKENTIDE_OPENROUTER_URL={address} TOKENTIDE_HOME=$PWD/data/trying-out\n"
            "  tokentide run --live\nEnd with Ctrl-C.",
            highlight=False,
            soft_wrap=True,
            markup=False,
        )

    run_until_interrupted(server, port, announce)
    console.print("Ended.")
