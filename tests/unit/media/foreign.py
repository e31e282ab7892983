"""Files as other tools write them, put together byte by byte from the formats' own pages, for the tests of this folder.

TIFF 6.0 and Exif 2.32 for `tiff`, the JPEG, PNG and WebP containers as `samples` has them.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import Any

from .samples import picture, with_chunk

IMAGE_DESCRIPTION, MAKE, MODEL, SOFTWARE, MAKER_NOTE, USER_COMMENT = 0x010E, 0x010F, 0x0110, 0x0131, 0x927C, 0x9286
IMAGE_HISTORY = 0x9213
SETTINGS = "Steps: 20, Sampler: Euler, CFG scale: 7, Seed: 42, Size: 512x640"
INFOTEXT = f"a lighthouse at dusk\nNegative prompt: fog\n{SETTINGS}"
FACTS = {"num_inference_steps": 20, "guidance_scale": 7, "seed": 42, "width": 512, "height": 640}
Fields = Mapping[int, bytes]


def png_with(texts: Mapping[str, str | bytes], kind: bytes = b"tEXt") -> bytes:
    data = picture()
    for keyword, text in list(texts.items())[::-1]:
        body = text.encode() if isinstance(text, str) else text
        data = with_chunk(data, kind, keyword.encode() + (b"\0\0\0\0\0" if kind == b"iTXt" else b"\0") + body)
    return data


def tiff(root: Fields, exif: Fields | None = None, order: str = ">") -> bytes:
    """A TIFF block: ASCII values in the main directory, undefined ones in the Exif sub-directory, values behind."""
    exif = exif or {}
    entries = {tag: (2, value + b"\0") for tag, value in root.items()} | ({0x8769: (4, b"")} if exif else {})
    second = 8 + 2 + 12 * len(entries) + 4
    values = second + (2 + 12 * len(exif) + 4 if exif else 0)
    data, behind = b"", b""
    for fields in (entries, {tag: (7, value) for tag, value in exif.items()}):
        if not fields:
            continue
        data += struct.pack(f"{order}H", len(fields))
        for tag, (kind, value) in sorted(fields.items()):
            if kind == 4:
                data += struct.pack(f"{order}HHII", tag, kind, 1, second)
            elif len(value) <= 4:
                data += struct.pack(f"{order}HHI4s", tag, kind, len(value), value)
            else:
                data += struct.pack(f"{order}HHII", tag, kind, len(value), values + len(behind))
                behind += value + b"\0" * (len(value) % 2)
        data += struct.pack(f"{order}I", 0)
    head = b"MM\0*\0\0\0\x08" if order == ">" else b"II*\0\x08\0\0\0"
    return head + data + behind


def jpeg_with(block: bytes = b"", *, comment: bytes = b"", xmp: bytes = b"", **options: Any) -> bytes:
    data = picture("image/jpeg", **options)
    for marker, body in (
        (0xFE, comment),
        (0xE1, xmp and b"http://ns.adobe.com/xap/1.0/\0" + xmp),
        (0xE1, block and b"Exif\0\0" + block),
    ):
        if body:
            data = data[:2] + struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body + data[2:]
    return data


def commented(text: str, coding: str = "utf-16-be", code: bytes = b"UNICODE\0", order: str = ">") -> bytes:
    """A JPEG with a UserComment."""
    return jpeg_with(tiff({}, {USER_COMMENT: code + text.encode(coding)}, order))


def xmp(inside: str, attributes: str = "") -> bytes:
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:exif="http://ns.adobe.com/exif'
        f'/1.0/" xmlns:dcterms="http://purl.org/dc/terms/" {attributes}>{inside}'
        "</rdf:Description></rdf:RDF></x:xmpmeta>"
    ).encode()


Graph = dict[str, dict[str, Any]]


def node(kind: str, **inputs: Any) -> dict[str, Any]:
    return {"class_type": kind, "inputs": inputs}


def graph(**changed: Any) -> Graph:
    """A graph of ComfyUI's usual nodes: `sampler` with `model`, `positive`, `negative` and `latent` behind it.

    Nodes are exchanged or added by name.
    """
    nodes = {
        "model": node("CheckpointLoaderSimple", ckpt_name="base.safetensors"),
        "negative": node("CLIPTextEncode", text="fog", clip=["model", 1]),
        "positive": node("CLIPTextEncode", text="a lighthouse at dusk", clip=["model", 1]),
        "latent": node("EmptyLatentImage", width=512, height=640, batch_size=1),
        "sampler": sampler(),
        "decode": node("VAEDecode", samples=["sampler", 0], vae=["model", 2]),
        "save": node("SaveImage", filename_prefix="x", images=["decode", 0]),
    }
    return nodes | changed


def sampler(**changed: Any) -> dict[str, Any]:
    inputs = {
        "seed": 42,
        "steps": 20,
        "cfg": 7.0,
        "sampler_name": "euler",
        "scheduler": "normal",
        "denoise": 1.0,
        "model": ["model", 0],
        "positive": ["positive", 0],
        "negative": ["negative", 0],
        "latent_image": ["latent", 0],
    }
    return node("KSampler", **(inputs | changed))


def comfy_png(nodes: Graph, **texts: str) -> bytes:
    return png_with({"prompt": json.dumps(nodes), **texts})
