"""`tokentide verify`: everything that can be checked about what is published, checked anew from the bytes up."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import duckdb
from rich.console import Console
from rich.markup import escape

from warehouse.build_inputs import fill_input, fill_reference_inputs
from warehouse.builds import load_current_inputs
from warehouse.contracts import CONTRACTS, Build, Contract
from warehouse.database import fetch_one, select_sql, sql_path
from warehouse.editions import Edition, content_hash, is_as_published, open_published, read_edition
from warehouse.errors import SnapshotCorrupted, TokentideError
from warehouse.hashing import code_version, reference_hash
from warehouse.hold_back import held_back_weeks
from warehouse.home import Home
from warehouse.ingesting import load_parsed
from warehouse.known_facts import read_facts
from warehouse.parsers import KINDS
from warehouse.reference_files import REFERENCE_DIRECTORY
from warehouse.results import CheckResult
from warehouse.snapshots import SnapshotStore, as_row


@dataclass(frozen=True)
class Finding:
    """One thing that was verified; `problems` is empty where it holds."""

    what: str
    problems: list[str]


def verify(home: Home, report: Callable[[str], None]) -> list[Finding]:
    """Verifies the published file byte for byte, every snapshot behind it, that each table is what its SELECT gives
    from the layers before, and every suite.

    Raises PublishedFileInvalid where there is no file to verify.
    """
    report("published file")
    no_wal = "no foreign write-ahead log lies beside the published file"
    try:
        with open_published(home) as published:
            edition = read_edition(published)
            findings = [Finding(no_wal, []), _verify_file(home, published, edition)]
            report("snapshots")
            findings.append(_verify_snapshots(home, published))
            is_raw_whole = not findings[-1].problems
            _load_inputs(home, published, edition, is_raw_whole)
            for contract in CONTRACTS.values():
                report(contract.name)
                findings += _verify_table(published, contract, edition, is_raw_whole)
            report("publication gate")
            findings.append(_verify_gate(published))
            return findings
    except TokentideError as error:
        if home.published_wal.exists():
            return [Finding(no_wal, [str(error)])]
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


def _verify_file(home: Home, published: duckdb.DuckDBPyConnection, edition: Edition) -> Finding:
    problems = []
    if not is_as_published(home):
        problems.append(f"its bytes are not those noted in {home.published_checksum.name}: someone wrote into it")
    if (content := content_hash(published)) != edition.content_hash:
        problems.append(f"its figures have the hash {content}, published was {edition.content_hash}")
    return Finding(f"the file is what was published as {edition.edition}", problems)


def _verify_snapshots(home: Home, published: duckdb.DuckDBPyConnection) -> Finding:
    """Against what the published file says of them, not only against their own sidecars."""
    store = SnapshotStore(home)
    columns = CONTRACTS["raw.snapshots"].column_names
    said = published.execute(f"SELECT {', '.join(columns)} FROM raw.snapshots").fetchall()
    what = f"every snapshot is stored whole, as the published file names it ({len(said)})"
    try:
        stored = {snapshot.snapshot_id: snapshot for snapshot in store.snapshots()}
    except SnapshotCorrupted as error:
        return Finding(what, [str(error)])
    problems = []
    for row in said:
        row_said = dict(zip(columns, row, strict=True))
        snapshot_id = row_said["snapshot_id"]
        if snapshot_id not in stored:
            problems.append(f"{snapshot_id}: its sidecar is missing")
            continue
        row_stored = as_row(stored[snapshot_id])
        problems += [
            f"{snapshot_id}: {name} is {row_stored[name]} in its sidecar, published is {row_said[name]}"
            for name in columns
            if row_stored[name] != row_said[name]
        ]
        try:
            store.read(stored[snapshot_id])
        except SnapshotCorrupted as error:
            problems.append(str(error).split("\n")[0])
    return Finding(what, problems)


def _load_inputs(home: Home, published: duckdb.DuckDBPyConnection, edition: Edition, is_raw_whole: bool) -> None:
    """What the SELECTs and the measures read besides tables. Weeks held back are not at hand: their rows are older."""
    weeks = published.sql(
        "SELECT week_start FROM weekly.weeks WHERE week_start NOT IN (SELECT week_start FROM main.held_back_weeks) "
        "ORDER BY week_start"
    ).to_arrow_table()
    fill_input(published, "weeks_at_hand", weeks)
    fill_reference_inputs(published, read_facts())
    if is_raw_whole:
        listed = [row[0] for row in published.execute("SELECT snapshot_id FROM raw.snapshots").fetchall()]
        for kind in KINDS:
            load_parsed(published, SnapshotStore(home), kind, only=listed)
    load_current_inputs(published, edition.code_version)
    published.execute(
        "CREATE OR REPLACE TEMP TABLE published_before AS SELECT week_start, days_observed AS days FROM weekly.weeks"
    )


def _verify_table(
    published: duckdb.DuckDBPyConnection, contract: Contract, edition: Edition, is_raw_whole: bool
) -> list[Finding]:
    from checks.run import validate_candidate

    reads_bytes = contract.schema_name == "staging" and contract.build is Build.WHOLE
    if reads_bytes and not is_raw_whole:
        return []  # the bytes have just been found wanting
    findings = []
    is_current = edition.code_version == code_version() and (
        contract.schema_name not in {"attribution", "prices"}
        or edition.reference_hash == reference_hash(REFERENCE_DIRECTORY)
    )
    if contract.build is not Build.VIEW and sql_path(contract).exists() and is_current:
        findings.append(_verify_select(published, contract))
    kind = "VIEW" if contract.build is Build.VIEW else "TABLE"
    at_hand = (
        " WHERE week_start IN (SELECT week_start FROM temp.weeks_at_hand)" if contract.build is Build.WEEKS else ""
    )
    published.execute(f"CREATE OR REPLACE TEMP {kind} candidate AS SELECT * FROM {contract.name}{at_hand}")
    findings.append(_finding(f"{contract.name} passes its suite", validate_candidate(published, contract), frozenset()))
    published.execute(f"DROP {kind} candidate")
    return findings


def _verify_select(published: duckdb.DuckDBPyConnection, contract: Contract) -> Finding:
    """Rows that only the table has, and rows that only its SELECT gives."""
    columns = ", ".join(f'"{name}"' for name in contract.column_names)
    at_hand = (
        " WHERE week_start IN (SELECT week_start FROM temp.weeks_at_hand)" if contract.build is Build.WEEKS else ""
    )
    published.execute(f"CREATE OR REPLACE TEMP TABLE expected AS {select_sql(contract)}")
    table, expected = f"SELECT {columns} FROM {contract.name}{at_hand}", f"SELECT {columns} FROM temp.expected"
    only_table, only_expected = (
        fetch_one(published, f"SELECT count(*) FROM ({one} EXCEPT ALL {other})")[0]
        for one, other in ((table, expected), (expected, table))
    )
    published.execute("DROP TABLE expected")
    differ = [f"{only_table:,} rows are not what it gives, {only_expected:,} that it gives are missing"]
    return Finding(
        f"{contract.name} is what its SELECT gives from the layers before",
        differ if only_table or only_expected else [],
    )


def _verify_gate(published: duckdb.DuckDBPyConnection) -> Finding:
    from checks.run import validate_publication

    return _finding("the publication gate is green", validate_publication(published), held_back_weeks(published))


def _finding(what: str, results: list[CheckResult], held_back: frozenset[date]) -> Finding:
    """Failures of weeks that a person held back are known and marked in the file: no finding."""
    problems = [str(r) for r in results if r.outcome == "failed" and r.week_start not in held_back]
    return Finding(f"{what} ({len(results)} checks)", problems)
