"""Figures of the built-in archive that were found by others or by hand: they may only change with a reason."""

from datetime import date

import duckdb
import pytest
from building import query

HEADLINE = "policy = 'lab_home' AND knowledge = 'as_known_now'"

# Recomputed by hand from the daily rows: trillions, weeks Monday to Sunday UTC
PRESS_WEEKS = {
    # week: CN top_9, US top_9, CN ranked, US ranked, platform
    date(2025, 2, 17): (0.050, 0.660, 0.091, 0.776, 0.951),
    date(2025, 9, 22): (0.350, 3.341, 0.681, 4.229, 5.258),
    date(2026, 1, 26): (0.867, 3.290, 1.918, 5.411, 8.250),
    date(2026, 2, 2): (2.265, 2.957, 3.093, 5.792, 9.804),
    date(2026, 2, 9): (4.119, 2.933, 5.612, 6.510, 13.015),
    date(2026, 2, 16): (5.155, 3.154, 6.237, 6.774, 13.948),
    date(2026, 2, 23): (3.117, 3.958, 5.119, 7.424, 13.616),
}

Archive = duckdb.DuckDBPyConnection


def country_tokens(
    archive: Archive, week_start: date, population: str, knowledge: str = "as_known_now"
) -> dict[str, int]:
    return dict(
        query(
            archive,
            "SELECT country_code, tokens FROM weekly.country_tokens "
            "WHERE policy = 'lab_home' AND week_start = ? AND population = ? AND knowledge = ?",
            [week_start, population, knowledge],
        )
    )


def trillions(tokens: int) -> float:
    return round(tokens / 1e12, 3)


def test_size_of_the_archive(built_archive: Archive) -> None:
    assert query(
        built_archive,
        "SELECT count(DISTINCT date), count(*), count(DISTINCT model_permaslug), sum(tokens), min(date), max(date) "
        "FROM staging.model_day_tokens",
    ) == [(645, 32_895, 428, 2_156_499_139_230_298, date(2025, 1, 1), date(2026, 10, 9))]
    assert query(built_archive, "SELECT count(*) FROM attribution.models") == [(427,)]


@pytest.mark.parametrize(
    "table", ["attribution.model_day_tokens", "weekly.model_tokens", "staging.model_day_token_vintages"]
)
def test_every_layer_has_every_token(built_archive: Archive, table: str) -> None:
    assert query(built_archive, f"SELECT sum(tokens) FROM {table}") == [(2_156_499_139_230_298,)]


def test_platform_populations_add_up_to_every_token(built_archive: Archive) -> None:
    assert query(
        built_archive,
        "SELECT policy, knowledge, sum(tokens) FROM weekly.attributed_tokens WHERE population = 'platform' "
        "GROUP BY ALL ORDER BY ALL",
    ) == [
        (policy, knowledge, 2_156_499_139_230_298)
        for policy in ("base_model_home", "lab_home")
        for knowledge in ("as_known_now", "as_known_then")
    ]


def test_missing_days_and_incomplete_weeks(built_archive: Archive) -> None:
    assert query(built_archive, "SELECT count(*) FROM weekly.weeks") == [(93,)]
    assert query(
        built_archive,
        "SELECT week_start, days_observed, missing_days FROM weekly.weeks WHERE NOT is_complete_week ORDER BY ALL",
    ) == [
        (date(2024, 12, 30), 5, "2024-12-30, 2024-12-31"),
        (date(2025, 6, 9), 6, "2025-06-15"),
        (date(2025, 7, 14), 6, "2025-07-15"),
        (date(2026, 10, 5), 5, "2026-10-10, 2026-10-11"),
    ]


@pytest.mark.parametrize(("week_start", "figures"), PRESS_WEEKS.items(), ids=str)
def test_countries_of_the_press_weeks(built_archive: Archive, week_start: date, figures: tuple[float, ...]) -> None:
    top_9 = country_tokens(built_archive, week_start, "top_9")
    ranked = country_tokens(built_archive, week_start, "ranked")
    [(platform,)] = query(
        built_archive, "SELECT sum(tokens) FROM weekly.model_tokens WHERE week_start = ?", [week_start]
    )
    found = (top_9["CN"], top_9["US"], ranked["CN"], ranked["US"], platform)
    assert tuple(map(trillions, found)) == figures


def test_what_is_neither_us_nor_cn_in_2025_02_17_is_named_to_the_token(built_archive: Archive) -> None:
    """Our US is the 0.776 of the coarse map: no hobbyist, French or Canadian model is counted as American."""
    ranked = country_tokens(built_archive, date(2025, 2, 17), "ranked")
    assert trillions(ranked["US"]) == 0.776
    rest = query(
        built_archive,
        "SELECT country_code, model_permaslug, tokens FROM weekly.model_tokens WHERE week_start = '2025-02-17' "
        "AND row_kind = 'model' AND country_code NOT IN ('US', 'CN') ORDER BY country_code, tokens DESC",
    )
    assert rest == [
        ("CA", "cohere/command-r-08-2024", 2_654_198_540),
        ("FR", "mistralai/mistral-nemo", 16_012_704_674),
        ("FR", "mistralai/mistral-7b-instruct", 6_572_090_706),
        ("FR", "mistralai/mistral-small-24b-instruct-2501", 3_527_981_990),
        ("FR", "mistralai/mistral-tiny", 3_079_297_317),
        ("FR", "mistralai/codestral-2501", 783_589_228),
        ("FR", "mistralai/ministral-8b", 241_682_190),
        ("FR", "mistralai/mixtral-8x7b-instruct", 190_223_349),
        ("FR", "mistralai/mistral-large-2411", 163_909_412),
        ("ZZ", "gryphe/mythomax-l2-13b", 6_740_437_444),
        ("ZZ", "thedrummer/unslopnemo-12b", 2_997_105_094),
        ("ZZ", "neversleep/llama-3-lumimaid-8b:extended", 1_450_133_197),
        ("ZZ", "sao10k/l3.3-euryale-70b-v2.3", 370_025_073),
    ]
    [(population,)] = query(
        built_archive,
        "SELECT sum(tokens) FROM weekly.model_tokens WHERE week_start = '2025-02-17' AND row_kind = 'model'",
    )
    assert ranked["US"] + ranked["CN"] + sum(row[2] for row in rest) == population


def test_china_of_2026_02_02_as_known_then(built_archive: Archive) -> None:
    """Pony Alpha turned out to be GLM-5 only on 11 February."""
    then = country_tokens(built_archive, date(2026, 2, 2), "ranked", "as_known_then")
    now = country_tokens(built_archive, date(2026, 2, 2), "ranked")
    [(pony,)] = query(
        built_archive,
        "SELECT tokens FROM weekly.model_tokens "
        "WHERE week_start = '2026-02-02' AND model_permaslug = 'openrouter/pony-alpha'",
    )
    assert trillions(then["CN"]) == 3.053
    assert (now["CN"] - then["CN"], then["ZZ"]) == (pony, pony)


@pytest.mark.parametrize(
    ("population", "events"),
    [
        (
            "top_9",
            [
                (date(2026, 2, 9), "CN", True),
                (date(2026, 2, 23), "US", False),
                (date(2026, 3, 2), "CN", False),
                (date(2026, 4, 13), "US", False),
                (date(2026, 4, 27), "CN", False),
            ],
        ),
        (
            "ranked",
            [(date(2026, 3, 16), "CN", True), (date(2026, 4, 6), "US", False), (date(2026, 4, 27), "CN", False)],
        ),
    ],
)
def test_overtakes_of_china_and_the_us(built_archive: Archive, population: str, events: list[tuple]) -> None:
    found = query(
        built_archive,
        f"SELECT week_start, leader, is_first FROM weekly.overtakes WHERE population = ? AND {HEADLINE} "
        "AND entity_kind = 'country' AND leader IN ('CN', 'US') AND overtaken IN ('CN', 'US') ORDER BY week_start",
        [population],
    )
    assert found == events
    assert (
        query(
            built_archive,
            "SELECT week_start, leader, is_first FROM main.overtakes WHERE population = ? "
            "AND leader IN ('CN', 'US') AND overtaken IN ('CN', 'US') ORDER BY week_start",
            [population],
        )
        == events
    )


@pytest.mark.parametrize(
    ("population", "first", "lost"),
    [
        ("top_9", date(2026, 2, 9), [date(2026, 2, 23), date(2026, 4, 13), date(2026, 4, 20)]),
        ("ranked", date(2026, 3, 16), [date(2026, 4, 6), date(2026, 4, 13), date(2026, 4, 20)]),
    ],
)
def test_weeks_led_by_china(built_archive: Archive, population: str, first: date, lost: list[date]) -> None:
    leaders = query(
        built_archive,
        "SELECT week_start, leader FROM main.china_and_us WHERE population = ? ORDER BY week_start",
        [population],
    )
    assert {leader for week_start, leader in leaders if week_start < first} == {"US"}
    assert [week_start for week_start, leader in leaders if week_start >= first and leader == "US"] == lost


def test_china_is_absent_from_top_9_in_three_weeks(built_archive: Archive) -> None:
    absent = query(
        built_archive,
        "SELECT week_start FROM main.china_and_us WHERE population = 'top_9' AND cn_tokens = 0 ORDER BY week_start",
    )
    assert absent == [(date(2025, 1, 20),), (date(2025, 12, 1),), (date(2025, 12, 8),)]


def test_the_us_of_2026_02_16_with_and_without_arcee(built_archive: Archive) -> None:
    """The press printed 2.70: it comes out only when the smallest of the nine is not counted as American."""
    nine = query(
        built_archive,
        "SELECT model_permaslug, country_code, tokens FROM main.models WHERE week_start = '2026-02-16' AND is_top_9 "
        "ORDER BY rank",
    )
    assert [row[0] for row in nine[:5]] == [
        "minimax/minimax-m2.5-20260211",
        "moonshotai/kimi-k2.5-0127",
        "google/gemini-3-flash-preview-20251217",
        "z-ai/glm-5-20260211",
        "deepseek/deepseek-v3.2-20251201",
    ]
    assert [row[1] for row in nine[:5]] == ["CN", "CN", "US", "CN", "CN"]
    five = [row[2] for row in nine[:5]]
    assert round(1 - five[2] / sum(five), 3) == 0.857
    assert nine[8][0] == "arcee-ai/trinity-large-preview:free"
    us = country_tokens(built_archive, date(2026, 2, 16), "top_9")["US"]
    assert (trillions(us), trillions(us - nine[8][2])) == (3.154, 2.705)


def test_change_of_china_on_two_weeks(built_archive: Archive) -> None:
    [(change,)] = query(
        built_archive,
        f"SELECT tokens_change_2w FROM weekly.country_token_changes WHERE week_start = '2026-02-16' AND {HEADLINE} "
        "AND country_code = 'CN' AND population = 'top_9'",
    )
    assert round(change, 3) == 1.276


@pytest.mark.parametrize("week_start", [date(2025, 6, 9), date(2025, 6, 16), date(2025, 7, 14), date(2026, 10, 5)])
def test_changes_that_touch_an_incomplete_week_are_empty(built_archive: Archive, week_start: date) -> None:
    assert (
        query(
            built_archive,
            "SELECT count(*), count(tokens_change_1w) FROM weekly.country_token_changes WHERE week_start = ?",
            [week_start],
        )[0][1]
        == 0
    )


def test_m2_5_leads_the_day_from_the_13th_to_the_end_of_february(built_archive: Archive) -> None:
    days = query(
        built_archive,
        "SELECT date FROM staging.model_day_tokens "
        "WHERE rank_of_day = 1 AND date BETWEEN '2026-02-01' AND '2026-02-28' "
        "AND model_permaslug = 'minimax/minimax-m2.5-20260211' ORDER BY date",
    )
    assert [row[0].day for row in days] == list(range(13, 29))
    [(first, february)] = query(
        built_archive,
        "SELECT min(date), sum(tokens) FILTER (WHERE date BETWEEN '2026-02-01' AND '2026-02-28') "
        "FROM staging.model_day_tokens WHERE model_permaslug = 'minimax/minimax-m2.5-20260211'",
    )
    assert first == date(2026, 2, 12)
    assert round(february / 1e12, 4) == 5.4405


def test_bounds_of_2026_09_28(built_archive: Archive) -> None:
    """One cloaked model is 38.7 trillion: the lead over the nine is certain, over all ranked rows it is not."""
    top_9 = country_tokens(built_archive, date(2026, 9, 28), "top_9")
    assert {code: trillions(tokens) for code, tokens in top_9.items()} == {"CN": 57.469, "US": 16.204, "ZZ": 38.661}
    assert query(
        built_archive,
        "SELECT population, leader, is_certain FROM main.china_and_us WHERE week_start = '2026-09-28' ORDER BY ALL",
    ) == [("platform", "CN", False), ("ranked", "CN", False), ("top_9", "CN", True)]


def test_with_variants_merged_china_would_lead_in_2026_04_20(built_archive: Archive) -> None:
    """Why variants stay rows of their own: the nine largest would be others."""
    merged = dict(
        query(
            built_archive,
            "SELECT country_code, sum(tokens) FROM (SELECT split_part(model_permaslug, ':', 1) AS model, country_code, "
            "sum(tokens) AS tokens FROM main.models WHERE week_start = '2026-04-20' GROUP BY ALL "
            "ORDER BY tokens DESC, model LIMIT 9) GROUP BY country_code",
        )
    )
    apart = country_tokens(built_archive, date(2026, 4, 20), "top_9")
    assert merged["CN"] > merged["US"]
    assert apart["CN"] < apart["US"]


def test_no_check_failed_and_these_warned(built_archive: Archive) -> None:
    assert query(
        built_archive,
        "SELECT table_name, check_name, week_start FROM checks.results WHERE outcome <> 'passed' ORDER BY ALL",
    ) == [
        ("attribution.model_day_tokens", "unknown_share_is_small", date(2026, 9, 28)),
        ("prices.unmatched_models", "unmatched_share_is_small", None),
        ("staging.model_day_tokens", "all_seven_days_are_there", date(2024, 12, 30)),
        ("staging.model_day_tokens", "all_seven_days_are_there", date(2025, 6, 9)),
        ("staging.model_day_tokens", "all_seven_days_are_there", date(2025, 7, 14)),
        ("staging.model_day_tokens", "all_seven_days_are_there", date(2026, 10, 5)),
    ]
