"""Bytes inside of texts from outside: each is read, or is none, or is refused in our words."""

from __future__ import annotations

import base64
from contextlib import suppress
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipyimagegen.core.errors import MediaError
from ipyimagegen.media.encoded import data_uri, decode_base64, decode_data_uri, read_data_uri

HEADS = st.sampled_from(
    ["data:", "DATA:", "data:image/png", "data:;charset=x;base64", "data:image/png;base64", "data", ""]
)


@given(st.builds(lambda head, body: f"{head},{body}", HEADS, st.text(max_size=60)) | st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(MediaError):
        assert isinstance(decode_data_uri(text), bytes)
        assert read_data_uri(text)[1] == read_data_uri(text)[1].lower()
    assert isinstance(decode_base64(text), bytes | None)


@given(st.binary(min_size=24, max_size=80), st.integers(1, 20))
def test_base64_is_read_broken_into_lines_and_without_its_padding(data: bytes, width: int) -> None:
    text = base64.b64encode(data).decode()
    broken = "\n".join(text[i : i + width] for i in range(0, len(text), width))
    assert [data] * 3 == [decode_base64(form) for form in (text, broken, text.rstrip("="))]
    forms = (text, broken, text.rstrip("="), quote(text, safe=""))
    assert [data] * 4 == [decode_data_uri(f"data:image/png;base64,{form}") for form in forms]


@given(st.binary(max_size=80))
def test_a_percent_encoded_uri_is_read(data: bytes) -> None:
    assert data == decode_data_uri(f"data:,{quote(data)}")


@pytest.mark.parametrize("uri", ["data:,abcdefgh", f"data:;base64,{'A' * 64}"])
def test_more_bytes_than_asked_for_are_refused(uri: str) -> None:
    with pytest.raises(MediaError, match="more than"):
        decode_data_uri(uri, max_bytes=2)


@given(st.binary(max_size=80), st.sampled_from(["image/png", "text/plain", ""]))
def test_what_is_written_is_read_again_with_its_type(data: bytes, media_type: str) -> None:
    assert (data, media_type) == read_data_uri(data_uri(data, media_type))


@pytest.mark.parametrize("uri", ["data:;base64,-_8", "DATA:Image/PNG; BASE64 ,+/8=", "data:;base64;charset=x,%2B%2F8"])
def test_both_alphabets_and_any_order_of_parameters_are_read(uri: str) -> None:
    assert b"\xfb\xff" == decode_data_uri(uri)
