"""`tokentide claims` and `tokentide check-claim`: what a journalist reads, and the exit codes."""

import pytest
from command_line import CommandLine


def test_all_claims_end_with_their_count(archive: CommandLine) -> None:
    outcome = archive("claims")
    assert outcome.exit_code == 0
    assert "130 claims: 32 depends on the definition" in " ".join(outcome.stdout.split())


def test_the_name_of_every_claim_can_be_read_at_80_columns(archive: CommandLine) -> None:
    names = archive("sql", "SELECT claim_id FROM claims", "--format", "csv").stdout.split()[1:]
    listed = archive("claims", environment={"COLUMNS": "80"}).stdout
    first_column = "".join(line[:23].strip() for line in listed.splitlines())
    assert len(names) == 130
    assert [name for name in names if name not in first_column] == []


def test_one_claim_shows_every_definition(archive: CommandLine) -> None:
    outcome = archive("claims", "article-20260228-cn-feb09")
    assert outcome.exit_code == 0
    assert "depends on the definition" in outcome.stdout
    lines = [line.split() for line in outcome.stdout.splitlines()]
    assert ["top_9", "4.119", "-0.001", "reproduced"] in lines
    assert ["ranked,", "lab_home", "5.612", "+1.492", "contradicted"] in lines


def test_a_name_of_several_claims_lists_them(archive: CommandLine) -> None:
    outcome = archive("claims", "article-20260228-cn")
    assert outcome.exit_code == 2
    assert "article-20260228-cn-feb16" in outcome.stderr


@pytest.mark.parametrize(
    ("text", "exit_code"),
    [
        ("MiniMax M2.5 5.44T, 2026-02", 0),
        ("MiniMax M2.5 rank 1, 2026-02-27", 0),
        ("MiniMax M2.5 5.50T, 2026-02", 13),
        ("MiniMax M2.5 5.45T, 2026-02", 11),
        ("CN over US, week 2026-02-09", 12),
        ("CN over US, week 2025-02-17", 13),
        ("CN 4.12T, US 2.94T, week 2026-02-09", 12),
        ("all 13.015T, 2026-02-09..2026-02-15", 12),
        ("CN 4.12T, 2023", 14),
        ("price anthropic/claude-opus-4.6 : minimax/minimax-m2.5 output 22.7, 2026-02-19", 12),
    ],
)
def test_a_claim_of_your_own_has_its_exit_code(archive: CommandLine, text: str, exit_code: int) -> None:
    assert archive("check-claim", text).exit_code == exit_code


def test_days_that_no_source_has_are_said(archive: CommandLine) -> None:
    assert "days missing  22 of 31" in archive("check-claim", "CN 20T, 2026-10").stdout
    assert "days missing" not in archive("check-claim", "CN 20T, 2026-09").stdout


def test_a_claim_of_your_own_points_to_no_table(archive: CommandLine) -> None:
    shown = archive("check-claim", "CN 45%, week 2026-02-09").stdout
    assert "... 2 more" in shown
    assert "tokentide sql" not in shown


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("China leads", "no statement and span"),
        ("CN 4.12T, last week", "is no span"),
        ("Mini Max 2 5.44T, 2026-02", "is no country code, lab or model"),
        ("CN much, 2026-02", "says neither tokens"),
        ("CN over minimax, 2026-02", "cannot be compared"),
        ("price minimax/m2.5 output 1, 2026-02-19", "No price source lists"),
    ],
)
def test_a_claim_that_cannot_be_read_says_how_to_write_it(archive: CommandLine, text: str, said: str) -> None:
    outcome = archive("check-claim", text)
    assert outcome.exit_code == 2
    assert said in outcome.stderr
    assert "write it like one of these" in outcome.stderr
