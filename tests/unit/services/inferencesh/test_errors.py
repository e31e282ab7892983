"""inference.sh's exceptions can be made as its own library makes them, and say what a problem's `detail` says."""

from __future__ import annotations

import asyncio
import copy
import pickle

import httpx
import pytest

from ipyimagegen.core.errors import NotFound
from ipyimagegen.net.http import Http
from ipyimagegen.services.inferencesh import APIError, RequirementsNotMetError
from ipyimagegen.services.inferencesh.api import Api
from tests.unit.net.virtual import EvenClock


def test_it_is_made_from_a_status_a_message_and_a_body() -> None:
    made = APIError(401, "bad", "{}")
    assert (401, "bad", "{}", None) == (made.status_code, made.message, made.response_body, made.code)
    assert "inferencesh: HTTP 401: bad" == str(made)
    for again in (copy.deepcopy(made), pickle.loads(pickle.dumps(made))):  # noqa: S301
        assert vars(made) == vars(again)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ('{"type": "https://inference.sh/errors/requires_sign_in"}', "requires_sign_in"),
        ('{"error": {"code": "quota"}}', "quota"),
        ("no JSON", None),
        (None, None),
    ],
)
def test_its_code_is_read_from_the_body(body: str | None, code: str | None) -> None:
    assert code == APIError(403, "no", body).code


def test_requirements_are_read_from_an_answer() -> None:
    action = {"type": "add_scopes", "provider": "google", "scopes": ["drive"]}
    made = RequirementsNotMetError.from_response(
        {"errors": [{"type": "scope", "key": "drive", "message": "needed", "action": action}, "odd"]}
    )
    assert 412 == made.status_code
    assert ("scope", "drive", ("drive",)) == (made.errors[0].type, made.errors[0].key, made.errors[0].action.scopes)  # type: ignore[union-attr]
    assert "odd" == made.errors[1].message


def test_the_detail_of_a_problem_alone_is_the_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INFERENCE_API_KEY", "inf_key")
    problem = {"type": "about:blank", "title": "Not Found", "status": 404, "detail": "task not found"}
    api = Api()
    api.http = Http(
        "inferencesh",
        "https://service.example",
        transport=httpx.MockTransport(lambda _: httpx.Response(404, json=problem)),
        clock=EvenClock(),
    )
    with pytest.raises(APIError) as caught:
        asyncio.run(api.get("t1"))
    assert "task not found" == caught.value.message
    assert isinstance(caught.value, NotFound)
