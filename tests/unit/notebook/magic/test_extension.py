"""Loading and unloading."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING

import pytest
from traitlets.config.loader import DeferredConfigString

from ipyimagegen.jobs.session import default_client
from ipyimagegen.notebook.extension import keep_bare_cell, load_ipython_extension, unload_ipython_extension

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


def state(shell: InteractiveShell) -> tuple[object, ...]:
    """Everything in a shell that loading could touch."""
    manager = shell.magics_manager
    return (
        set(manager.magics["line"]),
        set(manager.magics["cell"]),
        set(manager.registry),
        [type(other).__name__ for other in shell.configurables],
        list(shell.Completer.custom_matchers),
        list(shell.input_transformers_cleanup),
        list(shell.input_transformers_post),
        sorted(shell.user_ns),
        {name: len(found) for name, found in shell.events.callbacks.items()},
    )


def test_unloading_takes_out_all_that_loading_put_in(bare_shell: InteractiveShell) -> None:
    before = state(bare_shell)
    load_ipython_extension(bare_shell)
    assert state(bare_shell) != before
    unload_ipython_extension(bare_shell)
    assert state(bare_shell) == before


def test_loading_twice_and_unloading_twice_change_nothing_more(bare_shell: InteractiveShell) -> None:
    before = state(bare_shell)
    load_ipython_extension(bare_shell)
    once = state(bare_shell)
    load_ipython_extension(bare_shell)
    assert state(bare_shell) == once
    unload_ipython_extension(bare_shell)
    unload_ipython_extension(bare_shell)
    assert state(bare_shell) == before


def test_the_extension_reloads_by_its_one_name(
    bare_shell: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    for line in ("%load_ext ipyimagegen", "%reload_ext ipyimagegen", "%reload_ext ipyimagegen"):
        assert bare_shell.run_cell(line).success
    assert capsys.readouterr().out == ""
    assert len(bare_shell.Completer.custom_matchers) == 1
    assert bare_shell.run_cell("%unload_ext ipyimagegen").success
    assert bare_shell.find_line_magic("imagegen") is None


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["%%imagegen"], ["%%imagegen\n", "\n"]),
        (["%%imagegen a/b\n"], ["%%imagegen a/b\n", "\n"]),
        (["%%imagegen?\n"], ["%%imagegen?\n"]),
        (["%%imagegenx\n"], ["%%imagegenx\n"]),
        (["%%imagegen a/b\n", "x\n"], ["%%imagegen a/b\n", "x\n"]),
        (["%%time\n"], ["%%time\n"]),
        ([], []),
    ],
)
def test_only_our_own_cells_without_a_body_get_one(lines: list[str], expected: list[str]) -> None:
    assert keep_bare_cell(lines) == expected


def test_loading_prints_nothing_patches_nothing_and_imports_no_widgets() -> None:
    code = """
        import asyncio, sys
        from IPython.core.interactiveshell import InteractiveShell
        shell = InteractiveShell.instance()
        before = asyncio.run, asyncio.Task, asyncio.get_event_loop, sys.excepthook, sys.displayhook
        assert shell.run_cell("%load_ext ipyimagegen").success
        assert before == (asyncio.run, asyncio.Task, asyncio.get_event_loop, sys.excepthook, sys.displayhook)
        heavy = {"anywidget", "ipywidgets", "numpy", "PIL", "httpx", "nest_asyncio", "nest_asyncio2"} & set(sys.modules)
        assert not heavy, heavy
        import threading
        assert not [t for t in threading.enumerate() if t.name == "ipyimagegen"]
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


def test_a_setting_that_cannot_be_is_told_in_a_line_and_loading_goes_on(
    bare_shell: InteractiveShell, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    for line in ("%load_ext ipyimagegen", "%config ImageGen.max_cost = 2", "%config ImageGen.max_cost = 'cheap'"):
        assert bare_shell.run_cell(line).success
    assert [row.getMessage() for row in caplog.records] == [
        "ImageGen.max_cost: 'cheap' is not an amount in US dollars, 0 or more"
    ]
    for _ in range(2):
        assert bare_shell.run_cell("%reload_ext ipyimagegen").success
    seen = capsys.readouterr()
    told = "ImageGen.max_cost: 'cheap' is not an amount in US dollars, 0 or more; the setting stays as it was"
    assert (seen.out, [line for line in seen.err.splitlines() if "cheap" in line]) == ("", [told])
    assert str(bare_shell.run_cell("%config ImageGen.max_cost").result) == "2"
    assert bare_shell.run_cell("%unload_ext ipyimagegen").success


def test_settings_of_a_command_line_are_read(bare_shell: InteractiveShell, capsys: pytest.CaptureFixture[str]) -> None:
    for name, text in (("quiet", "True"), ("max_cost", "0.5"), ("save", "{seed}.png"), ("timeout_s", "soon")):
        setattr(bare_shell.config.ImageGen, name, DeferredConfigString(text))
    assert bare_shell.run_cell("%load_ext ipyimagegen").success
    assert "ImageGen.timeout_s: 'soon' is not a number of seconds over 0" in capsys.readouterr().err
    settings = default_client().settings
    assert (settings.quiet, str(settings.max_cost), settings.save) == (True, "0.5", "{seed}.png")
    assert settings.timeout_s is None
    assert bare_shell.run_cell("%unload_ext ipyimagegen").success
