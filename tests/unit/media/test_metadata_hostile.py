"""Files that mean harm: whatever is in them, reading ends soon, holds little, and gives a value or an error of ours."""

from __future__ import annotations

import io
import json
import struct
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ipyimagegen.core.errors import ImagegenError
from ipyimagegen.core.models import ModelSpec
from ipyimagegen.core.params import Param, Params
from ipyimagegen.media.metadata import Found, embed, has_c2pa, read_metadata
from ipyimagegen.media.metadata.record import Record

from .foreign import (
    IMAGE_DESCRIPTION,
    INFOTEXT,
    MAKER_NOTE,
    USER_COMMENT,
    comfy_png,
    graph,
    jpeg_with,
    node,
    png_with,
    sampler,
    tiff,
    xmp,
)
from .samples import picture, png_chunk, with_chunk

EXIF = tiff({IMAGE_DESCRIPTION: b"x"}, {USER_COMMENT: b"UNICODE\0" + INFOTEXT.encode("utf-16-be"), MAKER_NOTE: b"CAM"})
SEEDS = [
    png_with({"parameters": INFOTEXT, "prompt": json.dumps(graph())}),
    with_chunk(png_with({"XML:com.adobe.xmp": xmp("<dc:description>x</dc:description>")}, b"iTXt"), b"eXIf", EXIF),
    jpeg_with(EXIF, comment=b"x", xmp=xmp("", 'dc:description="x"')),
    picture("image/webp", exif=EXIF, xmp=xmp("")),
    EXIF,
    picture("image/avif", exif=EXIF, xmp=xmp("")),
]
MODEL = ModelSpec(
    service="a",
    name="b",
    params=Params(
        (
            Param(name="prompt", kind="text", max_length=50),
            Param(name="width", kind="integer", minimum=8, maximum=4_096),
            Param(name="height", kind="integer"),
            Param(name="seed", kind="integer"),
            Param(name="guidance_scale", kind="number"),
            Param(name="sampler", kind="choice", choices=("euler", "ddim")),
        )
    ),
)


def use(found: Found) -> None:
    """All that can be done with a value."""
    assert isinstance(found.prompt, str)
    assert len(repr(found)) < 50_000
    json.dumps({"params": dict(found.params), "doubts": found.doubts})
    params, _ = found.to_params(MODEL)
    MODEL.params.check(params)


@contextmanager
def soon(seconds: float = 2.0) -> Iterator[None]:
    """What is caught are minutes: all of these take a tenth of that."""
    began = time.process_time()
    yield
    assert time.process_time() - began < seconds


@settings(deadline=None, max_examples=25)
@given(
    st.sampled_from(SEEDS),
    st.lists(st.tuples(st.integers(0, 2_000), st.binary(min_size=1, max_size=4)), max_size=5),
    st.integers(0, 3_000),
)
def test_changed_files_give_a_value_or_an_error_of_ours(seed, changes, cut):
    data = bytearray(seed)
    for at, value in changes:
        data[at % len(data) : at % len(data) + len(value)] = value
    damaged = bytes(data[: max(0, len(data) - max(0, cut - 1_500))])
    use(read_metadata(damaged))
    assert read_metadata(io.BytesIO(damaged)) == read_metadata(damaged)
    if not has_c2pa(damaged):
        embed(damaged, Record(prompt="a cat"))


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=10)
    | st.sampled_from([["a", 0], ["b", 1]]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["text", "lora", "content", "c"]), inner)
    ),
    max_leaves=3,
)
NODES = st.builds(
    lambda kind, inputs: node(kind, **inputs),
    st.sampled_from(["KSampler", "CLIPTextEncode", "SaveImage", "StringConcatenate", "X", "CFGGuider", "Power Lora"]),
    st.dictionaries(
        st.sampled_from(
            [
                "model",
                "positive",
                "negative",
                "latent_image",
                "guider",
                "sigmas",
                "text",
                "seed",
                "steps",
                "lora_1",
                "images",
            ]
        ),
        VALUES | st.tuples(st.sampled_from("abcd"), st.integers(0, 3)).map(list),
    ),
)
LINKS = VALUES | st.lists(
    st.fixed_dictionaries(dict.fromkeys(("id", "origin_id", "origin_slot", "target_id", "target_slot"), VALUES))
)
PARTS = {"nodes": st.lists(VALUES | st.fixed_dictionaries(dict.fromkeys(("id", "type", "inputs", "mode"), VALUES)))}
FOLDED = st.fixed_dictionaries({"id": VALUES, "inputs": VALUES, "links": LINKS, **PARTS})
DRAWN = st.fixed_dictionaries(
    PARTS, optional={"links": LINKS, "definitions": VALUES | st.fixed_dictionaries({"subgraphs": st.lists(FOLDED)})}
)


@settings(deadline=None, max_examples=15)
@given(st.dictionaries(st.sampled_from("abcd"), NODES | VALUES), DRAWN)
def test_any_graph_gives_a_value(nodes, drawing):
    use(read_metadata(comfy_png(nodes)))
    use(read_metadata(png_with({"prompt": json.dumps(nodes), "workflow": json.dumps(drawing)})))
    use(read_metadata(png_with({"workflow": json.dumps(drawing)})))


KEYS = [
    "prompt",
    "c",
    "uc",
    "steps",
    "seed",
    "sui_image_params",
    "image",
    "model",
    "loras",
    "v4_prompt",
    "params",
    "caption",
]
OBJECTS = st.dictionaries(st.sampled_from(KEYS), VALUES | st.dictionaries(st.sampled_from(KEYS), VALUES))
KEYWORDS = [
    "parameters",
    "Comment",
    "invokeai_metadata",
    "sd-metadata",
    "Dream",
    "prompt",
    "workflow",
    "ipyimagegen",
    "x",
]


@settings(deadline=None, max_examples=25)
@given(
    st.dictionaries(st.sampled_from(KEYWORDS), OBJECTS.map(json.dumps) | st.text(max_size=40)),
    st.sampled_from(["", "NovelAI", "Fooocus"]),
)
def test_any_text_gives_a_value(texts, software):
    texts = {name: text.encode("utf-8", "replace") for name, text in texts.items()}
    use(read_metadata(png_with(texts | {"Software": software.encode(), "Source": software.encode()})))


def chained(length: int, kind: str = "Reroute", name: str = "conditioning") -> dict[str, Any]:
    return {f"c{n}": node(kind, **{name: [f"c{n + 1}", 0]}) for n in range(length)}


def doubling(depth: int) -> dict[str, Any]:
    nodes = {f"j{n}": node("Join", text_a=[f"j{n + 1}", 0], text_b=[f"j{n + 1}", 0]) for n in range(depth)}
    return nodes | {f"j{depth}": node("Text", text="word " * 10)}


GRAPHS = {
    "a chain of thousands": graph(**chained(4_000), sampler=sampler(positive=["c0", 0])),
    "values in a chain": graph(**chained(4_000, name="value"), sampler=sampler(seed=["c0", 0], steps=["c0", 0])),
    "texts that double": graph(**doubling(60), positive=node("CLIPTextEncode", text=["j0", 0])),
    "conditionings that double": graph(
        **{
            f"d{n}": node("Combine", conditioning_1=[f"d{n + 1}", 0], conditioning_2=[f"d{n + 1}", 1])
            for n in range(60)
        },
        sampler=sampler(positive=["d0", 0]),
    ),
    "thousands of samplers": {f"s{n}": sampler(seed=n) for n in range(1_000)} | graph(),
    "thousands of samplers in a row": {f"s{n}": sampler(latent_image=[f"s{n + 1}", 0]) for n in range(1_000)} | graph(),
    "a node of thousands of inputs": graph(
        positive=node("CLIPTextEncode", text=["big", 0]),
        big=node("Concat", **{f"text_{n}": ["big", 0] for n in range(5_000)}),
    ),
    "encoders that lead far": chained(200, name="text")
    | {f"e{n}": node("CLIPTextEncode", text=["c0", 0]) for n in range(2_000)},
    "a wide hub": graph(**{f"u{n}": node("Use", conditioning=["positive", 0]) for n in range(4_000)}),
}


@pytest.mark.parametrize("name", GRAPHS)
def test_graphs_that_would_take_for_ever_end(name):
    data = comfy_png(GRAPHS[name])
    with soon():
        use(read_metadata(data))


def bombs() -> bytes:
    body = zlib.compress(bytes(9_000_000), 9)
    chunk = png_chunk(b"zTXt", b"parameters\0\0" + body)
    data = picture()
    return data[:33] + chunk * 100 + data[33:]


def items(count: int, extents: int) -> bytes:
    """An AVIF whose items lie in thousands of places of no length."""
    infe = struct.pack(">I4sIHH4sB", 21, b"infe", 2 << 24, 1, 0, b"Exif", 0)
    iinf = struct.pack(">I4sIH", 14 + len(infe), b"iinf", 0, 1) + infe
    places = struct.pack(">HHH", 1, 0, extents) * count
    iloc = struct.pack(">I4sIHH", 16 + len(places), b"iloc", 0, 0, count) + places
    meta = struct.pack(">I4sI", 12 + len(iinf) + len(iloc), b"meta", 0) + iinf + iloc
    return struct.pack(">I4s4sI4s", 20, b"ftyp", b"avif", 0, b"avif") + meta


def directories(order: str = ">") -> bytes:
    return (
        b"MM\0*\0\0\0\x08"
        + struct.pack(f"{order}H", 1_000)
        + struct.pack(f"{order}HHII", USER_COMMENT, 7, 8_000_000, 8) * 1_000
    )


FILES: dict[str, Callable[[], bytes]] = {
    "texts that inflate": bombs,
    "items in pieces": lambda: items(6_000, 60_000),
    "fill bytes": lambda: b"\xff\xd8" + b"\xff" * 200_000,
    "segments without end": lambda: b"\xff\xd8" + b"\xff\xe1\0\2" * 50_000,
    "comments without end": lambda: b"\xff\xd8" + (b"\xff\xfe\xff\xff" + b"x" * 65_533) * 200,
    "fields into themselves": directories,
    "brackets": lambda: png_with({"parameters": b"[" * 200_000, "prompt": b'{"a":' * 40_000}),
    "digits": lambda: png_with({"parameters": b'{"prompt": "x", "seed": ' + b"9" * 4_000 + b', "steps": 1}'}),
    "lines": lambda: png_with({"parameters": b"Steps: 1\n" * 40_000}),
    "colons": lambda: png_with({"parameters": b"a1: b, " * 40_000}),
    "markup": lambda: png_with({"XML:com.adobe.xmp": b"<a:description " * 50_000 + b"<" * 200_000}, b"iTXt"),
    "names": lambda: png_with({"parameters": json.dumps({"prompt": "x"} | {f"Seed {n}": n for n in range(20_000)})}),
    "tags": lambda: png_with({"parameters": b"<lora:" * 30_000 + b"\nSteps: 1, Seed: 2"}),
}


@pytest.mark.parametrize("name", FILES)
def test_files_that_would_take_for_ever_or_all_memory_end(name):
    data = FILES[name]()
    with soon():
        use(read_metadata(data))


@pytest.mark.parametrize("name", ["texts that inflate", "comments without end", "brackets"])
def test_little_is_held_of_what_is_large(name):
    data = FILES[name]()
    tracemalloc.start()
    try:
        read_metadata(data)
        assert tracemalloc.get_traced_memory()[1] < 60_000_000
    finally:
        tracemalloc.stop()


def test_a_file_that_fails_while_it_is_read_gives_an_error_of_ours():
    class Failing(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell() > 30:
                raise OSError(5, "Input/output error")
            return super().read(size)

    with pytest.raises(ImagegenError, match="Input/output error"):
        read_metadata(Failing(SEEDS[0]))
