"""Holds docs/runbook to what is really printed: a page's quoted messages, each by its name, and the parts that vary.

A quotation is a block that begins with three backticks and `text NAME`; `<words>` in it stand for what varies. Whether
every quotation is held by a test is asked in tests/unit/test_runbook.py.
"""

import re

from building import REPOSITORY

PAGES = REPOSITORY / "docs" / "runbook"
_BLOCK = re.compile(r"^```text (?P<name>\S+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_VARIES = re.compile(r"<[a-z ]+>")


def quotations(page: str) -> dict[str, str]:
    """What a page quotes, by name."""
    return {
        found["name"]: found["text"] for found in _BLOCK.finditer((PAGES / f"{page}.md").read_text(encoding="utf-8"))
    }


def runbook_says(page: str, name: str, printed: str) -> None:
    """Asserts that whole lines of what was printed are, but for line breaks and what varies, what the page quotes."""
    words = " ".join(quotations(page)[name].split())
    fixed = [re.escape(part) for part in _VARIES.split(words)]
    pattern = r".+?".join(fixed).replace(r"\ ", r"\s+")
    assert re.search(rf"^\s*{pattern}\s*$", printed, re.MULTILINE), (
        f"docs/runbook/{page}.md, {name}:\n{words}\n\n{printed}"
    )
