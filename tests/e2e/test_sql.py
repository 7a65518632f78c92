"""`tokentide sql`: formats, exact figures, citations, and that it can neither write nor see anything else."""

import csv
import io
import json
from pathlib import Path

import pyarrow.parquet
import pytest
from command_line import CommandLine

SUMS = "SELECT week_start, sum(tokens) AS tokens FROM weekly.model_tokens GROUP BY ALL ORDER BY ALL"


@pytest.fixture(scope="module")
def sums(three_weeks: CommandLine) -> list[tuple[str, int]]:
    return [(str(week), tokens) for week, tokens in three_weeks.query(SUMS)]


@pytest.fixture(scope="module")
def citation(three_weeks: CommandLine) -> str:
    return str(three_weeks.query("SELECT citation FROM main.edition")[0][0])


class TestFormats:
    def test_a_table_for_eyes(self, three_weeks: CommandLine, sums: list[tuple[str, int]]) -> None:
        outcome = three_weeks("sql", SUMS)
        assert outcome.exit_code == 0
        header, *rows = [line.split() for line in outcome.stdout.splitlines()]
        assert header == ["week_start", "tokens"]
        assert rows == [[week, f"{tokens:,}"] for week, tokens in sums]

    def test_a_long_table_says_what_it_leaves_out(self, three_weeks: CommandLine) -> None:
        outcome = three_weeks("sql", "FROM range(60)")
        assert "... 10 more of 60 rows; --format csv gives all." in outcome.stdout

    def test_csv_is_exact(self, three_weeks: CommandLine, sums: list[tuple[str, int]]) -> None:
        outcome = three_weeks("sql", SUMS, "--format", "csv")
        rows = list(csv.reader(io.StringIO(outcome.stdout)))
        assert rows[0] == ["week_start", "tokens"]
        assert [(week, int(tokens)) for week, tokens in rows[1:]] == sums

    def test_json_is_exact_and_cited(
        self, three_weeks: CommandLine, sums: list[tuple[str, int]], citation: str
    ) -> None:
        outcome = three_weeks("sql", SUMS, "--format", "json", "--cite")
        answer = json.loads(outcome.stdout, parse_float=pytest.fail)
        assert [(row["week_start"], row["tokens"]) for row in answer["rows"]] == sums
        assert answer["citation"] == citation

    def test_parquet_is_exact_and_carries_the_citation(
        self, three_weeks: CommandLine, sums: list[tuple[str, int]], citation: str, tmp_path: Path
    ) -> None:
        path = tmp_path / "sums.parquet"
        outcome = three_weeks("sql", SUMS, "--format", "parquet", "--output", str(path))
        table = pyarrow.parquet.read_table(path)
        assert outcome.exit_code == 0
        assert [(str(row["week_start"]), int(row["tokens"])) for row in table.to_pylist()] == sums
        assert table.schema.metadata[b"citation"].decode() == citation

    def test_a_sum_beyond_64_bits_stays_a_whole_number(self, three_weeks: CommandLine) -> None:
        query = f"SELECT sum(n) AS n FROM (VALUES ({2**63 - 1}), ({2**63 - 1})) AS numbers (n)"
        outcome = three_weeks("sql", query, "--format", "csv")
        assert outcome.stdout == f"n\n{2**64 - 2}\n"

    def test_the_output_file_has_all_rows_and_the_screen_only_the_citation(
        self, three_weeks: CommandLine, citation: str, tmp_path: Path
    ) -> None:
        path = tmp_path / "numbers.csv"
        outcome = three_weeks("sql", "FROM range(60)", "--format", "csv", "--output", str(path), "--cite")
        assert path.read_text() == "range\n" + "".join(f"{number}\n" for number in range(60))
        assert outcome.stdout == ""
        assert outcome.stderr.strip() == citation


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("SELEC 1",), "syntax error"),
        (("FROM weekly.contry_tokens",), "Did you mean"),
        (("SELECT 1", "--format", "xml"), "choose one of: table, csv, json, parquet."),
        (("SELECT 1", "--format", "parquet"), "--output FILE.parquet"),
        (("SELECT 1", "--format", "csv", "--output", "/proc/none/here.csv"), "Could not write"),
        (("DELETE FROM weekly.country_tokens",), "The published file is read-only."),
        (("UPDATE weekly.country_tokens SET tokens = 1",), "The published file is read-only."),
        (("DROP VIEW main.countries",), "The published file is read-only."),
        (("CREATE TABLE mine (a INTEGER)",), "The published file is read-only."),
        (("FROM read_csv('/etc/passwd')",), "disabled"),
        (("FROM '/etc/passwd'",), ""),
        (("COPY (SELECT 1) TO 'stolen.csv'",), "disabled"),
        (("ATTACH 'other.duckdb'",), "disabled"),
        (("INSTALL httpfs",), ""),
        (("SET enable_external_access = true; FROM read_csv('/etc/passwd')",), ""),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_what_cannot_be_asked_ends_with_a_reason(
    three_weeks: CommandLine, arguments: tuple[str, ...], message: str
) -> None:
    before = three_weeks.home.published_file.read_bytes()
    outcome = three_weeks("sql", *arguments)
    assert outcome.exit_code == 2
    assert message in outcome.stderr
    assert "What to do: " in outcome.stderr
    assert "Traceback" not in outcome.stderr
    assert "root:" not in outcome.text
    assert three_weeks.home.published_file.read_bytes() == before
    assert three_weeks.files_written_outside() == []
