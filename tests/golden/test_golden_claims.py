"""What the figures of the built-in archive say of the press article of 2026-02-28, and of others."""

import duckdb
import pytest
from building import query

ARTICLE = "article-20260228-"


def verdicts(connection: duckdb.DuckDBPyConnection, claim_id: str) -> dict[str, tuple[float, str]]:
    """Value and verdict by population or price source, under lab_home and as_known_now."""
    rows = query(
        connection,
        "SELECT coalesce(population, price_source), round(value, 3), verdict FROM claims.verdicts WHERE claim_id = ? "
        "AND coalesce(policy, 'lab_home') = 'lab_home' AND coalesce(knowledge, 'as_known_now') = 'as_known_now'",
        [claim_id],
    )
    return {definition: (value, verdict) for definition, value, verdict in rows}


@pytest.mark.parametrize(
    ("claim", "value", "verdict"),
    [
        ("cn-feb09", 4.119, "reproduced"),
        ("us-feb09", 2.933, "near"),
        ("cn-feb16", 5.155, "near"),
        ("us-feb16", 3.154, "contradicted"),
        ("cn-change", 127.570, "reproduced"),
        ("us-year-of-lead", 58, "reproduced"),
        ("m25-february", 5.441, "reproduced"),
        ("m25-day-rank", 1, "reproduced"),
    ],
)
def test_the_article_over_the_nine_largest(
    built_archive: duckdb.DuckDBPyConnection, claim: str, value: float, verdict: str
) -> None:
    assert verdicts(built_archive, ARTICLE + claim)["top_9"] == (value, verdict)


@pytest.mark.parametrize("claim", ["cn-feb09", "us-feb09", "cn-feb16", "cn-change", "cn-first-ahead"])
def test_over_all_ranked_models_the_article_is_contradicted(
    built_archive: duckdb.DuckDBPyConnection, claim: str
) -> None:
    assert verdicts(built_archive, ARTICLE + claim)["ranked"][1] == "contradicted"


def test_the_first_week_ahead_is_five_weeks_later_over_all_ranked_models(
    built_archive: duckdb.DuckDBPyConnection,
) -> None:
    found = query(
        built_archive,
        "SELECT population, CAST(value_week AS VARCHAR), difference, verdict FROM claims.verdicts "
        "WHERE claim_id = 'article-20260228-cn-first-ahead' AND policy = 'lab_home' AND knowledge = 'as_known_now' "
        "AND population <> 'platform' ORDER BY population",
    )
    assert found == [("ranked", "2026-03-16", 5, "contradicted"), ("top_9", "2026-02-09", 0, "reproduced")]


def test_four_of_the_top_five_have_their_share(built_archive: duckdb.DuckDBPyConnection) -> None:
    assert verdicts(built_archive, ARTICLE + "cn-top5-count") == {"top_5": (4, "reproduced")}
    assert verdicts(built_archive, ARTICLE + "cn-top5-share") == {"top_5": (85.72, "reproduced")}


def test_the_price_ratio_depends_on_the_source(built_archive: duckdb.DuckDBPyConnection) -> None:
    assert verdicts(built_archive, ARTICLE + "opus-m25-price-ratio") == {
        "openrouter-catalogue-sightings": (22.727, "reproduced"),
        "models-dev-makers": (20.833, "contradicted"),
        "models-dev-catalogue": (None, "not_recomputable"),
        "openrouter-catalogue": (None, "not_recomputable"),
    }


def test_user_shares_cannot_be_recomputed(built_archive: duckdb.DuckDBPyConnection) -> None:
    assert query(
        built_archive,
        "SELECT claim_id, verdict FROM main.claims WHERE claim_id LIKE 'article%user%' ORDER BY claim_id",
    ) == [
        (ARTICLE + "cn-user-share", "not_recomputable"),
        (ARTICLE + "us-user-share", "not_recomputable"),
    ]


def test_what_became_of_all_claims(built_archive: duckdb.DuckDBPyConnection) -> None:
    assert dict(query(built_archive, "SELECT verdict, count(*) FROM main.claims GROUP BY verdict")) == {
        "depends_on_definition": 32,
        "reproduced": 40,
        "near": 16,
        "contradicted": 25,
        "not_recomputable": 17,
    }


def test_the_article_needs_arcee_left_out_for_its_second_us_figure(built_archive: duckdb.DuckDBPyConnection) -> None:
    found = query(
        built_archive,
        "SELECT population, change_kind, changed, round(value, 3) FROM claims.alternatives "
        "WHERE claim_id = 'article-20260228-us-feb16' AND is_match",
    )
    assert found == [("top_9", "leave_out_model", "arcee-ai/trinity-large-preview:free", 2.705)]
    [(tried,)] = query(
        built_archive, "SELECT count(*) FROM claims.alternatives WHERE claim_id = 'article-20260228-us-feb16'"
    )
    assert tried > 100, "one match means little without the number of changes that were tried"


def test_most_claims_that_do_not_come_out_have_no_small_change_that_helps(
    built_archive: duckdb.DuckDBPyConnection,
) -> None:
    claims, with_match, tried, matching = query(
        built_archive,
        "SELECT count(DISTINCT claim_id), count(DISTINCT claim_id) FILTER (is_match), count(*), "
        "count(*) FILTER (is_match) FROM claims.alternatives",
    )[0]
    assert (claims, with_match, tried, matching) == (38, 16, 5164, 76)
