"""XMP packets: the few texts in them that tools write, and whether one points to a C2PA manifest elsewhere.

Searched, not parsed: an XML parser would have to be protected against what XML can do (entities that grow).
"""

from __future__ import annotations

import html
import re

from .window import MAX_TEXT_BYTES

NAMES = ("UserComment", "description", "CreatorTool", "parameters", "prompt", "Software")
"""The properties that are read, whatever their prefix. Draw Things writes into `exif:UserComment`."""

_MAX_TAG_CHARS = 1_000
_TAG = re.compile(r"<[^<>]{0,1000}>")
_QUOTE = re.compile(r"\s{0,9}=\s{0,9}([\"'])")
_TERMS = b"http://purl.org/dc/terms/"
_PROVENANCE = re.compile(rb":provenance[\s>=]")


def points_to_c2pa(packet: bytes) -> bool:
    """Whether the packet names a remote manifest: `dcterms:provenance` (C2PA 2.1, 11.4, "External Manifests")."""
    return _TERMS in packet and _PROVENANCE.search(packet) is not None


def read(packet: bytes) -> dict[str, str]:
    """The texts in a packet by name; empty and absent ones are left out. Never raises."""
    text = packet[:MAX_TEXT_BYTES].decode("utf-8", "replace")
    return {name: value for name in NAMES if (value := _property(text, name))}


def _property(text: str, name: str) -> str:
    """A property's text, as an attribute or an element (with `rdf:Alt` and `rdf:li` inside)."""
    at = text.find(f":{name}")
    while at >= 0:
        end = at + 1 + len(name)
        if (quote := _QUOTE.match(text, end)) is not None:
            stop = text.find(quote[1], quote.end())
            return html.unescape(text[quote.end() : stop]) if stop > 0 else ""
        opened = text.find(">", end, end + _MAX_TAG_CHARS)
        if opened >= 0 and text[opened - 1] != "/" and text[end : end + 1] in ("", ">", " ", "\n", "\t", "\r"):
            closed = text.find(f":{name}>", opened)
            inside = text[opened + 1 : max(opened, text.rfind("<", opened, closed))] if closed > 0 else ""
            return html.unescape(_TAG.sub("", inside)).strip()
        at = text.find(f":{name}", end)
    return ""
