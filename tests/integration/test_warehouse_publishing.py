"""The publisher: only green figures, in a file replaced atomically, untouched by strangers, read by both DuckDBs."""

import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from building import (
    REPOSITORY,
    accept_all,
    build_tables,
    full_weeks,
    lab,
    listed,
    put_prices,
    put_rows,
    query,
    references,
    week,
)

from checks.run import validate_candidate, validate_publication, validate_stored
from warehouse.contracts import CONTRACTS, Build, Contract
from warehouse.database import connect, open_working_file
from warehouse.editions import content_hash, edition_path, kept_editions, open_published, read_edition
from warehouse.errors import ChecksFailed, PublishedFileInvalid
from warehouse.home import Home
from warehouse.publishing import Publication, StoredValidator, publish
from warehouse.results import CheckResult, Validator

WEEKS = [week(0), week(1), week(2)]
REFERENCES = references(
    labs=[
        lab("qwen", "CN", evidence_url="https://example.org", evidence_read_on=date(2026, 11, 24)),
        lab("openai", "US", evidence_url="https://example.org", evidence_read_on=date(2026, 11, 24)),
    ]
)
SMALL = "openai/small-00"
PRICES = [
    *(listed(datetime(2026, 1, day), "qwen/a", input=1, output=4) for day in (8, 15, 22)),
    *(listed(datetime(2026, 1, day), SMALL, input=2, output=day) for day in (8, 15, 22)),
]
DERIVED = [name for name, contract in CONTRACTS.items() if contract.build is Build.DERIVED]
OTHER_DUCKDB = REPOSITORY / ".venv" / "duckdb-1.5"

WITHOUT_LAST_WEEK = "; ".join(
    f"DELETE FROM {name} WHERE week_start = '{WEEKS[2]}'"
    for name, contract in CONTRACTS.items()
    if contract.build is not Build.VIEW and contract.has_weeks
)


@pytest.fixture(scope="module")
def built_once(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("publishing") / "it's built")
    put_rows(home, full_weeks(WEEKS, {"qwen/a": 5000}))
    put_prices(home, PRICES)
    with open_working_file(home) as connection:
        build_tables(connection, home, validate=validate_candidate, reference_tables=REFERENCES)
    return home


@pytest.fixture
def ready(built_once: Home, tmp_path: Path) -> Home:
    """Three good weeks, built and not published yet. The folder's name has a quote on purpose."""
    shutil.copytree(built_once.path, tmp_path / "it's home")
    return Home(tmp_path / "it's home")


@pytest.fixture(scope="module")
def published_once(built_once: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("publishing") / "it's published")
    shutil.copytree(built_once.path, home.path)
    publish_home(home)
    return home


@pytest.fixture
def standing(published_once: Home, tmp_path: Path) -> Home:
    """The three good weeks, published once."""
    shutil.copytree(published_once.path, tmp_path / "it's home")
    return Home(tmp_path / "it's home")


def publish_home(
    home: Home,
    hold_back: tuple[date, ...] = (),
    editions_to_keep: int = 5,
    sql: str = "",
    validate_tables: StoredValidator = accept_all,
) -> Publication:
    """Publishes the working file after changing it by `sql`. The gate is the real one; the suites are where named."""
    with open_working_file(home) as connection:
        connection.execute(sql or "SELECT 1")
        return publish(connection, home, validate_publication, validate_tables, hold_back, editions_to_keep)


def noted(note: str) -> str:
    """The quickest change that makes another edition."""
    return f"UPDATE attribution.labs SET note = '{note}'"


def rebuild(home: Home, validate: Validator = accept_all) -> None:
    with open_working_file(home) as connection:
        build_tables(connection, home, validate=validate, reference_tables=REFERENCES)


def reject(table: str, week_start: date) -> Validator:
    """A validator that fails one week of one table."""

    def validate(_: duckdb.DuckDBPyConnection, contract: Contract) -> list[CheckResult]:
        if contract.name != table:
            return []
        return [CheckResult(table, week_start, "no_good", "blocking", "failed", 1.0, "0", "nothing is bad")]

    return validate


def restate(home: Home, tokens: int, day: int = 2) -> None:
    """A newer vintage of the last week."""
    put_rows(home, full_weeks([WEEKS[2]], {"qwen/a": tokens}), datetime(2026, 12, day))
    rebuild(home)


def published_tokens(home: Home) -> dict[date, int]:
    with open_published(home) as connection:
        return dict(query(connection, "SELECT week_start, tokens FROM main.models WHERE model_permaslug = 'qwen/a'"))


def derived_rows(file: Path) -> dict[str, list[dict[str, object]]]:
    with connect(file, read_only=True) as connection:
        return {name: connection.sql(f"FROM {name} ORDER BY ALL").to_arrow_table().to_pylist() for name in DERIVED}


def of_week(rows: list[dict[str, object]], week_start: date) -> list[dict[str, object]]:
    return [row for row in rows if row["week_start"] == week_start]


def run_python(code: str, *arguments: object, pythonpath: Path | None = None) -> str:
    environment = os.environ | ({"PYTHONPATH": str(pythonpath)} if pythonpath else {})
    command = [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def leave_a_foreign_wal(home: Home) -> None:
    """Someone opens the published file as DuckDB's client does by default, changes a figure, and dies."""
    run_python(
        """
        import os, sys, duckdb
        connection = duckdb.connect(sys.argv[1])
        connection.execute("SET checkpoint_threshold = '1TB'")
        connection.execute("UPDATE weekly.model_tokens SET tokens = 999999")
        os._exit(0)
        """,
        home.published_file,
    )
    assert home.published_wal.stat().st_size > 0


def test_the_published_file_has_every_table_edition_and_citation(ready: Home) -> None:
    published = publish_home(ready, validate_tables=validate_stored)
    assert (published.is_new, published.held_back) == (True, [])
    with open_published(ready) as connection, connect(ready.working_file, read_only=True) as working:
        for name, contract in CONTRACTS.items():
            if contract.build is not Build.VIEW and contract.schema_name != "main":
                rows = "SELECT count(*) FROM " + name
                assert query(connection, rows) == query(working, rows), name
        edition = read_edition(connection)
        assert edition == published.edition
        assert edition.content_hash == content_hash(connection)
        assert query(connection, "SELECT source, license FROM main.citations ORDER BY ALL") == [
            ("test-complete", "CC BY 4.0"),
            ("test-source", "CC BY 4.0"),
        ]
    assert (edition.first_week_start, edition.last_week_start, edition.weeks) == (WEEKS[0], WEEKS[2], 3)
    assert edition.edition == f"2026-12-01-{edition.content_hash[:8]}"
    assert edition.citation.startswith(f"tokentide edition {edition.edition}")


def test_figures_of_a_server_on_this_machine_are_not_for_quoting(ready: Home) -> None:
    sql = "UPDATE raw.snapshots SET url = 'http://127.0.0.1:8765/2026-10-19.csv' WHERE source = 'test-source'"
    edition = publish_home(ready, sql=sql).edition
    assert edition.citation.startswith("Not for quoting: some figures come from a server on this machine")
    with open_published(ready) as connection:
        marked = "SELECT source, starts_with(citation, 'Not for quoting: ') FROM main.citations ORDER BY ALL"
        assert query(connection, marked) == [("test-complete", False), ("test-source", True)]


def test_a_catalogue_that_is_fetched_every_day_is_cited_once(ready: Home) -> None:
    repeated = (
        "INSERT INTO raw.snapshots SELECT snapshots.* REPLACE (snapshot_id || day AS snapshot_id, "
        "as_of_utc - to_days(CAST(day AS INTEGER)) AS as_of_utc, 'Source: ' || day || ' days before.' AS citation) "
        "FROM raw.snapshots AS snapshots, range(1, 4) AS days (day) WHERE source = 'test-complete'"
    )
    citation = publish_home(ready, sql=repeated).edition.citation
    assert "days before" not in citation
    assert re.search(r"Source: a test and 3 times before, since \d{4}-\d\d-\d\d; licence: CC BY 4.0\.$", citation)


def test_nothing_but_the_published_file_and_its_edition_is_left(ready: Home) -> None:
    before = {path.name for path in ready.path.iterdir()}
    published = publish_home(ready)
    added = {path.name for path in ready.path.iterdir()} - before
    assert added == {"tokentide.duckdb", "tokentide.duckdb.sha256", "editions", "publish.lock"}
    assert {path.name for path in ready.editions.iterdir()} == {f"{published.edition.edition}.duckdb"}


def test_publishing_the_same_figures_again_changes_nothing(standing: Home) -> None:
    before = standing.published_file.stat()
    again = publish_home(standing)
    after = standing.published_file.stat()
    assert not again.is_new
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert len(kept_editions(standing)) == 1


def test_a_reader_keeps_its_view_while_the_file_is_replaced(standing: Home) -> None:
    restate(standing, 6000)
    with open_published(standing) as reader:
        shown = query(reader, "SELECT edition FROM main.edition")
        assert publish_home(standing).is_new
        assert query(reader, "SELECT edition FROM main.edition") == shown
        assert query(reader, "SELECT max(tokens) FROM main.models") == [(35000,)]
    assert published_tokens(standing)[WEEKS[2]] == 42000


def test_a_foreign_wal_is_refused_by_readers_and_removed_by_publishing(standing: Home) -> None:
    leave_a_foreign_wal(standing)
    with pytest.raises(PublishedFileInvalid, match="foreign write-ahead log"), open_published(standing):
        pass
    restate(standing, 6000)
    publish_home(standing)
    assert not standing.published_wal.exists()
    assert published_tokens(standing) == {WEEKS[0]: 35000, WEEKS[1]: 35000, WEEKS[2]: 42000}


def test_a_foreign_wal_is_removed_even_if_the_figures_are_the_same(standing: Home) -> None:
    leave_a_foreign_wal(standing)
    publish_home(standing)
    assert not standing.published_wal.exists()
    assert published_tokens(standing) == dict.fromkeys(WEEKS, 35000)


@pytest.mark.parametrize(
    ("sql", "check"),
    [
        (
            f"UPDATE weekly.model_tokens SET tokens = tokens + 1 WHERE rank = 3 AND week_start = '{WEEKS[1]}'",
            "tokens_raw_to_weekly",
        ),
        (f"DELETE FROM weekly.country_tokens WHERE week_start = '{WEEKS[1]}'", "all_layers_are_built"),
        (
            "UPDATE checks.results SET outcome = 'failed' "
            f"WHERE check_name = 'tokens_equal_daily' AND week_start = '{WEEKS[1]}'",
            "tokens_equal_daily",
        ),
    ],
)
def test_a_gate_that_is_not_green_leaves_the_file_as_it_was(standing: Home, sql: str, check: str) -> None:
    before = standing.published_file.read_bytes()
    with pytest.raises(ChecksFailed, match="Nothing was published: the gate is not green") as caught:
        publish_home(standing, sql=sql)
    assert f"week {WEEKS[1]}: {check} failed" in str(caught.value)
    assert "--hold-back" in str(caught.value)
    is_to_be_built = f"`tokentide run --weeks {WEEKS[1]}`" in str(caught.value)
    assert is_to_be_built == (check == "all_layers_are_built"), "what building mends is said with the weeks"
    assert standing.published_file.read_bytes() == before
    assert not (standing.path / "tokentide.duckdb.new").exists()


def test_a_failed_whole_table_cannot_be_held_back(ready: Home) -> None:
    sql = (
        "UPDATE checks.results SET outcome = 'failed' "
        "WHERE table_name = 'attribution.labs' AND check_name = 'key_is_unique'"
    )
    with pytest.raises(ChecksFailed, match=r"attribution\.labs, whole table: key_is_unique failed"):
        publish_home(ready, hold_back=tuple(WEEKS), sql=sql)
    assert not ready.published_file.exists()


def test_nothing_built_is_nothing_published(home: Home) -> None:
    with open_working_file(home) as connection, pytest.raises(PublishedFileInvalid, match="no week has been built yet"):
        publish(connection, home, validate_publication, lambda *_: [], (), 5)
    assert not home.published_file.exists()


def test_an_error_while_filling_leaves_the_file_as_it_was(standing: Home) -> None:
    before = standing.published_file.read_bytes()

    def crash(*_: object) -> list:
        raise RuntimeError("crash")

    with pytest.raises(RuntimeError, match="crash"):
        publish_home(standing, sql=noted("new"), validate_tables=crash)
    assert standing.published_file.read_bytes() == before
    assert not (standing.path / "tokentide.duckdb.new").exists()
    assert publish_home(standing).is_new


# --- holding back ---


def test_a_week_is_held_back_marked_with_the_reason_until_it_passes(standing: Home) -> None:
    restated = [*full_weeks([WEEKS[1]], {"qwen/a": 9000}), *full_weeks([WEEKS[2]], {"qwen/a": 6000})]
    put_rows(standing, restated, datetime(2026, 12, 2))
    rebuild(standing, reject("staging.model_day_tokens", WEEKS[1]))
    with pytest.raises(ChecksFailed, match=f"week {WEEKS[1]}"):
        publish_home(standing)
    published = publish_home(standing, hold_back=(WEEKS[1],))
    assert published.held_back == [WEEKS[1]]
    assert published_tokens(standing) == {WEEKS[0]: 35000, WEEKS[1]: 35000, WEEKS[2]: 42000}
    with open_published(standing) as connection:
        marked = query(connection, "SELECT week_start, hold_back_reason FROM main.weeks WHERE is_held_back")
    assert [row[0] for row in marked] == [WEEKS[1]]
    assert "staging.model_day_tokens no_good" in marked[0][1]

    assert publish_home(standing).held_back == [WEEKS[1]], "held back without naming it again"

    put_rows(standing, full_weeks([WEEKS[1]], {"qwen/a": 7000}), datetime(2026, 12, 3))
    rebuild(standing)
    assert publish_home(standing).held_back == []
    assert published_tokens(standing)[WEEKS[1]] == 49000
    with open_published(standing) as connection:
        assert query(connection, "SELECT count(*) FROM main.weeks WHERE is_held_back") == [(0,)]


def test_a_good_week_named_to_be_held_back_is_published(ready: Home) -> None:
    assert publish_home(ready, hold_back=(WEEKS[0],)).held_back == []


def test_coverage_may_not_shrink(standing: Home) -> None:
    before = standing.published_file.read_bytes()
    with pytest.raises(ChecksFailed, match=f"week {WEEKS[2]}: coverage_does_not_shrink failed: observed 7"):
        publish_home(standing, sql=WITHOUT_LAST_WEEK)
    assert standing.published_file.read_bytes() == before


def test_holding_a_week_back_does_not_let_it_vanish(standing: Home) -> None:
    """`--hold-back` promises the week's last good rows, also where the working file has lost them."""
    before = published_tokens(standing)
    assert publish_home(standing, hold_back=(WEEKS[2],), sql=WITHOUT_LAST_WEEK).held_back == [WEEKS[2]]
    assert published_tokens(standing) == before


def test_a_week_held_back_is_the_same_edition_in_every_table(standing: Home) -> None:
    """A restated week whose labs fail: models and labs must both show the last good figures."""
    put_rows(standing, full_weeks([WEEKS[1]], {"qwen/a": 6000}), datetime(2026, 12, 2))
    rebuild(standing, reject("weekly.lab_tokens", WEEKS[1]))
    publish_home(standing, hold_back=(WEEKS[1],))
    with open_published(standing) as connection:
        [(models,)] = query(connection, "SELECT sum(tokens) FROM main.models WHERE week_start = ?", [WEEKS[1]])
        [(labs,)] = query(
            connection, "SELECT sum(tokens) FROM main.labs WHERE week_start = ? AND population = 'ranked'", [WEEKS[1]]
        )
    assert models == labs


def test_with_a_week_held_back_what_is_derived_agrees_with_the_rows_that_were_kept(standing: Home) -> None:
    """The restated week has another top nine, a new model and other weights: none of it may show."""
    kept = derived_rows(standing.published_file)
    empty_here = {
        "weekly.overtakes",
        "weekly.new_entrants",
        "claims.verdicts",
        "claims.alternatives",
        "weekly.pivotal_decisions",
        "prices.provider_prices",
        "prices.cross_checks",
    }
    assert all(kept[name] for name in DERIVED if name not in empty_here)
    restated = [
        *full_weeks([WEEKS[1]], {"qwen/a": 100, SMALL: 90_000, "qwen/new": 80_000}),
        *full_weeks([WEEKS[2]], {"qwen/a": 6000}),
    ]
    put_rows(standing, restated, datetime(2026, 12, 2))
    rebuild(standing, reject("weekly.lab_tokens", WEEKS[1]))
    built = derived_rows(standing.working_file)
    publish_home(standing, hold_back=(WEEKS[1],))
    published = derived_rows(standing.published_file)
    for name in DERIVED:
        if not CONTRACTS[name].has_weeks:
            continue
        assert of_week(published[name], WEEKS[1]) == of_week(kept[name], WEEKS[1]), name
        for good_week in (WEEKS[0], WEEKS[2]):
            assert of_week(published[name], good_week) == of_week(built[name], good_week), name
    weighted = "SELECT usd_per_million_tokens FROM prices.week_coverage WHERE population = 'ranked'"
    with open_published(standing) as connection:
        [(output,)] = query(
            connection,
            f"{weighted} AND source = 'test-complete' AND price_kind = 'output' AND week_start = ?",
            [WEEKS[1]],
        )
        unmatched = query(connection, "SELECT count(*) FROM prices.unmatched_models WHERE model_permaslug = 'qwen/new'")
    assert output == round(Decimal(4 * 5000 + 15 * 100) / 5100, 9)
    assert unmatched == [(0,)]
    assert of_week(built["prices.week_coverage"], WEEKS[1]) != of_week(published["prices.week_coverage"], WEEKS[1])


# --- editions ---


def test_only_the_newest_editions_are_kept(ready: Home) -> None:
    notes = ["one", "two", "three"]
    published = [publish_home(ready, editions_to_keep=2, sql=noted(note)).edition.edition for note in notes]
    assert len(set(published)) == 3
    assert kept_editions(ready) == published[-2:]
    assert edition_path(ready, published[-1]).read_bytes() == ready.published_file.read_bytes()
    with pytest.raises(PublishedFileInvalid, match=f"choose one of: {published[1]}, {published[2]}"):
        edition_path(ready, published[0])


def test_the_content_hash_does_not_depend_on_when_or_how_often_it_was_built(ready: Home) -> None:
    first = publish_home(ready).edition.content_hash
    rebuild(ready)
    assert publish_home(ready).edition.content_hash == first
    assert publish_home(ready, sql=noted("new")).edition.content_hash != first


# --- readers ---


def test_there_is_no_published_file_at_first(home: Home) -> None:
    with pytest.raises(PublishedFileInvalid, match="There is no published file yet"), open_published(home):
        pass


def test_a_file_without_an_edition_is_named(home: Home) -> None:
    home.prepare()
    connect(home.published_file).close()
    with open_published(home) as connection, pytest.raises(PublishedFileInvalid, match="holds no edition"):
        read_edition(connection)


def test_views_work_when_the_file_is_attached_under_another_name(standing: Home) -> None:
    with duckdb.connect(":memory:") as stranger:
        path = str(standing.published_file).replace("'", "''")
        stranger.execute(f"ATTACH '{path}' AS figures (READ_ONLY)")
        for name, contract in CONTRACTS.items():
            if contract.build is Build.VIEW:
                columns = [row[0] for row in stranger.execute(f"SELECT * FROM figures.{name}").description]
                assert columns == contract.column_names, name
        assert query(stranger, "SELECT DISTINCT tokens FROM figures.main.models WHERE rank = 1") == [(35000,)]


def test_the_other_duckdb_version_reads_every_table_view_and_comment(ready: Home) -> None:
    if not OTHER_DUCKDB.is_dir():
        pytest.skip("needs the other DuckDB version under .venv/duckdb-1.5 (make test installs it)")
    publish_home(ready)
    answer = run_python(
        """
        import json, sys, duckdb
        connection = duckdb.connect(sys.argv[1], read_only=True)
        counts = {name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in sys.argv[2:]}
        comments = connection.execute(
            "SELECT schema_name || '.' || table_name || '.' || column_name, comment FROM duckdb_columns() "
            "WHERE comment IS NOT NULL"
        ).fetchall()
        tables = connection.execute(
            "SELECT schema_name || '.' || table_name, comment FROM duckdb_tables() UNION ALL "
            "SELECT schema_name || '.' || view_name, comment FROM duckdb_views() WHERE NOT internal"
        ).fetchall()
        print(json.dumps([duckdb.__version__, counts, dict(comments), dict(tables)]))
        """,
        ready.published_file,
        *CONTRACTS,
        pythonpath=OTHER_DUCKDB,
    )
    version, counts, column_comments, table_comments = json.loads(answer)
    assert version.startswith("1.5.")
    assert version != duckdb.__version__
    with open_published(ready) as connection:
        assert counts == {name: query(connection, f"SELECT count(*) FROM {name}")[0][0] for name in CONTRACTS}
    assert column_comments == {
        f"{name}.{column}": contract.describe(column)
        for name, contract in CONTRACTS.items()
        for column in contract.column_names
    }
    assert {name: comment.startswith(CONTRACTS[name].description) for name, comment in table_comments.items()} == (
        dict.fromkeys(CONTRACTS, True)
    )
