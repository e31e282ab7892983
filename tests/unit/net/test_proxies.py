"""Who speaks in an answer: a service in the very form that it documents, or anybody else."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipyimagegen.net.answers import Answer
from ipyimagegen.net.proxies import Own, lost, nobody, own
from ipyimagegen.services.inferencesh.errors import own_error as inferencesh
from ipyimagegen.services.openpixels.messages import own_error as openpixels
from ipyimagegen.services.segmind.errors import own_error as segmind
from ipyimagegen.services.speedpix.answers import own_error as speedpix
from tests.contract.lost import ALL, Lost

FORMS: dict[Own, Callable[[str], Any]] = {
    speedpix: lambda text: {"status": 500, "errCode": "ModelError", "errMessage": text, "apiInvokeId": "7"},
    openpixels: lambda text: {"error": {"type": "provider", "code": "bad", "message": text, "params": {}}},
    segmind: lambda text: {"error": text},
    inferencesh: lambda text: {"success": False, "error": {"code": "bad", "message": text}},
}
EVERY = pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__module__.split(".")[-2])
FIELDS = (
    "error errors message detail title status type code fault success data id taskId errCode errMessage apiInvokeId"
)
NAMES = st.sampled_from(FIELDS.split())
TEXTS = st.text(st.sampled_from("abc 17"), min_size=1, max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 600) | TEXTS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)


def answer(value: Any, status: int = 500) -> Answer:
    return Answer(status=status, headers={"content-type": "application/json"}, body=json.dumps(value).encode())


@EVERY
def test_the_documented_form_is_known(form: Own) -> None:
    assert own(answer(FORMS[form]("out of memory")), form)


@pytest.mark.parametrize("said", ALL, ids=str)
@EVERY
def test_no_proxys_words_are_the_services_own(form: Own, said: Lost) -> None:
    assert not own(Answer(status=said.status, headers={"content-type": said.media_type}, body=said.body), form)
    in_its_form = FORMS[form](said.body.decode("latin-1"))
    assert not lost(Answer(status=said.status, body=said.body)) or not own(answer(in_its_form), form)


@EVERY
def test_a_refusal_that_names_a_job_is_none(form: Own) -> None:
    for named in ({"id": "17"}, {"data": {"id": "17", "taskId": "17"}}, {"request_id": "17", "id": "17"}):
        assert not own(answer({**FORMS[form]("out of memory"), **named}), form)


@EVERY
@given(VALUES, st.integers(400, 599))
def test_whatever_comes_is_its_own_only_with_the_names_of_its_form(form: Own, value: Any, status: int) -> None:
    if own(answer(value, status), form):
        needed = {"errCode"} if form is speedpix else {"error", "type"} if form is inferencesh else {"error"}
        assert needed & value.keys()
        assert not {"id", "taskId"} & {name for name in value if value[name]}


@given(st.binary(max_size=30), st.integers(100, 999))
def test_a_service_that_documents_no_form_has_no_word_in_it(body: bytes, status: int) -> None:
    assert not own(Answer(status=status, body=body), nobody)
