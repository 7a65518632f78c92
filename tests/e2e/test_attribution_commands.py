"""`tokentide attribution todo`: the heaviest unknown first, each with what would decide it."""

from command_line import CommandLine


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
