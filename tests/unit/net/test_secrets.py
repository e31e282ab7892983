"""A key never shows itself."""

from __future__ import annotations

import base64
import copy
import dataclasses
import json
import logging
import pickle
import pprint
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipyimagegen.net.secrets import LOGGERS, MASK, Secret, redact, shield

KEY = "sk-op-0123/45+67=89"
SECRET = Secret(KEY)


@pytest.mark.parametrize(
    "shown",
    [
        str(SECRET),
        repr(SECRET),
        f"{SECRET}",
        f"{SECRET!r:>40}",
        f"{SECRET:>40}",
        "%s %r" % (SECRET, SECRET),  # noqa: UP031
        "{0} {0!s}".format(SECRET),  # noqa: UP032
        pprint.pformat({"key": [SECRET]}),
        str({"a": SECRET, SECRET: 1}),
        str(Exception(SECRET)),
        repr(dataclasses.make_dataclass("D", ["key"])(SECRET)),
        logging.LogRecord("x", 10, "p", 1, "key %s", (SECRET,), None).getMessage(),
    ],
)
def test_no_way_of_showing_it_shows_it(shown):
    assert KEY not in shown
    assert MASK in shown


def test_it_is_neither_pickled_nor_written_as_json():
    with pytest.raises(TypeError, match="keys do not leave"):
        pickle.dumps({"a": SECRET})
    with pytest.raises(TypeError):
        json.dumps({"a": SECRET})
    assert SECRET is copy.deepcopy([SECRET])[0]
    assert SECRET is copy.copy(SECRET)


def test_it_has_no_attributes_to_look_into():
    with pytest.raises(TypeError):
        vars(SECRET)


def test_secrets_are_equal_by_their_text_and_never_equal_to_text():
    assert Secret(KEY) == SECRET
    assert Secret("other") != SECRET
    assert KEY != SECRET
    assert {SECRET} == {Secret(KEY)}
    assert not Secret("")
    assert KEY == SECRET.reveal()


def test_a_scheme_is_put_before_it():
    assert f"Bearer {KEY}" == SECRET.after("Bearer").reveal()


@pytest.mark.parametrize(
    "text",
    [
        KEY,
        f"invalid key: {KEY}!",
        f"https://x/?k={quote(KEY, safe='')}&y",
        json.dumps({"k": KEY}),
        base64.b64encode(KEY.encode()).decode(),
        f"Authorization: Bearer {KEY}",
    ],
)
def test_it_is_taken_out_of_text_in_every_spelling(text):
    for secret in (SECRET, SECRET.after("Bearer")):
        clean = redact(text, [secret])
        assert MASK in clean
        assert KEY not in clean


@given(
    st.text(max_size=40), st.text(max_size=40), st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=4)
)
def test_it_is_taken_out_wherever_it_stands(before, after, key):
    if key not in MASK:
        assert key not in redact(before + key + after, [Secret(key)]).replace(MASK, "|")


def test_a_key_that_reads_like_the_mask_is_not_masked_in_it():
    assert f"a {MASK} and {MASK}" == redact("a key-of-mine and secret", [Secret("key-of-mine"), Secret("secret")])
    assert MASK == redact(MASK, [Secret("secret")])


def test_short_words_are_not_blotted_out():
    assert "a key" == redact("a key", [Secret("a"), Secret("")])


def test_only_the_loggers_of_the_http_library_are_touched():
    before = {name: logging.getLogger(name).filters[:] for name in ("", "asyncio", "ipyimagegen")}
    shield(Secret("shielded-key"))
    shield(Secret("shielded-key"))
    assert before == {name: logging.getLogger(name).filters for name in before}
    assert all(1 == len(logging.getLogger(name).filters) for name in LOGGERS)
    assert MASK == redact("shielded-key")


def test_the_filter_takes_the_key_out_of_arguments_and_leaves_other_lines_alone(caplog):
    shield(Secret("shielded-key"))
    with caplog.at_level(logging.DEBUG, logger="httpcore.http11"):
        logging.getLogger("httpcore.http11").debug("headers=%r", [(b"x-api-key", b"shielded-key")])
        logging.getLogger("httpcore.http11").debug("bytes %d", 7)
    assert ["headers=[(b'x-api-key', b'[secret]')]", "bytes 7"] == caplog.messages
    assert (7,) == caplog.records[1].args
