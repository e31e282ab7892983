"""Where keys come from, what is wrong with one, and that none is ever shown."""

from __future__ import annotations

import getpass
import sys
from types import ModuleType

import pytest

from ipyimagegen.core.errors import InvalidInput, MissingKey
from ipyimagegen.net.secrets import Secret
from ipyimagegen.settings import keys

SERVICES = ("speedpix", "openpixels", "segmind", "inferencesh")
VARIABLES = [name for source in map(keys.source, SERVICES) for name in (*source.variables, source.url_variable)]


class Ring(ModuleType):
    """A pretended keyring."""

    def __init__(self, *, broken: bool = False) -> None:
        super().__init__("keyring")
        self.kept: dict[str, str] = {}
        self.asked: list[tuple[str, str]] = []
        self.broken = broken

    def get_password(self, service: str, name: str) -> str | None:
        self.asked.append((service, name))
        if self.broken:
            raise RuntimeError("locked")
        return self.kept.get(name)

    def set_password(self, service: str, name: str, text: str) -> None:
        if self.broken:
            raise RuntimeError(f"no backend for {text}")
        self.kept[name] = text

    def delete_password(self, service: str, name: str) -> None:
        del self.kept[name]


@pytest.fixture(autouse=True)
def ring(monkeypatch):
    """No keys from outside: an empty environment, session and keyring."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(keys, "_session", keys._Session())
    ring = Ring()
    monkeypatch.setitem(sys.modules, "keyring", ring)
    return ring


def test_the_first_place_that_has_a_key_gives_it(monkeypatch, ring):
    found = []
    monkeypatch.setenv("SEGMIND_API_KEY", "SG_environment")
    found.append((keys.key("segmind").reveal(), keys.where("segmind")["SEGMIND_API_KEY"]))
    monkeypatch.setattr(keys, "_session", keys._Session())
    ring.kept["SEGMIND_API_KEY"] = "SG_keyring"
    found.append((keys.key("segmind").reveal(), keys.where("segmind")["SEGMIND_API_KEY"]))
    keys.login("segmind", lambda prompt: "SG_login")
    found.append((keys.key("segmind").reveal(), keys.where("segmind")["SEGMIND_API_KEY"]))
    assert [("SG_environment", "environment"), ("SG_keyring", "keyring"), ("SG_login", "login")] == found
    assert "SG_argument" == keys.key("segmind", "SG_argument").reveal()
    assert "SG_argument" == keys.key("segmind", Secret("SG_argument")).reveal()
    assert "SG_login" == keys.key("segmind", "").reveal()


def test_the_environment_is_read_at_each_call(monkeypatch):
    for text in ("inf_first", "inf_second"):
        monkeypatch.setenv("INFERENCE_API_KEY", text)
        assert text == keys.key("inferencesh").reveal()


@pytest.mark.parametrize(
    ("service", "words"),
    [
        ("speedpix", ["SPEEDPIX_APP_KEY and SPEEDPIX_APP_SECRET are not set", "eduplatform-sp.console.aliyun.com"]),
        ("openpixels", ["OPENPIXELS_API_KEY is not set", "https://openpixels.ai"]),
        ("segmind", ["SEGMIND_API_KEY is not set", "https://cloud.segmind.com/console/api-keys"]),
        ("inferencesh", ["INFERENCE_API_KEY is not set", "Settings → API Keys"]),
        ("acme", ["ACME_API_KEY is not set"]),
    ],
)
def test_a_missing_key_says_which_variable_where_keys_are_made_and_what_to_run(service, words):
    with pytest.raises(MissingKey) as caught:
        keys.key(service)
    assert service == caught.value.service
    for word in [*words, f"%imagegen login {service}", "export "]:
        assert word in str(caught.value)


def test_only_the_variable_that_is_missing_is_named(monkeypatch):
    with pytest.raises(MissingKey, match="needs a key: SPEEDPIX_APP_SECRET is not set"):
        keys.keys("speedpix", "another-key")
    monkeypatch.setenv("SPEEDPIX_APP_KEY", "key")
    with pytest.raises(MissingKey, match="needs a key: SPEEDPIX_APP_SECRET is not set"):
        keys.keys("speedpix")
    with pytest.raises(MissingKey, match="SPEEDPIX_APP_SECRET is not set"):
        keys.keys("speedpix", "another-key")


def test_a_service_with_two_keys_gives_both_in_the_order_of_its_client(monkeypatch):
    monkeypatch.setenv("SPEEDPIX_APP_SECRET", "s-secret")
    assert ["k-key", "s-secret"] == [secret.reveal() for secret in keys.keys("speedpix", "k-key")]
    assert ["k-key", "other"] == [secret.reveal() for secret in keys.keys("speedpix", "k-key", "other")]


@pytest.mark.parametrize(
    "text",
    [
        " SG_abc123 ",
        "SG_abc123\n",
        '"SG_abc123"',
        "'SG_abc123' ",
        "`SG_abc123`",
        "\ufeffSG_abc123",
        "SEGMIND_API_KEY=SG_abc123",
        'export SEGMIND_API_KEY="SG_abc123"',
        "Bearer SG_abc123",
        "Authorization: Bearer SG_abc123",
    ],
)
def test_what_a_paste_adds_is_taken_off(text):
    assert "SG_abc123" == keys.key("segmind", text).reveal()


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        ("space or a line break", "SG_hidden part"),
        ("space or a line break", "SG_hidden\nSG_second"),
        ("characters that no key has", "SG_hidden–part"),
        ("characters that no key has", "SG_hidden\x00"),
        ("5,000 characters", "hidden" + "x" * 4994),
        ("an address; that belongs into SEGMIND_BASE_URL", "https://hidden.example"),
        ("a placeholder", "<hidden>"),
        ("a placeholder", "..."),
        ("is empty", "''"),
    ],
)
def test_what_cannot_be_a_key_is_refused_with_a_reason_that_does_not_show_it(reason, text):
    with pytest.raises(MissingKey, match=reason) as caught:
        keys.key("segmind", text)
    assert "hidden" not in str(caught.value)
    assert "from the argument" in str(caught.value)


def test_a_key_that_is_only_white_space_is_no_key(monkeypatch):
    monkeypatch.setenv("SEGMIND_API_KEY", "  ")
    with pytest.raises(MissingKey, match="is not set"):
        keys.key("segmind")


def test_login_asks_for_every_key_and_keeps_none_on_disk(ring):
    asked = list[str]()

    def answer(prompt: str) -> str:
        asked.append(prompt)
        return f"key{len(asked)}"

    keys.login("speedpix", answer)
    assert ["SPEEDPIX_APP_KEY: ", "SPEEDPIX_APP_SECRET: "] == asked
    assert ["key1", "key2"] == [secret.reveal() for secret in keys.keys("speedpix")]
    assert {} == ring.kept
    assert "key1" not in repr(keys._session)


@pytest.mark.parametrize("text", ["YOUR_API_KEY", "your-api-key-here", "xxxx"])
def test_a_placeholder_is_refused_where_it_is_typed_and_taken_in_an_example(text):
    assert text == keys.key("segmind", text).reveal()
    with pytest.raises(MissingKey, match="placeholder"):
        keys.login("segmind", lambda prompt: text)


def test_login_changes_nothing_when_an_answer_is_no_key():
    answers = iter(["good", "not good"])
    with pytest.raises(MissingKey, match="from what was typed"):
        keys.login("speedpix", lambda prompt: next(answers))
    assert {"SPEEDPIX_APP_KEY": "", "SPEEDPIX_APP_SECRET": ""} == keys.where("speedpix")


def test_login_can_put_a_key_into_the_keyring_and_logout_takes_it_out(ring):
    keys.login("segmind", lambda prompt: "SG_kept", keep=True)
    assert {"SEGMIND_API_KEY": "SG_kept"} == ring.kept
    keys.logout("segmind")
    assert {} == ring.kept
    assert {"SEGMIND_API_KEY": ""} == keys.where("segmind")
    keys.logout("segmind")


def test_a_keyring_that_fails_is_as_good_as_none_and_shows_nothing(monkeypatch):
    monkeypatch.setitem(sys.modules, "keyring", Ring(broken=True))
    monkeypatch.setenv("SEGMIND_API_KEY", "SG_environment")
    assert "SG_environment" == keys.key("segmind").reveal()
    with pytest.raises(InvalidInput, match="RuntimeError") as caught:
        keys.login("segmind", lambda prompt: "SG_hidden", keep=True)
    assert "SG_hidden" not in str(caught.value)
    assert caught.value.__context__ is None
    keys.logout("segmind")


def test_without_a_keyring_keeping_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "keyring", None)

    def refuse(prompt: str) -> str:
        raise AssertionError(prompt)

    with pytest.raises(InvalidInput, match=r"ipyimagegen\[keyring\]"):
        keys.login("segmind", refuse, keep=True)
    with pytest.raises(MissingKey):
        keys.key("segmind")


def test_login_asks_as_the_kernel_does_at_that_moment(monkeypatch):
    monkeypatch.setattr(getpass, "getpass", lambda prompt: f"SG_{len(prompt)}")
    keys.login("segmind")
    assert keys.key("segmind").reveal() == "SG_17"
    keys.logout("segmind")


def test_the_keyring_is_asked_once_per_process(ring):
    for _ in range(3):
        with pytest.raises(MissingKey):
            keys.key("openpixels")
    assert [("ipyimagegen", "OPENPIXELS_API_KEY")] == ring.asked


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        ("https://api.segmind.com", None),
        ("https://gateway.example/v1", "https://gateway.example/v1/"),
        ("https://gateway.example", "gateway.example"),
        ("http://127.0.0.1:8188", "127.0.0.1:8188"),
        ("http://localhost:8188/segmind", "localhost:8188/segmind/"),
        ("http://127.0.0.1:8188", ' "http://127.0.0.1:8188" '),
    ],
)
def test_the_address_of_a_service(expected, text, monkeypatch):
    if text is not None:
        assert expected == keys.base_url("segmind", text)
        monkeypatch.setenv("SEGMIND_BASE_URL", text)
    assert expected == keys.base_url("segmind")


@pytest.mark.parametrize(
    "text", ["ftp://a.example", "https://", "https://user:pass@a.example", "https://a b", "https://a:99999"]
)
def test_what_is_no_address_is_refused(text):
    with pytest.raises(InvalidInput, match="SEGMIND_BASE_URL") as caught:
        keys.base_url("segmind", text)
    assert "pass" not in str(caught.value)
