from __future__ import annotations

from typing import Any

import pytest

from ipyimagegen.core.errors import InvalidInput, MissingKey
from ipyimagegen.services import speedpix
from ipyimagegen.services.speedpix.client import arranged, default_client
from ipyimagegen.services.speedpix.orders import read_call

URL = "https://host.example"


@pytest.mark.parametrize(
    ("given", "named"),
    [
        (("key", "secret"), {}),
        (("key", "secret", URL), {}),
        ((URL, "key", "secret"), {}),
        (("host.example:8080", "key", "secret", 5.0), {}),
        (("localhost:8080", "key", "secret"), {}),
        ((None, "key", "secret"), {}),
        ((URL,), {"app_key": "key", "app_secret": "secret"}),
        ((), {"app_secret": "secret", "app_key": "key", "endpoint": URL}),
    ],
)
def test_an_endpoint_is_told_from_a_key_by_its_form(given: tuple[Any, ...], named: dict[str, Any]) -> None:
    values = arranged(given, named)
    assert ("key", "secret") == (values["app_key"], values["app_secret"])


@pytest.mark.parametrize(
    ("given", "named"), [(("k", "s"), {"app_key": "k"}), ((), {"appkey": "k"}), ((1, 2, 3, 4, 5, 6), {})]
)
def test_wrong_arguments_are_type_errors(given: tuple[Any, ...], named: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        arranged(given, named)


def test_a_timeout_is_a_number_of_seconds() -> None:
    with pytest.raises(InvalidInput, match="timeout"):
        speedpix.Client("key", "secret", timeout=-1)


def test_without_keys_there_is_no_client() -> None:
    with pytest.raises(MissingKey, match="SPEEDPIX_APP_KEY"):
        speedpix.Client()


def test_no_key_in_the_repr() -> None:
    client = speedpix.Client("the-app-key", "the-app-secret", URL)
    assert "the-app" not in repr(client) + repr(vars(client))


def test_the_default_client_follows_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPEEDPIX_APP_KEY", "key-one")
    monkeypatch.setenv("SPEEDPIX_APP_SECRET", "secret-one")
    first = default_client()
    assert first is default_client()
    monkeypatch.setenv("SPEEDPIX_APP_KEY", "key-two")
    assert first is not default_client()


def test_options_in_the_second_argument_give_way_to_keywords() -> None:
    call = read_call("w", {"input": {"prompt": "x"}, "alias_id": "a", "wait": False}, {"alias_id": "b"})
    assert ("b", False, {"prompt": "x"}) == (call.order.alias_id, call.wait, call.order.inputs)


def test_an_input_that_is_called_input_stays_one() -> None:
    assert read_call("w", {"input": {"a": 1}, "strength": 2}, {}).order.inputs == {"input": {"a": 1}, "strength": 2}
    assert read_call("w", {"input": "text"}, {}).order.inputs == {"input": "text"}


@pytest.mark.parametrize(
    "options",
    [{"alias_id": "a", "version_id": "1"}, {"file_encoding_strategy": "ftp"}, {"polling_interval": -1.0}],
)
def test_options_that_cannot_be_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        read_call("w", {}, options)


def test_an_unknown_option_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="aliasid"):
        read_call("w", {}, {"aliasid": "x"})
