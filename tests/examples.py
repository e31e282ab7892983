"""How many examples a property gets, in the terms of the profile that was chosen."""

from __future__ import annotations

from hypothesis import settings


def times_as_many(factor: int) -> settings:
    """For what reads foreign bytes and schemas: more examples than others, under each profile."""
    return settings(max_examples=factor * settings().max_examples)
