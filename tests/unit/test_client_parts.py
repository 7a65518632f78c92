"""What the clients make of headers, keys and addresses, without any server."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from pipeline.clients.errors import KeyRefused
from pipeline.clients.http import retry_after_seconds, usable
from pipeline.clients.rankings_api import HISTORY_START, MAX_DAYS, request_spans
from pipeline.clients.remembered import remember
from pipeline.dev_server.faults import Fault, Faults, parse_fault
from pipeline.settings import Settings, variable_of
from warehouse.errors import StorageFailed

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
KEY = "sk-or-v1-not-a-real-key"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (None, None),
        ("7", 7),
        (" 0 ", 0),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90),
        ("Fri, 20 Nov 2026 12:01:30 -0000", 90),
        (format_datetime(NOW - timedelta(hours=1), usegmt=True), 0),
        ("-3", None),
        ("soon", None),
        ("", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(text: str | None, seconds: float | None) -> None:
    assert retry_after_seconds(text, NOW) == seconds


@pytest.mark.parametrize("text", ["", "two words", "line\nbreak", "schlüssel"])
def test_a_key_that_no_header_can_carry_is_refused_without_showing_it(text: str) -> None:
    with pytest.raises(KeyRefused) as caught:
        usable(SecretStr(text))
    assert not text or text not in str(caught.value)


def test_the_key_comes_from_the_environment_and_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENROUTER_API_KEY", f" {KEY}\n")
    settings = Settings()
    assert settings.key is not None
    assert settings.key.get_secret_value() == KEY
    assert KEY not in f"{settings!r} {settings} {settings.key!r} {settings.model_dump()} {settings.model_dump_json()}"
    monkeypatch.setenv("OPENROUTER_API_KEY", "")
    assert Settings().key is None


@pytest.mark.parametrize("url", ["https://openrouter.ai", "http://127.0.0.1:8765", "http://localhost:1"])
def test_an_address_that_is_safe_for_a_key(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKENTIDE_OPENROUTER_URL", f"{url}/")
    assert Settings().openrouter_url == url


@pytest.mark.parametrize(
    "url", ["http://openrouter.ai", "openrouter.ai", "ftp://127.0.0.1", "https://", "https://me:word@openrouter.ai", ""]
)
def test_an_address_over_which_a_key_would_travel_in_the_clear(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKENTIDE_OPENROUTER_URL", url)
    with pytest.raises(ValidationError, match="must be https"):
        Settings()


def test_the_whole_history_takes_two_requests() -> None:
    spans = request_spans(HISTORY_START, datetime(2026, 11, 19).date())
    assert len(spans) == 2


@given(first=st.dates(), days=st.integers(-3, 2000))
def test_spans_make_up_the_days_with_the_fewest_requests(first, days) -> None:
    try:
        last = first + timedelta(days=days - 1)
    except OverflowError:
        return
    if last.year == 9999:
        return
    spans = request_spans(first, last)
    in_spans = [start + timedelta(days=n) for start, end in spans for n in range((end - start).days + 1)]
    assert in_spans == [first + timedelta(days=n) for n in range(max(days, 0))]
    assert len(spans) == -(-max(days, 0) // MAX_DAYS)


def test_faults_by_name_and_number() -> None:
    assert parse_fault("wrong-hash") == (Fault.WRONG_HASH, None)
    assert parse_fault("server-errors:7") == (Fault.SERVER_ERRORS, 7)
    for text in ("", "nonsense", "slow:often"):
        with pytest.raises(ValueError, match=r"no fault|no number"):
            parse_fault(text)
    faults = Faults([Fault.SERVER_ERRORS])
    assert [faults.strikes(Fault.SERVER_ERRORS) for _ in range(3)] == [True, True, False]
    assert not faults.strikes(Fault.SLOW)


def test_a_secret_in_a_setting_is_not_shown_where_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKENTIDE_OPENROUTER_URL", "http://user:SECRET@example.org")
    with pytest.raises(ValidationError) as refused:
        Settings()
    assert "SECRET" not in str(refused.value)


def test_what_cannot_be_remembered_leaves_no_part_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "etags.json").mkdir()
    with pytest.raises(StorageFailed, match="Could not write"):
        remember(tmp_path / "etags.json", {"etag": "a"})
    with pytest.raises(TypeError):
        remember(tmp_path / "requests.json", {"at": NOW})
    assert [path.name for path in tmp_path.iterdir()] == ["etags.json"]


@pytest.mark.parametrize(
    ("said", "variable"),
    [({"OPENROUTER_API_KEY": 7}, "OPENROUTER_API_KEY"), ({"refetch_days": 0}, "TOKENTIDE_REFETCH_DAYS")],
)
def test_a_setting_that_is_refused_is_named_by_the_variable_that_sets_it(said: dict, variable: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Settings.model_validate(said)
    assert [variable_of(str(problem["loc"][0])) for problem in refused.value.errors()] == [variable]
    assert variable_of("openrouter_api_key") == "OPENROUTER_API_KEY"
