r"""What in the inputs of a call is a file: one rule for every service, and a prompt can never upload one.

A value that is no text is what it is: a `Path`, bytes, an open file, a picture. A text is a file

1. where the model's schema says that the parameter takes one;
2. in the *form* of a path (`./a.png`, `/a/b.png`, `~/a.png`, `C:\a.png`; or `photos/a.png`, with a separator and the
   suffix of a medium), at services whose documentation promises that paths are uploaded wherever they stand;
3. as a bare name (`a.png`) under a name for pictures and files only (`image`, `mask_url`),

and always only where the file exists. Under a name for words (`prompt`, `style_prompt`) no text is a file. What a
service said is none either (`core/said.py`), and a record of a file, as services give them (`{"uri": …}`), holds an
address or nothing. The names are there for comfort: with no list at all, only texts in a path's form could be files.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import GeneratorType
from typing import Any

from ...core.errors import ImagegenError, InvalidInput, Problem, capped
from ...core.params import MEDIA_KINDS, Kind, Param, Params
from ...core.paths import Form, Place, form_of, is_address, place_of
from ...core.requests import InputFile
from ...core.said import is_said
from ...media.encoded import data_uri as as_data_uri
from ...media.encoded import decode_base64, decode_data_uri
from ...media.filetypes import FILE_SUFFIXES, media_type_of
from ...media.inputs import MAX_INPUT_BYTES, as_input, exists
from ...media.names import expanded
from ...media.sniff import is_among, sniff

MAX_DEPTH = 12
RECORD_KEYS = ("uri", "url", "path")
"""Where the records that services give of files say where the file is."""
RECORD_FIELDS = frozenset(
    {"id", "uri", "upload_url", "path", "filename", "content_type", "size", "public", "created_at", "updated_at"}
)
"""What the records of inference.sh tell of a file."""
MEDIA = ("image", "video", "audio", "model", "application/pdf", "application/zip")
"""What base64 in a text must hold to be a file."""

_SURE = re.compile(r"\.{1,2}[/\\]|~[/\\]|[A-Za-z]:[/\\]")
"""A start that nothing but a path has: not so `/imagine`, `~50/50` or LaTeX's `\\\\`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """What a service's documentation promises of the texts in its inputs.

    `paths`: a text in a path's form is that file, under any name that is not one for words; otherwise only under a name
    for pictures and files. `encoded`: base64 of a known medium, and `data:` URIs, are files to upload. `words`: files
    of any type are sent; otherwise the path of one that holds plain words is left as the text that it is. `records`:
    the service takes inference.sh's records of files (`{"uri": …}`); others are given the address in one.
    """

    service: str
    paths: bool = False
    encoded: bool = False
    words: bool = False
    records: bool = False


Own = Callable[[Any], "str | InputFile | None"]
"""Reads a service's own values for files into their address or file; `None` for any other value."""


def with_files(
    values: Mapping[str, Any], promise: Promise, *, params: Params | None = None, own: Own = lambda _: None
) -> dict[str, Any]:
    """`values` as JSON can hold them, but for an `InputFile` wherever a file is meant. Addresses stay texts.

    `params` is the model's schema, where it is known. Reads files: call it away from the event loop. Raises one
    `InvalidInput` that names every problem by its place, as in `refs[0].image`.
    """
    walk = _Walk(promise, own, [])
    found = {
        str(name): walk.value(value, str(name), str(name), params.get(str(name)) if params else None, 0)
        for name, value in values.items()
    }
    if walk.problems:
        raise InvalidInput(walk.problems, model=promise.service)
    return found


@dataclass(frozen=True, slots=True)
class _Walk:
    """One walk through the values of a call. `name` is the nearest key, `where` the way to it."""

    promise: Promise
    own: Own
    problems: list[Problem]

    def value(self, value: Any, name: str, where: str, param: Param | None, depth: int) -> Any:
        if value is None or isinstance(value, bool | int | float | InputFile):
            return value.url if isinstance(value, InputFile) and value.url else value
        if isinstance(value, Mapping | list | tuple) and depth >= MAX_DEPTH:
            self.problems.append(Problem(where, f"is nested too deeply: more than {MAX_DEPTH} levels"))
            return None
        try:
            known = self.own(value)
            if known is not None:
                return known
            if isinstance(value, str):
                return self._text(value, name, param)
            file_too = callable(getattr(value, "read", None))  # the output of another service, as SpeedPix's are
            if isinstance(value, Mapping) and not file_too:
                return self._mapping(value, name, where, depth)
            if isinstance(value, list | tuple) and not file_too:
                item = param.item if param else None
                return [self.value(v, name, f"{where}[{i}]", item, depth + 1) for i, v in enumerate(value)]
            if isinstance(value, set | frozenset | GeneratorType):
                return self.value([*value], name, where, param, depth)
            if (plain := _numbers(value)) is not None:
                return plain
            file = as_input(value, kind="file")
        except InvalidInput as error:
            self.problems.extend(replace(problem, name=where) for problem in error.problems)
            return None
        return file.url or file

    def _mapping(self, value: Mapping[Any, Any], name: str, where: str, depth: int) -> Any:
        """An object's entries. A record of a file holds an address: a path in one is none of ours to read."""
        told = {key: entry for key in RECORD_KEYS if isinstance(entry := value.get(key), str)}
        if told and not any(map(is_address, told.values())):
            self.problems.extend(
                Problem(
                    f"{where}.{key}",
                    f"{capped(text, 200)!r} is no address, and a path in a record of a file is never read, as services "
                    f"write such records; for a file of your own give the path itself: {name}=Path(…)",
                )
                for key, text in told.items()
                if form_of(text) == "path" or is_said(text)
            )
        if not self.promise.records and RECORD_FIELDS.issuperset(value) and is_address(told.get("uri", "")):
            return told["uri"]
        return {
            str(key): entry if key in told else self.value(entry, str(key), f"{where}.{key}", None, depth + 1)
            for key, entry in value.items()
        }

    def _text(self, text: str, name: str, param: Param | None) -> str | InputFile:
        kind, place = _kind(param), place_of(name)
        by_schema = kind in MEDIA_KINDS
        if not text.strip() or not (by_schema or (kind in (None, "text") and place != "words")):
            return text
        address = is_address(text)
        data = None if address and not self.promise.encoded else _decoded(text)
        if data is not None:
            return as_input(data, kind="file") if by_schema or self.promise.encoded else text
        if address or not (by_schema or self._names_a_file(text, place, described=kind == "text")):
            return text
        file = as_input(text.strip(), kind="file")
        if _is_words(file) and (kind in ("image", "mask") or not (self.promise.words or by_schema)):
            if by_schema:
                raise InvalidInput(f"{text.strip()!r} is not a picture that can be used: {file.media_type}")
            return text
        return file.url or file

    def _names_a_file(self, text: str, place: Place, *, described: bool) -> bool:
        """Whether a text is the path of a file, or plainly meant as one: then reading it says what is wrong."""
        form, media = form_of(text), place == "media"
        elsewhere = form == "path" or (form == "relative" and place != "label" and _has_file_suffix(text))
        if form == "text" or not (media or (self.promise.paths and elsewhere)):
            return False
        if is_said(text):
            return media  # among words it is a text like any other
        if exists(text):
            return media or not expanded(text.strip()).is_dir()
        return _is_plainly_missing(text, form, media=media, described=described)


def _numbers(value: Any) -> Any:
    """A NumPy scalar as Python's number, an array of one dimension as a list; `None` for what may be a picture."""
    dimensions, plain = getattr(value, "ndim", None), getattr(value, "tolist", None)
    return plain() if dimensions in (0, 1) and callable(plain) else None


def _kind(param: Param | None) -> Kind | None:
    """What the schema says of a place; `None` where it says nothing."""
    return None if param is None or param.kind in ("any", "list", "object") else param.kind


def _is_plainly_missing(text: str, form: Form, *, media: bool, described: bool) -> bool:
    """Whether a text of which no file exists is meant as one all the same: to be refused, instead of sent as it is.

    "/imagine a cat", and "./weights/none" under a name that the schema describes as text, are texts.
    """
    stripped = text.strip()
    blank, suffix = bool(re.search(r"\s", stripped)), _has_file_suffix(text)
    if form != "path":
        return media and suffix and not blank
    if stripped[:7].lower() == "file://":
        return True
    if described and not suffix:
        return False
    if _SURE.match(stripped):
        return suffix or not blank
    return (suffix and not blank) or (stripped[0] == "/" and exists("/" + stripped.split("/")[1]))


def _has_file_suffix(text: str) -> bool:
    return f".{text.strip().rpartition('.')[2].lower()}" in FILE_SUFFIXES


def _is_words(file: InputFile) -> bool:
    return file.media_type.startswith("text/") or file.media_type in ("application/json", "application/xml")


def _decoded(text: str) -> bytes | None:
    """The bytes in a `data:` URI, or in base64 of a known medium; `None` for any other text."""
    try:
        if text[:5].lower() == "data:" and "," in text[:200]:
            return decode_data_uri(text, MAX_INPUT_BYTES)
        data = decode_base64(text.strip(), MAX_INPUT_BYTES)
    except ImagegenError as error:
        raise InvalidInput(str(error)) from error
    return data if data is not None and is_among(sniff(data), MEDIA) else None


def files_in(value: Any) -> list[InputFile]:
    """The files in values, each once: one that stands in two places is sent once."""
    return list({id(file): file for file in _files_in(value)}.values())


def _files_in(value: Any) -> Iterator[InputFile]:
    if isinstance(value, InputFile):
        yield value
    elif isinstance(value, Mapping | list | tuple):
        for entry in value.values() if isinstance(value, Mapping) else value:
            yield from _files_in(entry)


def replaced(value: Any, texts: Mapping[int, str]) -> Any:
    """`value` with each file in it replaced by its text, found by the file's `id`."""
    if isinstance(value, InputFile):
        return texts[id(value)]
    if isinstance(value, Mapping):
        return {key: replaced(entry, texts) for key, entry in value.items()}
    return [replaced(entry, texts) for entry in value] if isinstance(value, list | tuple) else value


def content_type(file: InputFile) -> str:
    """The media type to send a file as: what its content is, or else what its name says."""
    return media_type_of(file.media_type, file.filename)


def data_uri(file: InputFile) -> str:
    """The file as a `data:` URI. Reads it into memory; raises `InvalidInput` where it is gone or too large for that."""
    if file.size > MAX_INPUT_BYTES:
        limit = f"{MAX_INPUT_BYTES / 1e6:,.0f} MB"
        raise InvalidInput(f"{file.filename} is larger than {limit}, and this service takes files within its messages")
    try:
        data = file.read()
    except FileNotFoundError:
        raise InvalidInput([Problem("", f"{file.filename} is gone", missing=True)]) from None
    except OSError as error:
        raise InvalidInput(f"{file.filename} cannot be read: {error.strerror}") from None
    return as_data_uri(data, content_type(file))
