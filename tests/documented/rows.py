"""Each test here is one call that a service shows its users; the call's text is the test's id."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import pytest

from ipyimagegen.gateway.work import flat_png

PICTURE = flat_png(64, 64)
"""What every job of the gateway here gives."""

Test = TypeVar("Test", bound=Callable[..., object])


def row(text: str) -> Callable[[Test], Test]:
    """Mark a test as that of the documented call `text`."""

    def mark(test: Test) -> Test:
        named: Test = pytest.mark.parametrize("row", [text], ids=[text], indirect=True)(test)
        used: Test = pytest.mark.usefixtures("row")(named)
        return used

    return mark
