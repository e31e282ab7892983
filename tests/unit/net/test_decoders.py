"""The same messages come out, wherever the bytes are cut."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipyimagegen.core.errors import ProtocolError
from ipyimagegen.net.decoders import Message, NdjsonDecoder, SseDecoder

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
BREAKS = st.sampled_from([b"\n", b"\r\n", b"\r"])


def fed(decoder: NdjsonDecoder | SseDecoder, chunks: list[bytes]) -> list[Message]:
    made = [message for chunk in chunks for message in decoder.feed(chunk)]
    return made + decoder.flush()


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    ends = sorted({min(cut, len(data)) for cut in cuts} | {0, len(data)})
    return [data[start:end] for start, end in pairwise(ends)]


NDJSON = '{"id":"t","status":7}\r\n\n  \n{"data":{"progress":"½ é 🖼"},"fields":["progress"]}\n{"last":true}'.encode()
SSE = (
    '\ufeff: hello\r\n\r\nevent: update\ndata: {"a":\ndata: 1}\nid: 7\n\n'
    "data:x\rdata\rretry: 10\r\r"
    "unknown: y\n\ndata: é🖼\r\n\r\nid: bad\0\ndata: z\n\ndata: cut"
).encode()
SSE_MESSAGES = [
    Message('{"a":\n1}', "update", "7"),
    Message("x\n", "message", "7"),
    Message("é🖼", "message", "7"),
    Message("z", "message", "7"),
]


def test_ndjson_is_the_same_at_every_pair_of_cuts():
    expected = [json.loads(line) for line in NDJSON.split(b"\n") if line.strip()]
    for first in range(len(NDJSON) + 1):
        for second in range(first, len(NDJSON) + 1):
            chunks = [NDJSON[:first], NDJSON[first:second], NDJSON[second:]]
            assert expected == [message.json() for message in fed(NdjsonDecoder(), chunks)]


def test_server_sent_events_are_the_same_at_every_pair_of_cuts():
    for first in range(len(SSE) + 1):
        for second in range(first, len(SSE) + 1):
            assert fed(SseDecoder(), [SSE[:first], SSE[first:second], SSE[second:]]) == SSE_MESSAGES


@given(st.lists(VALUES, max_size=6), BREAKS, st.booleans(), st.lists(st.integers(0, 400), max_size=20))
def test_any_values_survive_any_cut_as_ndjson(values, line_break, closed, cuts):
    data = line_break.join(json.dumps(value, ensure_ascii=False).encode() for value in values)
    data += line_break if closed else b""
    assert values == [message.json() for message in fed(NdjsonDecoder(), pieces(data, cuts))]


@given(st.lists(VALUES, max_size=6), BREAKS, st.lists(st.integers(0, 400), max_size=20))
def test_any_values_survive_any_cut_as_server_sent_events(values, line_break, cuts):
    data = b"".join(
        b"event: e" + line_break + b"data: " + json.dumps(value).encode() + line_break * 2 for value in values
    )
    made = fed(SseDecoder(), pieces(data, cuts))
    assert values == [message.json() for message in made]
    assert all(message.event == "e" for message in made)


@given(st.lists(st.binary(max_size=40), max_size=10))
def test_no_bytes_break_a_decoder(chunks):
    fed(NdjsonDecoder(), chunks)
    fed(SseDecoder(), chunks)


def test_one_value_over_many_lines_is_read_where_all_of_the_stream_is_one():
    data = b'{\n  "a": [1,\n 2]\n}\n'
    for cut in range(len(data) + 1):
        assert [{"a": [1, 2]}] == [m.json() for m in fed(NdjsonDecoder(whole=True), [data[:cut], data[cut:]])]


@pytest.mark.parametrize("decoder", [NdjsonDecoder(max_bytes=100), SseDecoder(max_bytes=100)])
def test_a_line_without_an_end_is_refused(decoder):
    with pytest.raises(ProtocolError, match="100 bytes"):
        fed(decoder, [b"data: " + b"x" * 60] * 3)


def test_a_long_line_is_refused_also_where_its_end_came_with_it():
    with pytest.raises(ProtocolError, match="100 bytes"):
        NdjsonDecoder(max_bytes=100).feed(b"x" * 101 + b"\n")


def test_an_event_of_endless_short_lines_is_refused():
    with pytest.raises(ProtocolError, match="100 bytes"):
        fed(SseDecoder(max_bytes=100), [b"data: xxxxxxxxxx\n"] * 11)


def test_a_message_that_is_no_json_says_so_and_quotes_little():
    with pytest.raises(ProtocolError, match="not JSON") as caught:
        Message("<html>" + "x" * 5000).json()
    assert len(str(caught.value)) < 400


def test_deep_nesting_is_an_error_and_not_a_crash():
    with pytest.raises(ProtocolError):
        Message("[" * 200_000).json()
