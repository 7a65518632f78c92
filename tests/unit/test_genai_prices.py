"""The compiled reference file of genai-prices is what the locked package says, and only what it dates."""

from datetime import date
from decimal import Decimal

from pipeline.archive.compile_genai_prices import as_csv, dated_prices, models_of_archives
from warehouse.reference_files import REFERENCE_DIRECTORY, read_reference_files


def test_the_file_is_what_the_package_says() -> None:
    text = (REFERENCE_DIRECTORY / "genai_prices.csv").read_text(encoding="utf-8")
    assert text == as_csv(dated_prices(models_of_archives())), "run python -m pipeline.archive.compile_genai_prices"


def test_a_makers_price_is_dated_by_its_start() -> None:
    lines = [line for line in dated_prices(["openai/o3"]) if line["provider"] == "openai"]
    names = ("price_kind", "valid_from", "valid_to", "usd_per_million_tokens")
    assert [tuple(line[name] for name in names) for line in lines] == [
        ("input", "", "2025-06-10", "10"),
        ("input", "2025-06-10", "", "2"),
        ("output", "", "2025-06-10", "40"),
        ("output", "2025-06-10", "", "8"),
    ]


def test_the_newest_day_of_a_release_is_the_last_that_begins_a_price_of_openrouter() -> None:
    """Makers announce prices of days to come; what OpenRouter asks is dated by the day on which it was seen."""
    rows = read_reference_files()["genai_prices"].to_pylist()
    of_openrouter = {row["valid_from"] for row in rows if row["provider"] == "openrouter" and row["valid_from"]}
    assert {row["seen_on"] for row in rows} == {max(of_openrouter)}


def test_what_is_not_dated_or_depends_on_the_hour_or_is_another_model_is_left_out() -> None:
    # no start date; a price by the time of day; a name that only begins alike
    assert dated_prices(["cohere/command-r"]) == []
    assert [line for line in dated_prices(["deepseek/deepseek-v4-pro"]) if line["provider"] == "deepseek"] == []
    assert [line for line in dated_prices(["anthropic/claude-opus-4.6-fast"]) if line["provider"] == "anthropic"] == []


def test_no_end_lies_before_its_start_and_no_price_is_no_number() -> None:
    for row in read_reference_files()["genai_prices"].to_pylist():
        assert (row["valid_from"] or date.min) < (row["valid_to"] or date.max)
        assert row["valid_from"] or row["valid_to"]
        assert Decimal(row["usd_per_million_tokens"]) >= 0
