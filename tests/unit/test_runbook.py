"""The runbook: every message that it quotes is held by a test, and every command that it names is there."""

import ast
import re
import shlex

import pytest
import typer
from building import REPOSITORY
from runbook import PAGES, quotations

from pipeline.cli import app

INDEX = "README"
NAMES = sorted(path.stem for path in PAGES.glob("*.md"))
HEADINGS = ["What you see", "What it means", "What to do", "Safe, and not"]
_IN_TEXT = re.compile(r"`(tokentide [^`]+)`")
_IN_SHELL = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def text_of(page: str) -> str:
    return (PAGES / f"{page}.md").read_text(encoding="utf-8")


def held_by_tests() -> set[tuple[str, str]]:
    """Page and name of every quotation that a test compares with what is printed."""
    return {
        (node.args[0].value, node.args[1].value)
        for path in (REPOSITORY / "tests").rglob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "runbook_says"
        if isinstance(node.args[0], ast.Constant) and isinstance(node.args[1], ast.Constant)
    }


def commands_named(page: str) -> list[list[str]]:
    """The words of each command that the page tells to run."""
    text = text_of(page)
    lines = [line for block in _IN_SHELL.findall(text) for line in block.splitlines() if line.startswith("tokentide ")]
    return [shlex.split(line, comments=True) for line in [*lines, *_IN_TEXT.findall(text)]]


def test_every_quotation_is_held_by_a_test_and_nothing_else_is() -> None:
    assert held_by_tests() == {(page, name) for page in NAMES for name in quotations(page)}


@pytest.mark.parametrize("page", [name for name in NAMES if name != INDEX])
def test_a_page_says_what_is_seen_what_it_means_and_what_to_do(page: str) -> None:
    assert re.findall(r"^## (.+)$", text_of(page), re.MULTILINE) == HEADINGS
    assert quotations(page)
    assert f"]({page}.md)" in text_of(INDEX)
    assert "Dagster's UI" in text_of(page)


@pytest.mark.parametrize("page", NAMES)
def test_the_commands_that_a_page_names_are_there(page: str) -> None:
    assert commands_named(page)
    for program, *words in commands_named(page):
        command = typer.main.get_command(app)
        while hasattr(command, "commands"):
            assert words, f"{program} is no whole command"
            assert words[0] in command.commands, f"no command {words[0]}"
            command = command.commands[words.pop(0)]
        options = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= options, f"{command.name} {words}"
