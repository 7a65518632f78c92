"""A person's way through the Dagster UI, by clicks in a real browser: build a week, backfill a span, read a check, see
a bad snapshot stop the graph.

One test: each step goes on from the one before, and a server takes ten seconds to start. Its screenshots are kept in
the test's temporary folder. Not here: what the server says of the graph (test_readme.py).
"""

import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import building
import pytest
from command_line import CommandLine
from playwright.sync_api import Locator, Page, expect, sync_playwright
from snapshots_of_faults import AFTER_THE_ARCHIVE, archive_rows
from web_server import free_port, graphql, serving

from warehouse.results import format_observed

CHROMIUM = shutil.which("chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# without a graphics card the processor draws every frame of a spinner, and the runs have it less
STILL = "* { animation: none !important; transition: none !important; }"
A_CLICK_MS = 60_000  # on a busy machine; the first page compiles megabytes of scripts
A_RUN_MS = 180_000  # the daemon looks for new backfills every 30 seconds, and starts one run at a time
FIRST, WEEK = "2026-02-02", "2026-02-09"
RUNS = "{ runsOrError { ... on Runs { results { startTime endTime tags { key value } } } } }"
UNKNOWN_SHARES = """
    SELECT sum(tokens) FILTER (country_code = 'ZZ') / sum(tokens) AS share, week_start
    FROM attribution.model_day_tokens GROUP BY week_start ORDER BY share DESC NULLS LAST
"""


@pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's package chromium, which .ci/run installs")
def test_a_person_builds_backfills_reads_a_check_and_sees_a_failure(empty_line: CommandLine, tmp_path: Path) -> None:
    line, port = empty_line, free_port()
    (line.surroundings / "cwd").mkdir(parents=True)
    command = [sys.executable, "-m", "pipeline.cli", "ui"]
    environment = line.environment | {"TOKENTIDE_UI_PORT": str(port)}
    with (
        serving(command, port, env=environment, cwd=line.surroundings / "cwd") as address,
        browsing(address, tmp_path) as page,
    ):
        run = materialize_all(page, WEEK, "Launch 1 run")
        backfill = materialize_all(page, f"[{FIRST}...{WEEK}]", "Launch backfill")
        open_run(page, run)
        watch_run(page, "Success")
        page.screenshot(path=tmp_path / "week.png")
        open_run(page, backfill)
        watch_backfill_of_one_run(page)
        page.screenshot(path=tmp_path / "backfill.png")
        require_one_after_the_other(address)
        assert line.query("SELECT count(*) FROM main.weeks") == [(2,)]

        open_check(page, "attribution / model_day_tokens", "unknown_share_is_small")
        largest_share, its_week = line.query(UNKNOWN_SHARES)[0]
        expect(row(page, "observed")).to_contain_text(f"0 to {format_observed(largest_share)} unknown share")
        expect(row(page, "worst_week")).to_contain_text(str(its_week))
        page.screenshot(path=tmp_path / "check.png")

        published = line.home.published_file.read_bytes()
        rows = archive_rows("2026-02-10", "2026-02-10")
        building.put_rows(line.home, [(*rows[0][:2], -5), *rows[1:]], AFTER_THE_ARCHIVE)
        materialize_all(page, WEEK, "Launch 1 run")
        watch_run(page, "Failure")
        page.reload()
        expect(page.get_by_text("Errored (1)")).to_be_visible()
        scroll_to_the_end_of_the_log(page)
        page.screenshot(path=tmp_path / "failure.png")
        expect(page.get_by_text(f"weeks {WEEK} keep the old rows, and nothing is published.").last).to_be_visible()
        expect(page.get_by_text("2026-02-10: row 1: total_tokens is negative: -5").last).to_be_visible()
        page.get_by_text("Not executed (").click()
        for step in ("attribution__model_day_tokens", "weekly__country_tokens", "publication"):
            expect(page.get_by_text(step, exact=True).last).to_be_attached()
        assert line.home.published_file.read_bytes() == published
    assert line.files_written_outside() == []


@contextmanager
def browsing(address: str, home: Path) -> Iterator[Page]:
    """A page of Debian's Chromium, whose HOME is the given folder."""
    expect.set_options(timeout=A_CLICK_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS, env={"HOME": str(home)})
        page = browser.new_page(viewport={"width": 1500, "height": 950})
        page.set_default_timeout(A_CLICK_MS)
        page.goto(address)
        page.add_style_tag(content=STILL)
        yield page
        browser.close()


def row(page: Page, name: str) -> Locator:
    return page.get_by_role("row").filter(has=page.get_by_text(name, exact=True))


def go_to(page: Page, name: str) -> None:
    """By the navigation at the left."""
    page.get_by_role("navigation").get_by_text(name, exact=True).click()


def materialize_all(page: Page, partitions: str, button: str) -> str:
    """Launches the job for the partitions and gives the address that the UI then offers to view."""
    go_to(page, "Jobs")
    page.get_by_role("link", name="build_and_publish").first.click()
    page.get_by_role("button", name="Materialize all").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("Show all partitions").click()  # of the first it shows the last 90 days
    selection = dialog.get_by_role("textbox").first
    selection.fill(partitions)
    selection.press("Tab")
    view = page.get_by_role("region", name="Notifications").get_by_text("View", exact=True)
    expect(view).to_have_count(0)  # that of the launch before goes after some seconds
    dialog.get_by_role("button", name=button, exact=True).click()
    view.click()
    page.wait_for_url(re.compile(r"/runs/.*\w{8}"))
    return page.url


def open_run(page: Page, address: str) -> None:
    """A run or a backfill, by the list of runs: loading its page anew would compile all scripts again."""
    go_to(page, "Runs")
    page.get_by_role("link", name=address.split("/")[-1][:8]).first.click()


def watch_run(page: Page, status: str) -> None:
    """Sees the steps of the open run move on without loading the page anew, and the run end with the status."""
    expect(page.get_by_text(re.compile(r"^Succeeded \([1-9]"))).to_be_visible(timeout=A_RUN_MS)
    expect(page.get_by_text("Executing (1)")).to_be_visible()
    expect(page.get_by_text(status, exact=True).first).to_be_visible(timeout=A_RUN_MS)
    expect(page.get_by_text("Executing (0)")).to_be_visible()


def scroll_to_the_end_of_the_log(page: Page) -> None:
    """Only the lines in view are in the page, and on a busy machine it may have stopped following them."""
    page.mouse.move(900, 700)
    page.mouse.wheel(0, 1_000_000)


def watch_backfill_of_one_run(page: Page) -> None:
    expect(page.get_by_text("100% completed")).to_be_visible(timeout=A_RUN_MS)
    page.get_by_role("tab", name="Runs").click()
    expect(page.get_by_role("link", name="View", exact=True)).to_have_count(1)
    expect(page.get_by_text("Success", exact=True)).to_have_count(1)


def require_one_after_the_other(address: str) -> None:
    """Both were launched at once: one run waited for the other, and one has the whole span."""
    first, second = sorted(graphql(address, RUNS)["runsOrError"]["results"], key=lambda run: run["startTime"])
    assert first["endTime"] <= second["startTime"]
    tags = {tag["key"]: tag["value"] for tag in second["tags"]}
    assert tags["dagster/asset_partition_range_start"] == FIRST
    assert tags["dagster/asset_partition_range_end"] == WEEK


def open_check(page: Page, asset: str, check: str) -> None:
    go_to(page, "Catalog")
    page.get_by_role("link", name=asset).first.click()
    page.get_by_role("tab", name="Checks").click()
    page.get_by_text(check, exact=True).first.click()
