"""Prices of the built-in archive that were found by others or by hand: they may only change with a reason."""

import csv
import gzip
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal

import duckdb
import pytest
from building import query, shared_file

from checks.measures import measures_sql
from warehouse.contracts import CONTRACTS

M2_5, OPUS = "minimax/minimax-m2.5", "anthropic/claude-opus-4.6"
MAKERS, CATALOGUE, SIGHTINGS = "models-dev-makers", "models-dev-catalogue", "openrouter-catalogue-sightings"
DEEPSEEK_V4 = ["deepseek/deepseek-v4-flash-20260423", "deepseek/deepseek-v4-pro-20260423"]
# later models that the usage data keeps apart, and that the catalogue of July 2026 does not know yet
DEEPSEEK_V4_LATER = ["deepseek/deepseek-v4-flash-20260731", "deepseek/deepseek-v4-pro-20260813"]

Archive = duckdb.DuckDBPyConnection


def output_price(archive: Archive, model_id: str, source: str, at: datetime) -> Decimal:
    [(price,)] = query(
        archive,
        "SELECT usd_per_million_tokens FROM prices.model_prices WHERE price_kind = 'output' AND over_prompt_tokens = 0 "
        "AND model_id = ? AND source = ? AND valid_from_utc <= ? AND (valid_to_utc IS NULL OR valid_to_utc > ?)",
        [model_id, source, at, at],
    )
    return price


def of_any(archive: Archive, columns: str, first: date, last: date) -> list[tuple]:
    """Coverage of the named rows by the output price of any source, week by week."""
    return query(
        archive,
        f"SELECT week_start, {columns} FROM prices.week_coverage WHERE source = 'any' AND price_kind = 'output' "
        "AND population = 'ranked' AND week_start BETWEEN ? AND ? ORDER BY week_start",
        [first, last],
    )


def test_size_of_the_price_archives(built_archive: Archive) -> None:
    assert query(
        built_archive,
        "SELECT source, status, count(*) FROM staging.catalogue_statements GROUP BY ALL ORDER BY ALL",
    ) == [
        (CATALOGUE, "staged", 652),
        (MAKERS, "staged", 385),
        ("openrouter-catalogue", "staged", 1024),
        (SIGHTINGS, "staged", 6251),
    ]
    # what models.dev still held on 2026-05-15 is stated anew under its new meaning
    assert query(
        built_archive,
        "SELECT source, count(*) FROM staging.catalogue_models WHERE stated_at_utc < observed_at_utc GROUP BY ALL",
    ) == [(CATALOGUE, 57)]


# --- the claim that started this ---


@pytest.mark.parametrize(
    ("source", "m2_5", "ratio"), [(SIGHTINGS, Decimal("1.10"), 22.7), (MAKERS, Decimal("1.20"), 20.8)]
)
def test_m2_5_against_opus_on_2026_02_19(built_archive: Archive, source: str, m2_5: Decimal, ratio: float) -> None:
    """The press said 22.7 times: OpenRouter's catalogue did, the makers' list prices did not."""
    noon = datetime(2026, 2, 19, 12)
    found = [output_price(built_archive, model_id, source, noon) for model_id in (M2_5, OPUS)]
    assert found == [m2_5, 25]
    assert round(found[1] / found[0], 1) == Decimal(str(ratio))


def test_m2_5_in_the_catalogue_of_early_2026(built_archive: Archive) -> None:
    assert query(
        built_archive,
        "SELECT CAST(valid_from_utc AS DATE), usd_per_million_tokens FROM prices.model_prices "
        "WHERE model_id = ? AND source = ? ORDER BY valid_from_utc",
        [M2_5, SIGHTINGS],
    ) == [
        (date(2026, 2, 19), Decimal("1.10")),
        (date(2026, 3, 3), Decimal("1.20")),
        (date(2026, 3, 21), Decimal("1.17")),
        (date(2026, 3, 28), Decimal("1.15")),
    ]


def test_m2_5_at_models_dev_drops_where_its_meaning_changes(built_archive: Archive) -> None:
    assert output_price(built_archive, M2_5, MAKERS, datetime(2026, 5, 15, 15)) == Decimal("1.20")
    assert output_price(built_archive, M2_5, CATALOGUE, datetime(2026, 5, 15, 16)) == Decimal("1.15")


def test_m2_5_in_the_week_of_the_headline(built_archive: Archive) -> None:
    """Nobody looked into the catalogue between 2026-02-01 and 02-19: its first sighting is not its first price."""
    found = query(
        built_archive,
        "SELECT source, status, usd_per_million_tokens FROM prices.model_week_prices WHERE week_start = '2026-02-09' "
        "AND model_permaslug = 'minimax/minimax-m2.5-20260211' AND price_kind = 'output' AND over_prompt_tokens = 0",
    )
    by_source = {source: (status, price) for source, status, price in found}
    assert by_source[SIGHTINGS] == ("not_observed", None)
    assert by_source[MAKERS] == ("in_force", Decimal("1.20"))


def test_opus_over_200_000_prompt_tokens(built_archive: Archive) -> None:
    assert query(
        built_archive,
        "SELECT CAST(valid_from_utc AS DATE), valid_to_utc, usd_per_million_tokens FROM prices.model_prices "
        "WHERE model_id = ? AND source = ? AND price_kind = 'output' AND over_prompt_tokens = 200000",
        [OPUS, MAKERS],
    ) == [(date(2026, 2, 6), None, Decimal("37.5"))]


# --- coverage ---


def test_no_price_before_the_week_of_2025_06_23(built_archive: Archive) -> None:
    found = of_any(built_archive, "priced_share", date(2024, 12, 30), date(2025, 7, 6))
    assert {share for week_start, share in found if week_start < date(2025, 6, 23)} == {0.0}
    assert dict(found)[date(2025, 6, 23)] > 0


def test_nearly_every_token_has_a_price_from_february_to_july_2026(built_archive: Archive) -> None:
    shares = dict(of_any(built_archive, "priced_share", date(2026, 2, 2), date(2026, 7, 20)))
    assert len(shares) == 25
    assert {week_start for week_start, share in shares.items() if share < 0.97} == {date(2026, 4, 27), date(2026, 5, 4)}
    assert shares[date(2026, 4, 27)] == pytest.approx(0.899, abs=0.001)
    assert shares[date(2026, 5, 4)] == pytest.approx(0.862, abs=0.001)


@pytest.mark.parametrize("week_start", [date(2026, 4, 27), date(2026, 5, 4)], ids=str)
def test_the_two_weeks_that_fall_short_had_models_listed_without_a_price(
    built_archive: Archive, week_start: date
) -> None:
    """The largest are DeepSeek V4's: listed from their launch on 2026-04-24 and without a price until 2026-05-15."""
    unpriced = query(
        built_archive,
        "SELECT tokens.model_permaslug, tokens.tokens, bool_or(week_prices.status = 'listed_without_price') "
        "FROM weekly.model_tokens AS tokens INNER JOIN prices.model_week_prices AS week_prices "
        "USING (week_start, model_permaslug) WHERE week_start = ? AND price_kind = 'output' AND over_prompt_tokens = 0 "
        "GROUP BY ALL HAVING bool_and(usd_per_million_tokens IS NULL) ORDER BY tokens.tokens DESC",
        [week_start],
    )
    assert [row[0] for row in unpriced[:2]] == DEEPSEEK_V4
    assert [row[2] for row in unpriced[:2]] == [True, True]
    [(_, tokens, priced)] = of_any(built_archive, "tokens, priced_tokens", week_start, week_start)
    listed_without = sum(row[1] for row in unpriced if row[2])
    assert (priced + listed_without) / tokens > 0.97
    assert query(
        built_archive,
        "SELECT model_id, source, CAST(min(valid_from_utc) AS DATE) FROM prices.model_prices "
        "WHERE model_id IN ('deepseek/deepseek-v4-flash', 'deepseek/deepseek-v4-pro') AND source <> "
        "'openrouter-catalogue' GROUP BY ALL ORDER BY ALL",
    ) == [(f"deepseek/deepseek-v4-{name}", CATALOGUE, date(2026, 5, 15)) for name in ("flash", "pro")]


@pytest.mark.parametrize(
    ("week_start", "found", "well_known"), [(date(2026, 8, 24), 0.531, 0.656), (date(2026, 9, 28), 0.181, 0.224)]
)
def test_share_of_models_that_ever_had_a_price_after_the_prices_end(
    built_archive: Archive, week_start: date, found: float, well_known: float
) -> None:
    """66 % and 22 % are told of these weeks. They count the later DeepSeek V4 models under the undated ids of the
    earlier ones: the price files end before these models came, and nothing in them prices them."""
    [(_, tokens, ever_priced, share)] = of_any(
        built_archive, "tokens, ever_priced_tokens, ever_priced_share", week_start, week_start
    )
    assert share == pytest.approx(found, abs=0.001)
    later = query(
        built_archive,
        "SELECT model_permaslug, tokens FROM weekly.model_tokens "
        "WHERE week_start = ? AND list_contains(?, model_permaslug)",
        [week_start, DEEPSEEK_V4_LATER],
    )
    assert {row[0] for row in later} == set(DEEPSEEK_V4_LATER)
    assert (ever_priced + sum(row[1] for row in later)) / tokens == pytest.approx(well_known, abs=0.01)
    assert query(
        built_archive,
        "SELECT DISTINCT canonical_slug FROM staging.catalogue_models WHERE canonical_slug IS NOT NULL "
        "AND model_id IN ('deepseek/deepseek-v4-flash', 'deepseek/deepseek-v4-pro') ORDER BY ALL",
    ) == [(slug,) for slug in DEEPSEEK_V4]


# --- known errors ---


def found_by(archive: Archive, rule: str, source: str, condition: str = "TRUE") -> list[tuple]:
    """Model and action of each statement that the rule points at."""
    return query(
        archive,
        "SELECT DISTINCT model_id, action FROM prices.suspicions WHERE rule = ? AND source = ? "
        f"AND {condition} ORDER BY ALL",
        [rule, source],
    )


@pytest.mark.parametrize(
    ("source", "instant", "models"),
    [(CATALOGUE, "2026-06-25 14:41:46", 18), (MAKERS, "2025-07-14 02:49:10", 16)],
)
def test_models_typed_at_0_are_ignored(built_archive: Archive, source: str, instant: str, models: int) -> None:
    found = found_by(built_archive, "zero_on_paid", source, f"observed_at_utc = '{instant}'")
    assert len(found) == models
    assert {action for _, action in found} == {"ignore"}
    # no price of them holds at that instant
    assert query(
        built_archive,
        "SELECT count(*) FROM prices.model_prices WHERE source = ? AND list_contains(?, model_id) "
        f"AND valid_from_utc <= '{instant}' AND (valid_to_utc IS NULL OR valid_to_utc > '{instant}')",
        [source, [model for model, _ in found]],
    ) == [(0,)]


def test_after_the_thirteen_hours_at_0_the_prices_came_back(built_archive: Archive) -> None:
    """All of them but one: MiniMax M2.5 came back at about half of what it was."""
    before, after = (datetime(2026, 6, 25, 14), datetime(2026, 6, 26, 5))
    models = [
        model
        for model, _ in found_by(built_archive, "zero_on_paid", CATALOGUE, "observed_at_utc = '2026-06-25 14:41:46'")
    ]
    prices = {
        model: tuple(output_price(built_archive, model, CATALOGUE, at) for at in (before, after)) for model in models
    }
    assert {model: pair for model, pair in prices.items() if pair[0] != pair[1]} == {
        M2_5: (Decimal("0.90"), Decimal("0.48"))
    }
    assert all(price > 0 for pair in prices.values() for price in pair)


@pytest.mark.parametrize(("name", "price"), [("mini", Decimal("4.5")), ("nano", Decimal("1.25"))])
def test_prices_per_token_hold_per_million(built_archive: Archive, name: str, price: Decimal) -> None:
    model_id = f"openai/gpt-5.4-{name}"
    assert (model_id, "times_million") in found_by(built_archive, "per_token", MAKERS)
    for day in (datetime(2026, 3, 25), datetime(2026, 5, 1)):
        assert output_price(built_archive, model_id, MAKERS, day) == price


def test_claude_3_7_sonnet_at_75_is_ignored(built_archive: Archive) -> None:
    [(price, action)] = query(
        built_archive,
        "SELECT stated_usd_per_million_tokens, action FROM prices.suspicions "
        "WHERE model_id = 'anthropic/claude-3.7-sonnet' AND rule = 'sources_disagree'",
    )
    assert (price, action) == (75, "ignore")
    assert query(
        built_archive,
        "SELECT DISTINCT source, usd_per_million_tokens FROM prices.model_prices "
        "WHERE model_id = 'anthropic/claude-3.7-sonnet' AND price_kind = 'output' ORDER BY ALL",
    ) == [(SIGHTINGS, 15)]


def test_38_entries_are_listed_without_a_price(built_archive: Archive) -> None:
    assert query(
        built_archive,
        "SELECT count(*), count(action) FROM prices.suspicions AS found INNER JOIN staging.catalogue_models AS stated "
        "USING (source, model_id, observed_at_utc) "
        "WHERE rule = 'listed_without_price' AND stated_at_utc = observed_at_utc",
    ) == [(38, 38)]


def test_ten_doubles_with_a_percent_sign_are_ignored_and_price_nothing(built_archive: Archive) -> None:
    found = found_by(built_archive, "percent_encoded_name", MAKERS)
    assert len(found) == 10
    assert {action for _, action in found} == {"ignore"}
    assert query(built_archive, "SELECT count(*) FROM prices.model_prices WHERE contains(model_id, '%2F')") == [(0,)]
    assert query(built_archive, "SELECT count(*) FROM prices.model_names WHERE contains(model_id, '%2F')") == [(0,)]


def test_every_suspicion_is_reviewed_and_every_correction_alive(built_archive: Archive) -> None:
    assert query(built_archive, "SELECT count(*) FROM prices.suspicions WHERE action IS NULL") == [(0,)]
    measures = measures_sql(CONTRACTS["prices.suspicions"], by_week=False).replace(
        "temp.candidate", "prices.suspicions"
    )
    [row] = built_archive.execute(measures).df().to_dict("records")
    assert (row["unreviewed_errors"], row["unreviewed_oddities"], row["dead_corrections"]) == (0, 0, 0)
    assert row["row_count"] > 150


def test_reasons_of_corrections_say_since_when(built_archive: Archive) -> None:
    """A reason is a sentence: no hole where a date was to be filled in."""
    assert (
        query(
            built_archive,
            "SELECT model_id, reason FROM prices.corrections WHERE regexp_matches(reason, ' (on|until) :')",
        )
        == []
    )


def test_aliases_price_no_model(built_archive: Archive) -> None:
    assert query(built_archive, "SELECT count(DISTINCT model_id) > 0 FROM staging.catalogue_models WHERE is_alias") == [
        (True,)
    ]
    assert query(built_archive, "SELECT count(*) FROM prices.model_names WHERE starts_with(model_id, '~')") == [(0,)]


# --- the endpoints of July 2026, which are not read yet ---


def endpoints() -> Iterator[dict[str, str]]:
    for day in ("2026-07-20", "2026-07-21"):
        with gzip.open(shared_file(f"endpoints/endpoints_{day}.csv.gz"), "rt", encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file)


def test_endpoints_have_the_columns_that_prices_will_need() -> None:
    first = next(endpoints())
    assert {
        *("scraped_at", "model_slug", "permaslug", "variant", "endpoint_id", "provider_slug", "is_disabled", "status"),
        *("price_prompt", "price_completion", "price_cache_read", "price_cache_write", "discount", "pricing_json"),
    } <= first.keys()


def test_endpoints_do_not_contradict_the_names_of_models(built_archive: Archive) -> None:
    """An independent statement of the same pairs: of 196 ids both speak, and none is denied."""
    stated: dict[str, set[str]] = {}
    for row in endpoints():
        stated.setdefault(row["model_slug"], set()).add(row["permaslug"])
    named = query(
        built_archive,
        "SELECT DISTINCT split_part(model_id, ':', 1), split_part(model_permaslug, ':', 1) FROM prices.model_names "
        "WHERE valid_from <= '2026-07-20' AND (valid_to IS NULL OR valid_to > '2026-07-20') ORDER BY ALL",
    )
    both = [(model_id, slug) for model_id, slug in named if model_id in stated]
    assert [(model_id, slug, stated[model_id]) for model_id, slug in both if slug not in stated[model_id]] == []
    assert len(both) == 196
