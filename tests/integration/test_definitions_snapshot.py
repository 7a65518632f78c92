"""Every asset, check, job, schedule and sensor as they were last accepted: no change of the graph goes unseen."""

import pytest
from definitions_snapshot import SNAPSHOT, definitions_as_text, difference

from assets import weekly
from pipeline.definitions import build_definitions, defs

ACCEPTED = SNAPSHOT.read_text(encoding="utf-8")


def test_the_definitions_are_those_that_were_accepted() -> None:
    found = definitions_as_text(defs)
    if found != ACCEPTED:
        shown = difference(ACCEPTED, found) or "(the order alone)"
        pytest.fail(f"The definitions changed. If that is meant: make accept-definitions\n\n{shown}", pytrace=False)


def test_a_lost_asset_shows_in_the_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = [asset for asset in weekly.ASSETS if asset.key.path[-1] != "restatements"]
    monkeypatch.setattr(weekly, "ASSETS", kept)
    shown = difference(ACCEPTED, definitions_as_text(build_definitions())).splitlines()
    assert "- jobs > build_and_publish > assets: weekly/restatements" in shown
    assert "- assets > weekly/restatements > pool: tokentide_writer" in shown
    assert "+ assets > weekly/restatements > pool: none" in shown, "the publication still asks for it"


def test_a_check_that_no_longer_blocks_shows_in_the_difference() -> None:
    loosened = ACCEPTED.replace('"key_is_unique": "blocking"', '"key_is_unique": "warning"', 1)
    assert difference(ACCEPTED, loosened).splitlines() == [
        "- assets > attribution/aliases > checks > key_is_unique: blocking",
        "+ assets > attribution/aliases > checks > key_is_unique: warning",
    ]
