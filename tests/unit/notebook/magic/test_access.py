"""`%imagegen login | logout`."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest

from ipyimagegen.core.errors import MissingKey
from ipyimagegen.settings import keys

from .conftest import Ran

Run = Callable[[str], Ran]
KEY = "SG_0123456789abcdef"


@pytest.fixture(autouse=True)
def _no_keyring(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(keys, "_keyring", lambda: None)
    yield
    for service in ("speedpix", "openpixels", "segmind", "inferencesh"):
        keys.logout(service)


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the user types next, last line first."""
    lines: list[str] = []
    monkeypatch.setattr(getpass, "getpass", lambda _prompt: lines.pop())
    return lines


def test_login_takes_the_key_and_shows_no_trace_of_it(run: Run, typed: list[str]) -> None:
    typed.append(KEY)
    ran = run("%imagegen login segmind")
    assert ran.error is None
    assert "Segmind: SEGMIND_API_KEY is set, for this session; --keep would keep it" in ran.text
    assert KEY not in ran.text
    assert keys.key("segmind").reveal() == KEY


def test_a_service_with_two_keys_is_asked_for_both(run: Run, typed: list[str]) -> None:
    typed.extend(["the-secret", "the-app"])
    assert "SPEEDPIX_APP_KEY and SPEEDPIX_APP_SECRET are set" in run("%imagegen login speedpix").text
    assert [key.reveal() for key in keys.keys("speedpix")] == ["the-app", "the-secret"]


def test_what_cannot_be_a_key_is_refused_without_showing_it(run: Run, typed: list[str]) -> None:
    typed.append("SG_half and half")
    ran = run("%imagegen login segmind")
    assert ran.message.startswith("UsageError: Segmind: the key for SEGMIND_API_KEY (from what was typed) has a space")
    assert "half" not in ran.message
    assert ran.error is not None
    assert ran.error.__cause__ is None
    with pytest.raises(MissingKey):
        keys.key("segmind")


def test_keep_puts_it_into_the_keyring(run: Run, typed: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    kept: dict[str, str] = {}
    ring = SimpleNamespace(
        get_password=lambda _, name: kept.get(name),
        set_password=lambda _, name, text: kept.update({name: text}),
        delete_password=lambda _, name: kept.pop(name),
    )
    monkeypatch.setattr(keys, "_keyring", lambda: ring)
    typed.append(KEY)
    assert "in the keyring, for later sessions too" in run("%imagegen login segmind --keep").text
    assert kept == {"SEGMIND_API_KEY": KEY}
    assert run("%imagegen logout segmind").text == "Segmind: SEGMIND_API_KEY is forgotten.\n"
    assert kept == {}


def test_keep_without_a_keyring_says_what_to_install(run: Run, typed: list[str]) -> None:
    typed.append(KEY)
    assert "pip install 'ipyimagegen[keyring]'" in run("%imagegen login segmind --keep").message


def test_where_nobody_can_be_asked_the_environment_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_prompt: str) -> str:
        raise NotImplementedError

    monkeypatch.setattr(getpass, "getpass", refuse)
    assert "set SEGMIND_API_KEY in the environment" in run("%imagegen login segmind").message


def test_alone_it_lists_where_each_key_is_from(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INFERENCE_API_KEY", KEY)
    ran = run("%imagegen login")
    found = {tuple(line.split(maxsplit=2)) for line in ran.text.splitlines() if "_KEY" in line}
    assert ("inferencesh", "INFERENCE_API_KEY", "environment") in found
    assert ("segmind", "SEGMIND_API_KEY", "not set") in found
    assert KEY not in ran.text


def test_logout_names_a_key_that_is_still_in_the_environment(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEGMIND_API_KEY", KEY)
    text = run("%imagegen logout segmind").text
    assert "SEGMIND_API_KEY in the environment is used from now on" in text
    assert KEY not in text


def test_an_address_that_is_not_the_services_own_is_told(
    run: Run, typed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEGMIND_BASE_URL", "http://127.0.0.1:8790/v1")
    typed.append(KEY)
    assert "Calls go to http://127.0.0.1:8790/v1." in " ".join(run("%imagegen login segmind").text.split())


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("login segmnd", "no service 'segmnd'; did you mean segmind?"),
        ("login local", "the embedded models (local/…) need no key"),
        ("login segmind openpixels", "usage: %imagegen login [SERVICE] [--keep]"),
        ("login --keep", "usage: %imagegen login"),
        ("login segmind --keeep", "no such option --keeep; did you mean --keep?"),
        ("logout", "usage: %imagegen logout SERVICE"),
    ],
)
def test_wrong_words_are_refused_before_anybody_is_asked(run: Run, line: str, message: str) -> None:
    assert message in run(f"%imagegen {line}").message
