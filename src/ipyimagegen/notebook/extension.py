"""`%load_ext ipyimagegen`: the magics, their completion, and cells without a body. Nothing is patched."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

CLASS = "ImageGen"
MAGIC = "imagegen"
_BARE_CELL = re.compile(r"%%imagegen(\s|$)")


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Register the magics with `shell`. Loading again changes nothing.

    A setting in the shell's configuration that cannot be is told in a line, and left as it was.
    """
    if CLASS in _magics(shell).registry:
        return
    from .magic.magics import ImageGen
    from .magic.matcher import Matcher
    from .magic.traits import take_out_wrong

    for problem in take_out_wrong(shell.config, ImageGen.class_traits(config=True)):
        sys.stderr.write(f"{problem}; the setting stays as it was\n")
    magics = ImageGen(shell)
    _magics(shell).register(magics)
    if shell.Completer is not None:
        shell.Completer.custom_matchers.append(Matcher(magics))
    shell.input_transformers_cleanup.append(keep_bare_cell)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Take everything out again that loading put in. Jobs go on."""
    magics = _magics(shell).registry.pop(CLASS, None)
    if magics is None:
        return
    from .magic.matcher import Matcher

    for kind in ("line", "cell"):
        _magics(shell).magics[kind].pop(MAGIC, None)
    shell.configurables[:] = [other for other in shell.configurables if other is not magics]
    if shell.Completer is not None:
        matchers = shell.Completer.custom_matchers
        matchers[:] = [other for other in matchers if not isinstance(other, Matcher)]
    transforms = shell.input_transformers_cleanup
    transforms[:] = [other for other in transforms if other is not keep_bare_cell]


def keep_bare_cell(lines: list[str]) -> list[str]:
    """Give a cell that is only `%%imagegen …` an empty body.

    IPython refuses a cell magic without one before the magic is asked; models that take no prompt need none.
    """
    if len(lines) == 1 and _BARE_CELL.match(lines[0]):
        return [lines[0] if lines[0].endswith("\n") else f"{lines[0]}\n", "\n"]
    return lines


def _magics(shell: InteractiveShell) -> Any:
    return shell.magics_manager
