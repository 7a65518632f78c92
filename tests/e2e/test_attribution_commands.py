"""`tokentide attribution todo` and `diff`: what is unknown, heaviest first, and what an edit would move."""

import pyarrow as pa
import pytest
from command_line import CommandLine
from rich.console import Console

from pipeline.reports import attribution_diff
from warehouse.known_facts import read_facts


def test_the_heaviest_unknown_comes_first_with_its_line(archive: CommandLine) -> None:
    outcome = archive("attribution", "todo", "--limit", "1")
    assert outcome.exit_code == 0
    lines = outcome.stdout.splitlines()
    assert "models without a country" in lines[0]
    assert lines[1].split()[:2] == ["56.717T", "stealth/space-bunny-alpha"]
    assert "aliases.csv has it" in lines[2]
    assert sum(1 for line in lines if line.startswith("    ") and "T  " in line[:14]) == 2


def test_what_nobody_has_looked_at_has_a_line_to_fill_in(archive: CommandLine) -> None:
    outcome = archive("attribution", "todo", "--limit", "20")
    assert "openness.csv: google/gemini-flash-1.5-8b,open|closed,REPOSITORY,URL,DAY,SAYS," in outcome.stdout


def test_without_an_edit_nothing_would_move(archive: CommandLine) -> None:
    outcome = archive("attribution", "diff")
    assert outcome.exit_code == 0, outcome.text
    assert outcome.stdout.splitlines()[-1] == "No decision, no figure would move."


def test_an_edit_is_shown_with_the_weeks_that_it_moves(
    archive: CommandLine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    facts = read_facts()
    aliases = facts["aliases"].to_pylist()
    for line in aliases:
        if line["cloaked_slug"] == "stealth/space-bunny-alpha":
            line |= {"author": "openai", "confidence": "official", "revealed_as": "GPT"}
    edited = facts | {"aliases": pa.Table.from_pylist(aliases, schema=facts["aliases"].schema)}
    monkeypatch.setattr(attribution_diff, "read_facts", lambda: edited)
    assert attribution_diff.print_attribution_diff(Console(width=120), archive.home, 5, lambda _: None)
    shown = capsys.readouterr().out
    assert "attribution.models: 1 differ" in shown
    assert "stealth/space-bunny-alpha (56.717T in all)" in shown
    assert "2026-09-28 ranked US" in shown
    assert "+38,661,199,699,827" in shown
    assert "main.overtakes" in shown
    assert "Nothing was published" in shown


@pytest.mark.parametrize(
    ("file", "line", "change", "shown"),
    [
        (
            "openness",
            {"model_permaslug": "openai/gpt-5.6-luna-20260709"},
            {"weights": "open"},
            ("main.open_weights: 24 rows moved, entered or left, because of reference files", "+18,180,069,685,336"),
        ),
        (
            "lineage",
            {"model_permaslug": "tngtech/deepseek-r1t2-chimera:free"},
            {"base_author": "mistralai"},
            ("main.countries: unchanged", "2026-01-26 platform base_model_home as_known_now FR", "+107,973,005,524"),
        ),
    ],
)
def test_an_edit_that_leaves_the_headline_as_it_is_shows_what_it_moves(
    archive: CommandLine,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    file: str,
    line: dict[str, str],
    change: dict[str, str],
    shown: tuple[str, ...],
) -> None:
    facts = read_facts()
    rows = [row | change if line.items() <= row.items() else row for row in facts[file].to_pylist()]
    edited = facts | {file: pa.Table.from_pylist(rows, schema=facts[file].schema)}
    monkeypatch.setattr(attribution_diff, "read_facts", lambda: edited)
    # the files themselves are as they were: only their hash would tell
    monkeypatch.setattr(attribution_diff, "reference_hash", lambda _: "edited")
    assert attribution_diff.print_attribution_diff(Console(width=120), archive.home, 5, lambda _: None)
    printed = capsys.readouterr().out
    assert [words for words in shown if words not in printed] == []


def test_what_was_known_at_an_instant_has_a_file_of_its_own(archive: CommandLine, tmp_path) -> None:
    from command_line import copy_of

    line = copy_of(archive, tmp_path)
    before = line.content_hash()
    outcome = line("run", "--as-of", "2026-10-12")
    assert outcome.exit_code == 0, outcome.text
    assert "As it was known at 2026-10-12T00:00:00Z" in outcome.stdout
    asked = line("sql", "--as-of", "2026-10-12", "SELECT count(*) AS n FROM weekly.weeks", "--format", "csv")
    assert asked.stdout.split() == ["n", "93"]
    assert line.content_hash() == before
    refused = line("run", "--as-of", "2026-10-10")
    assert refused.exit_code == 3
    assert "the earliest possible instant is 2026-10-11T00:27:00Z" in refused.stderr
