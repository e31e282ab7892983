"""Schemas for Hypothesis: the sort that services publish, and worse."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

NUMBERS = st.one_of(
    st.integers(), st.floats(allow_nan=True, allow_infinity=True), st.sampled_from([10**400, -(10**400), 1e308, -1e308])
)
NODES: st.SearchStrategy[Any] = st.recursive(
    st.one_of(
        st.builds(
            lambda kind, low, high, step, default: {
                "type": kind,
                "minimum": low,
                "maximum": high,
                "multipleOf": step,
                "default": default,
            },
            st.sampled_from(["integer", "number"]),
            NUMBERS,
            NUMBERS,
            NUMBERS,
            NUMBERS,
        ),
        st.builds(lambda default: {"type": "string", "default": default}, st.text(max_size=80)),
        st.builds(lambda values: {"enum": values}, st.lists(st.one_of(st.text(), NUMBERS, st.none(), st.booleans()))),
        st.just({"type": "boolean"}),
        st.just({"type": "object"}),
        st.just({"type": "string", "format": "image"}),
        st.dictionaries(st.text(max_size=8), st.one_of(st.text(max_size=8), NUMBERS), max_size=3),
    ),
    lambda inner: st.one_of(
        st.builds(lambda items: {"type": "array", "items": items}, inner),
        st.builds(lambda some: {"anyOf": [*some, {"type": ["string", "null"]}]}, st.lists(inner, max_size=2)),
        st.builds(lambda some: {"allOf": some}, st.lists(inner, max_size=2)),
        st.builds(
            lambda parts, required: {"type": "object", "properties": parts, "required": [*parts][:required]},
            st.dictionaries(st.text(min_size=1, max_size=4), inner, max_size=3),
            st.integers(0, 2),
        ),
    ),
    max_leaves=4,
)

PROPERTIES = st.dictionaries(st.text(min_size=1, max_size=12), NODES, max_size=6)
"""The properties of a model's schema."""
