"""What each command prints and how it ends, on the built-in archive."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import building
import pytest
from command_line import CommandLine, Outcome, built_once, copy_of
from runbook import runbook_says
from snapshots_of_faults import AFTER_THE_ARCHIVE, archive_rows

import warehouse

COMMANDS = (
    *("run", "backfill", "sql", "status", "verify", "explain", "diff"),
    *("ingest", "prove", "doctor", "ui", "dev-server"),
)
EXIT_CODES = {
    "0 done",
    "1 the data did not pass",
    "2 the command could not be understood",
    "3 not possible now",
    "4 a check or the program itself failed",
    "130 interrupted",
}


def in_one_line(text: str) -> str:
    return re.sub(r"[\s│]+", " ", text)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command_describes_it_and_its_options(empty_line: CommandLine, command: str) -> None:
    outcome = empty_line(command, "--help")
    assert outcome.exit_code == 0
    description = in_one_line(outcome.stdout).split("Usage:")[1]
    assert re.search(r"[A-Z][a-z]+ .{20,}\.", description), "a sentence that says what it does"
    takes_something = "Arguments" in outcome.stdout or outcome.stdout.count("--") > 2
    if takes_something:
        assert f"tokentide {command} " in description, "an example"
    for option in re.findall(r"^│ (?:\*\s+)?(\S+)\s+<[^>]*>(.*)│$", outcome.stdout, re.MULTILINE):
        assert option[1].strip(), f"{option[0]} has no help"


def test_help_names_every_command_and_exit_code(empty_line: CommandLine) -> None:
    outcome = empty_line("--help")
    text = in_one_line(outcome.stdout)
    assert outcome.exit_code == 0
    assert all(re.search(rf"^│ {command} ", outcome.stdout, re.MULTILINE) for command in COMMANDS)
    assert {code for code in EXIT_CODES if code in text} == EXIT_CODES
    assert "TOKENTIDE_HOME" in text
    assert not empty_line.home.path.exists(), "asking for help makes no state"


def test_the_installed_command_is_the_module(empty_line: CommandLine) -> None:
    version = empty_line("--version")
    installed = subprocess.run(
        [Path(sys.executable).with_name("tokentide"), "--version"],
        env=empty_line.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert re.fullmatch(r"tokentide \d+\.\d+\.\d+\n", version.stdout)
    assert installed.stdout == version.stdout


class TestRun:
    def test_prints_what_was_published_and_how_to_go_on(self, archive_run: tuple[CommandLine, Outcome]) -> None:
        line, outcome = archive_run
        edition, citation = line.query("SELECT edition, citation FROM main.edition")[0]
        assert re.search(rf"^Edition {edition}, figures as of 2026-10-11 00:27 UTC$", outcome.stdout, re.MULTILINE)
        assert "93 weeks, 2024-12-30 to 2026-10-05 (4 incomplete, marked so)" in outcome.stdout
        for expected in (
            r"^Week of 2026-09-28 ",
            r"^Week of 2026-02-09 ",
            r"^ China +4\.119T +58\.4 % +5\.612T +45\.8 % ",
            r"^Checks +[\d,]+ passed, \d+ warned, 0 failed",
            rf"^File +{line.home.published_file}$",
            rf"^Open +duckdb\.connect\('{line.home.published_file}', read_only=True\) ",
            rf"^Cite +{re.escape(citation)}$",
            r"^Done in \d+ s\.$",
        ):
            assert re.search(expected, outcome.stdout, re.MULTILINE), expected
        assert outcome.stderr == ""

    def test_counts_the_checks_that_are_in_the_file(self, archive_run: tuple[CommandLine, Outcome]) -> None:
        line, outcome = archive_run
        counts = dict(line.query("SELECT outcome, count(*) FROM checks.results GROUP BY outcome"))
        assert f"{counts['passed']:,} passed, {counts['warned']} warned, 0 failed" in outcome.stdout
        assert "failed" not in counts

    def test_a_second_run_has_nothing_to_do_and_changes_no_file(self, archive: CommandLine, tmp_path: Path) -> None:
        line = copy_of(archive, tmp_path)
        before = {path: path.stat().st_mtime_ns for path in line.home.path.rglob("*")}
        outcome = line("run")
        assert outcome.exit_code == 0
        assert "Nothing to do: " in outcome.stdout
        assert {path: path.stat().st_mtime_ns for path in line.home.path.rglob("*")} == before

    def test_nothing_is_written_outside_the_home(self, archive: CommandLine) -> None:
        archive("sql", "FROM china_and_us")
        assert archive.files_written_outside() == []

    def test_weeks_that_are_published_need_no_run(self, line: CommandLine) -> None:
        outcome = line("run", "--weeks", "2026-02-09")
        assert "Nothing to do: " in outcome.stdout

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (("run", "--weeks", "2026-13-01"), "'2026-13-01' is not a day."),
            (("run", "--weeks", "2026-02-16..2026-02-09"), "ends before it begins."),
            (("run", "--weeks", "2024-12-29"), "lies outside the history."),
            (("run", "--hold-back", "next week"), "'next week' is not a day."),
            (("backfill", "2026-02-09..2999-01-01"), "lies outside the history."),
            (("backfill", ""), "'' is not a day."),
        ],
    )
    def test_a_span_that_cannot_be_read_is_refused_before_anything_is_made(
        self, empty_line: CommandLine, arguments: tuple[str, ...], message: str
    ) -> None:
        outcome = empty_line(*arguments)
        assert outcome.exit_code == 2
        assert message in outcome.stderr
        assert "What to do: " in outcome.stderr
        assert not empty_line.home.path.exists()

    def test_a_bad_setting_is_named_by_its_variable(self, empty_line: CommandLine) -> None:
        outcome = empty_line("run", environment={"TOKENTIDE_EDITIONS_TO_KEEP": "0"})
        assert outcome.exit_code == 2
        assert "TOKENTIDE_EDITIONS_TO_KEEP: " in outcome.stderr
        assert "Traceback" not in outcome.stderr

    def test_an_unknown_option_ends_with_usage(self, empty_line: CommandLine) -> None:
        outcome = empty_line("run", "--week", "2026-02-09")
        assert outcome.exit_code == 2
        assert "No such option" in outcome.stderr


@pytest.mark.parametrize("arguments", [("status",), ("verify",), ("sql", "SELECT 1"), ("explain", "gpt")])
def test_without_a_published_file_a_report_says_how_to_make_one(
    empty_line: CommandLine, arguments: tuple[str, ...]
) -> None:
    outcome = empty_line(*arguments)
    assert outcome.exit_code == 3
    assert "There is no published file yet" in outcome.stderr
    assert "tokentide run" in outcome.stderr


class TestStatus:
    def test_says_what_is_there_missing_and_warned(self, archive: CommandLine) -> None:
        outcome = archive("status", environment={"COLUMNS": "400"})
        runbook_says("price-jump", "status", outcome.stdout)
        edition = archive.query("SELECT edition FROM main.edition")[0][0]
        assert outcome.exit_code == 0
        for expected in (
            rf"^edition +{edition}, published \d{{4}}-\d\d-\d\d \d\d:\d\d UTC",
            r"^freshness +figures to 2026-10-09 \(\d+ days ago\), as of 2026-10-11 00:27 UTC",
            r"^weeks +93: 2024-12-30 to 2026-10-05",
            r"^missing +2026-10-12\.\.\d{4}-\d\d-\d\d",
            r"^incomplete +.*2025-06-09 \(6 of 7 days\)",
            r"^held back +none",
            r"^snapshots +4; 645 days",
            r"^quarantine +0 days",
            r"weekly\.country_tokens +[\d,]+ +\d+ +0",
        ):
            assert re.search(expected, outcome.stdout, re.MULTILINE), expected
        assert edition in outcome.stdout.split("editions kept")[1]


class TestExplain:
    def test_a_model_is_explained_with_evidence_and_weight(self, archive: CommandLine) -> None:
        outcome = archive("explain", "minimax/minimax-m2.5-20260211")
        text = in_one_line(outcome.stdout)
        url = archive.query("SELECT evidence_url FROM attribution.labs WHERE author = 'minimax'")[0][0]
        assert outcome.exit_code == 0
        assert "China (CN)" in text
        assert "method" in text
        assert url in text.replace(" ", "")
        assert re.search(r"in the figures 2026-02-12 to \d{4}-\d\d-\d\d, \d+ weeks, [\d.]+T in all", text)

    def test_a_part_of_the_name_is_enough_where_it_names_one_model(self, archive: CommandLine) -> None:
        outcome = archive("explain", "M2.5-20260211")
        assert outcome.exit_code == 0
        assert re.search(r"^model +minimax/minimax-m2\.5-20260211", outcome.stdout, re.MULTILINE)

    def test_an_ambiguous_name_lists_its_models(self, archive: CommandLine) -> None:
        outcome = archive("explain", "minimax")
        assert outcome.exit_code == 2
        assert re.search(r"\d+ models have 'minimax' in their name", outcome.stderr)
        assert "minimax/minimax-m2.5-20260211" in outcome.stderr

    def test_an_unknown_name_gets_the_nearest_ones(self, archive: CommandLine) -> None:
        outcome = archive("explain", "minimacs/minimax-m2.5-2026021x")
        assert outcome.exit_code == 2
        assert "nearest names: minimax/minimax-m2.5-20260211" in outcome.stderr

    def test_a_cloaked_model_shows_what_is_known_of_its_reveal(self, archive: CommandLine) -> None:
        outcome = archive("explain", "space-bunny-alpha")
        text = in_one_line(outcome.stdout)
        assert "unknown (ZZ)" in text
        assert "cloaked model" in text
        assert "2026-09-28: 38.661T" in text

    def test_a_derived_model_shows_lab_and_base(self, archive: CommandLine) -> None:
        outcome = archive("explain", "tngtech/deepseek-r1t2-chimera:free")
        text = in_one_line(outcome.stdout)
        assert "Germany (DE)" in text
        assert "base model" in text
        # of the base as of the lab: page, day, what it says
        evidence = r"evidence https://[^()]+ \(read \d{4}-\d\d-\d\d\) it says \S+"
        assert re.search(rf"under base_model_home China \(CN\) {evidence}", text), text


class TestDiff:
    @pytest.fixture(scope="class")
    def two_editions(self, three_weeks: CommandLine, shared_directory: Path) -> CommandLine:
        """Three weeks; then the last of them, restated by a newer snapshot, and one more. Read only."""

        def build(line: CommandLine) -> Outcome:
            shutil.copytree(three_weeks.home.path, line.home.path)
            rows = archive_rows("2026-02-18", "2026-02-18")
            restated = [(day, slug, tokens + 10**6 * slug.startswith("minimax/")) for day, slug, tokens in rows]
            building.put_rows(line.home, restated, as_of=AFTER_THE_ARCHIVE)
            return line("backfill", "2026-02-16..2026-02-24")  # a Tuesday names its week

        return built_once(shared_directory / "two_editions", build)[0]

    def test_backfill_adds_its_weeks_to_those_published(self, two_editions: CommandLine) -> None:
        weeks = [str(week) for (week,) in two_editions.query("SELECT week_start FROM main.weeks ORDER BY 1")]
        assert weeks == ["2026-02-02", "2026-02-09", "2026-02-16", "2026-02-23"]

    def test_a_restatement_is_shown_with_figures_and_cause(self, two_editions: CommandLine) -> None:
        outcome = two_editions("diff", "previous", "latest", "--limit", "9999", environment={"COLUMNS": "200"})
        assert outcome.exit_code == 0
        assert "other snapshots, weeks built" in outcome.stdout
        causes = re.findall(
            r"^main\.\w+: .* rows moved, entered or left, because of (.*?) *$", outcome.stdout, re.MULTILINE
        )
        assert set(causes) == {"data"}
        moved = re.findall(r"^(2026-\S+ .*?) +[\d.]+T +[\d.]+T +\+([\d,]+) *$", outcome.stdout, re.MULTILINE)
        assert {key[:10] for key, _ in moved} == {"2026-02-16"}
        assert {"2026-02-16 ranked CN", "2026-02-16 ranked MiniMax"} <= {key for key, _ in moved}
        assert set(re.findall(r"^(2026-\S+) .* entered *$", outcome.stdout, re.MULTILINE)) == {"2026-02-23"}

    def test_an_edition_equals_itself(self, two_editions: CommandLine) -> None:
        outcome = two_editions("diff", "latest", "latest")
        assert outcome.exit_code == 0
        assert "made alike" in outcome.stdout
        assert "Every published figure is the same." in outcome.stdout

    def test_limit_bounds_the_rows_and_says_so(self, two_editions: CommandLine) -> None:
        outcome = two_editions("diff", "previous", "latest", "--limit", "1", environment={"COLUMNS": "200"})
        assert re.search(r"\.\.\. \d+ more; --limit shows them\.", outcome.stdout)

    def test_an_unknown_edition_gets_the_names_of_those_kept(self, two_editions: CommandLine) -> None:
        outcome = two_editions("diff", "2020-01-01-00000000", "latest")
        assert outcome.exit_code == 3
        kept = [path.stem for path in two_editions.home.editions.glob("*.duckdb")]
        assert len(kept) == 2
        assert "No edition 2020-01-01-00000000 is kept." in outcome.stderr
        assert all(name in outcome.stderr for name in kept)

    def test_there_is_no_previous_edition_after_one_publication(self, three_weeks: CommandLine) -> None:
        outcome = three_weeks("diff", "previous", "latest")
        assert outcome.exit_code == 3
        assert "There is no previous edition" in outcome.stderr

    def test_other_reference_files_are_named_as_the_cause(self, line: CommandLine, tmp_path: Path) -> None:
        """The second edition comes from a copy of the program whose labs.csv moves one lab."""
        repository = Path(warehouse.__file__).parents[1]
        copy = tmp_path / "program"
        for package in ("warehouse", "checks", "assets", "pipeline"):
            shutil.copytree(repository / package, copy / package, ignore=shutil.ignore_patterns("__pycache__"))
        labs = copy / "warehouse" / "reference" / "labs.csv"
        text = labs.read_text(encoding="utf-8")
        moved = re.sub(r"^(minimax,[^\n]*?),CN,", r"\1,SG,", text, flags=re.MULTILINE)
        assert moved != text
        labs.write_text(moved, encoding="utf-8")
        run = line("run", "--weeks", "2026-02-09", environment={"PYTHONPATH": str(copy)})
        assert run.exit_code == 0, run.text
        outcome = line("diff", "previous", "latest", environment={"COLUMNS": "200"})
        assert "other reference files" in outcome.stdout
        assert re.search(r"^main\.countries: .*, because of reference files *$", outcome.stdout, re.MULTILINE)
        assert re.search(r"^2026-02-09 ranked SG .* entered *$", outcome.stdout, re.MULTILINE)
