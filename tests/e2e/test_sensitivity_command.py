"""`tokentide sensitivity`: what a journalist reads on one screen."""

from command_line import CommandLine


def test_it_shows_rankings_bounds_and_the_one_decision(archive: CommandLine) -> None:
    outcome = archive("sensitivity", "2026-10-01", environment={"COLUMNS": "80"})
    assert outcome.exit_code == 0
    lines = outcome.stdout.splitlines()
    assert lines[0] == "Week of 2026-09-28 (Monday to Sunday, UTC)"
    assert max(len(line) for line in lines if "tokentide sql" not in line) <= 80
    words = [line.split() for line in lines]
    assert ["CN", ">", "US", "all", "16", "definitions"] in words
    assert ["top_9", "CN", "US", "41.265T", "38.661T", "yes"] in words
    assert ["ranked", "CN", "US", "36.528T", "38.661T", "no"] in words
    text = " ".join(outcome.stdout.split())
    assert "38.661T stealth/space-bunny-alpha, of unknown country: flips if counted for United States" in text
    assert text.count("T stealth/") == 1, "populations of one answer stand together"
    assert "1. China over United States by 41.265T (top_9, top_9_variants_merged) none that is open" in text
    assert len(lines) < 40


def test_definitions_that_give_the_same_ranking_stand_together(archive: CommandLine) -> None:
    outcome = archive("sensitivity", "2026-04-20")
    words = [line.split() for line in outcome.stdout.splitlines()]
    assert ["US", ">", "CN", "top_9,", "ranked,", "platform"] in words
    assert ["CN", ">", "US", "top_9_variants_merged"] in words
    assert "1.390T With variants merged" in " ".join(outcome.stdout.split())


def test_the_command_that_it_ends_with_works(archive: CommandLine) -> None:
    outcome = archive("sensitivity", "2026-09-28")
    query = outcome.stdout.splitlines()[-1].split('"')[1]
    listed = archive("sql", query, "--format", "csv")
    assert listed.exit_code == 0
    assert "deepseek/deepseek-v4.1-flash-20260910" in listed.stdout


def test_a_week_without_figures_is_named(three_weeks: CommandLine) -> None:
    outcome = three_weeks("sensitivity", "2026-09-28")
    assert outcome.exit_code == 2
    assert "no figures for the week of 2026-09-28" in outcome.stderr
    assert "from 2026-02-02 to 2026-02-16" in outcome.stderr
