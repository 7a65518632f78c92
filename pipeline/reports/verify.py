"""`tokentide verify`: everything that can be checked about what is published, checked anew from the bytes up."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import duckdb
from rich.console import Console
from rich.markup import escape

from warehouse.build_inputs import fill_input
from warehouse.contracts import CONTRACTS, Build
from warehouse.editions import content_hash, open_published, read_edition
from warehouse.errors import SnapshotCorrupted, TokentideError
from warehouse.hold_back import held_back_weeks
from warehouse.home import Home
from warehouse.ingesting import load_parsed_rows
from warehouse.results import CheckResult
from warehouse.snapshots import SnapshotStore


@dataclass(frozen=True)
class Finding:
    """One thing that was verified; `problems` is empty where it holds."""

    what: str
    problems: list[str]


def verify(home: Home, report: Callable[[str], None]) -> list[Finding]:
    """Verifies the published file, every snapshot, and every suite over the published tables.

    Raises PublishedFileInvalid where there is no file to verify.
    """
    report("published file")
    try:
        with open_published(home) as published:
            edition = read_edition(published)
            content = content_hash(published)
            findings = [
                Finding("no foreign write-ahead log lies beside the published file", []),
                Finding(
                    f"the content is what was published as {edition.edition}",
                    []
                    if content == edition.content_hash
                    else [f"its hash is {content}, published was {edition.content_hash}"],
                ),
            ]
            report("snapshots")
            findings.append(_verify_snapshots(home, published))
            findings += _verify_suites(home, published, report, is_raw_whole=not findings[-1].problems)
            return findings
    except TokentideError as error:
        if home.published_wal.exists():
            return [Finding("no foreign write-ahead log lies beside the published file", [str(error)])]
        raise


def print_verification(console: Console, findings: list[Finding]) -> bool:
    """Prints each finding; true where all hold."""
    for finding in findings:
        mark = "[red]FAILED[/red]" if finding.problems else "[green]holds[/green] "
        console.print(f"{mark}  {escape(finding.what)}", highlight=False, soft_wrap=True)
        for problem in finding.problems[:10]:
            console.print(f"        {escape(problem)}", highlight=False, soft_wrap=True)
    bad = sum(1 for finding in findings if finding.problems)
    console.print(
        f"\n{len(findings) - bad} of {len(findings)} hold." + (" Publish anew: `tokentide run`." if bad else "")
    )
    return bad == 0


def _verify_snapshots(home: Home, published: duckdb.DuckDBPyConnection) -> Finding:
    store = SnapshotStore(home)
    rows = published.execute("SELECT snapshot_id FROM raw.snapshots").fetchall()
    problems = []
    try:
        stored = {snapshot.snapshot_id: snapshot for snapshot in store.snapshots()}
    except SnapshotCorrupted as error:
        return Finding("every snapshot is stored whole", [str(error)])
    for (snapshot_id,) in rows:
        if snapshot_id not in stored:
            problems.append(f"{snapshot_id}: its sidecar is missing")
            continue
        try:
            store.read(stored[snapshot_id])
        except SnapshotCorrupted as error:
            problems.append(str(error).split("\n")[0])
    return Finding(f"every snapshot is stored whole ({len(rows)})", problems)


def _verify_suites(
    home: Home, published: duckdb.DuckDBPyConnection, report: Callable[[str], None], is_raw_whole: bool
) -> list[Finding]:
    from checks.run import validate_candidate, validate_publication

    weeks = published.sql("SELECT week_start FROM weekly.weeks ORDER BY week_start").to_arrow_table()
    fill_input(published, "weeks_at_hand", weeks)
    if is_raw_whole:
        load_parsed_rows(published, SnapshotStore(home))
    held_back = held_back_weeks(published)
    findings = []
    for contract in CONTRACTS.values():
        if contract.name == "staging.snapshot_days" and not is_raw_whole:
            continue  # it is measured against the bytes, which have just been found wanting
        report(contract.name)
        kind = "VIEW" if contract.build is Build.VIEW else "TABLE"
        published.execute(f"CREATE OR REPLACE TEMP {kind} candidate AS SELECT * FROM {contract.name}")
        findings.append(
            _finding(f"{contract.name} passes its suite", validate_candidate(published, contract), held_back)
        )
        published.execute(f"DROP {kind} candidate")
    report("publication gate")
    published.execute(
        "CREATE OR REPLACE TEMP TABLE published_before AS SELECT week_start, days_observed AS days FROM weekly.weeks"
    )
    findings.append(_finding("the publication gate is green", validate_publication(published), held_back))
    return findings


def _finding(what: str, results: list[CheckResult], held_back: frozenset[date]) -> Finding:
    """Failures of weeks that a person held back are known and marked in the file: no finding."""
    problems = [str(r) for r in results if r.outcome == "failed" and r.week_start not in held_back]
    return Finding(f"{what} ({len(results)} checks)", problems)
