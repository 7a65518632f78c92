"""How a command ends: what an error comes to in exit code and words, and saying it once.

Not here: what the errors are (warehouse/errors.py), who else is told (notifications.py).
"""

import logging
import traceback
from dataclasses import dataclass

from pydantic import ValidationError
from rich.console import Console
from rich.markup import escape
from typer._click.exceptions import ClickException  # the public name lacks format_message

from pipeline.logs import is_on, log
from pipeline.settings import variable_of
from warehouse.errors import TokentideError

INTERRUPTED = 130


@dataclass(frozen=True)
class Ending:
    """`what` is empty where all is said already; a bug has its traceback."""

    exit_code: int
    what: str = ""
    next_step: str = ""
    traceback: str = ""

    def __str__(self) -> str:
        return f"{self.what}\nWhat to do: {self.next_step}" if self.next_step else self.what


def ending_of(error: BaseException) -> Ending:
    """An error that a person can act on ends with its message and its exit code, not a traceback."""
    if isinstance(error, TokentideError):
        return Ending(error.exit_code, str(error.args[0]), error.next_step)
    if isinstance(error, ValidationError):
        problems = [f"{variable_of(str(problem['loc'][0]))}: {problem['msg']}" for problem in error.errors()]
        return Ending(2, "\n".join(problems), "correct or unset them; docs/commands.md has all settings.")
    if isinstance(error, ClickException):  # which Typer prints itself, unless there is a log
        context = getattr(error, "ctx", None)
        next_step = f"{context.command_path} --help says what it takes." if context else ""
        return Ending(error.exit_code, error.format_message(), next_step)
    if isinstance(error, SystemExit):  # Typer ends every command by one; of Ctrl-C its code is all that it leaves
        code = error.code if isinstance(error.code, int) else int(error.code is not None)
        told = "Interrupted. The published file is as it was; run again to go on." if code == INTERRUPTED else ""
        return Ending(code, told)
    if type(error).__name__ == "CatalogException":  # DuckDB's; the import would cost every command its time
        told = str(error).split("\n")[0]
        what = f"The published file was made by another version of tokentide: {told}"
        return Ending(3, what, "publish anew: tokentide run.")
    # a bug: its traceback helps whoever reports it, and 1 would say that the data did not pass
    return Ending(4, f"{type(error).__name__}: {error}", traceback="".join(traceback.format_exception(error)))


def tell_ending(errors: Console, command: str, ending: Ending, seconds: float) -> None:
    """In the log, where there is one; otherwise on stderr, where there is anything to say."""
    if is_on():
        told = {name: value for name in ("what", "next_step", "traceback") if (value := getattr(ending, name))}
        level = logging.ERROR if told else logging.INFO
        log("ended", level, command=command, exit_code=ending.exit_code, seconds=round(seconds, 3), **told)
    elif ending.traceback:
        errors.print(ending.traceback, end="", markup=False, highlight=False, soft_wrap=True)
    elif ending.exit_code == INTERRUPTED:
        errors.print(f"\n{ending}", highlight=False)
    elif ending.what:
        errors.print(f"[bold red]Error:[/bold red] {escape(str(ending))}", highlight=False, soft_wrap=True)


def tell_warning(errors: Console, text: str) -> None:
    """Something that went wrong and does not end the command; in a terminal its first words stand out."""
    if is_on():
        log("warning", logging.WARNING, text=text)
        return
    first, colon, rest = text.partition(":")
    errors.print(f"[bold yellow]{escape(first + colon)}[/bold yellow]{escape(rest)}", highlight=False, soft_wrap=True)
