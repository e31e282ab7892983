"""`allow_nested_asyncio`: what it applies, and what it refuses."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from importlib.metadata import version
from typing import TYPE_CHECKING

import pytest
from jupyter_client.manager import start_new_kernel

from ipyimagegen.core.errors import ImagegenError, NestedLoopRefused
from ipyimagegen.notebook.nested import why_not

if TYPE_CHECKING:
    from jupyter_client.blocking.client import BlockingKernelClient

WITHOUT_2 = "import sys; sys.modules['nest_asyncio2'] = None"
PATIENCE_S = 30.0


def script(code: str) -> str:
    """What a fresh interpreter writes."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env=dict(os.environ, PYTHONWARNINGS="default"),
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("ipykernel", "python", "refused"),
    [
        ("", (3, 11), ""),
        ("", (3, 13), ""),
        ("6.31.0", (3, 13), ""),
        ("7.0.1", (3, 13), ""),
        ("7.1.0", (3, 11), "loses the cells queued behind a nested run on ipykernel 7.1.0"),
        ("7.4.0", (3, 11), "loses the cells"),
        ("8.0a1", (3, 11), "loses the cells"),
        ("", (3, 14), "breaks timeouts and tasks on Python 3.14"),
        ("6.31.0", (3, 15), "breaks timeouts and tasks on Python 3.15"),
    ],
)
def test_nest_asyncio_is_refused_where_it_does_damage(ipykernel: str, python: tuple[int, ...], refused: str) -> None:
    reason = why_not("1.6.0", ipykernel, python)
    assert bool(reason) == bool(refused)
    assert refused in reason
    assert not refused or reason.startswith("nest_asyncio 1.6.0 ")


def test_a_refusal_can_be_caught_as_a_runtime_error_too() -> None:
    assert issubclass(NestedLoopRefused, ImagegenError)
    assert issubclass(NestedLoopRefused, RuntimeError)


def test_importing_patches_nothing() -> None:
    code = """
        import asyncio, sys
        import ipyimagegen, ipyimagegen.notebook.nested
        print(hasattr(asyncio, "_nest_patched"), [name for name in sys.modules if name.startswith("nest_")])
    """
    assert script(code) == "False []"


def test_nest_asyncio2_comes_first_and_twice_is_once() -> None:
    code = """
        import asyncio
        import ipyimagegen as ig
        async def inner(): return 42
        async def outer():
            said = ig.allow_nested_asyncio()
            patched = asyncio.run
            assert said == ig.allow_nested_asyncio() and asyncio.run is patched
            return said.split()[0], asyncio.run(inner())
        print(asyncio.run(outer()))
    """
    assert script(code) == "('nest_asyncio2', 42)"


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="refused there")
def test_nest_asyncio_will_do_in_a_script() -> None:
    code = f"""
        {WITHOUT_2}
        import asyncio
        import ipyimagegen as ig
        asyncio.set_event_loop(asyncio.new_event_loop())
        print(ig.allow_nested_asyncio())
    """
    assert script(code).startswith("nest_asyncio 1.")


def test_without_either_the_fix_is_said() -> None:
    code = f"""
        {WITHOUT_2}; sys.modules['nest_asyncio'] = None
        import ipyimagegen as ig
        try:
            ig.allow_nested_asyncio()
        except ig.ImagegenError as error:
            print(error)
    """
    assert script(code) == "neither nest_asyncio2 nor nest_asyncio is installed; run: pip install nest_asyncio2"


@pytest.fixture
def kernel() -> Iterator[BlockingKernelClient]:
    manager, client = start_new_kernel()
    try:
        yield client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def said(client: BlockingKernelClient, code: str) -> str:
    """What a cell writes, or the error that it ends with."""
    seen: list[str] = []

    def hear(message: dict[str, dict[str, str]]) -> None:
        if message["header"]["msg_type"] == "stream" and message["content"]["name"] == "stdout":
            seen.append(message["content"]["text"])

    reply = client.execute_interactive(textwrap.dedent(code), timeout=PATIENCE_S, output_hook=hear)["content"]
    return "".join(seen).strip() if reply["status"] == "ok" else f"{reply['ename']}: {reply['evalue']}"


@pytest.mark.kernel
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_in_a_kernel_a_pasted_program_runs_and_cells_behind_it_too(kernel: BlockingKernelClient) -> None:
    assert "cannot be called from a running event loop" in said(
        kernel, "import asyncio\nasync def main(): return 42\nc = main()\nasyncio.run(c)"
    )
    assert said(kernel, "c.close()\nimport ipyimagegen as ig\nprint(ig.allow_nested_asyncio())").startswith(
        "nest_asyncio2 "
    )
    assert said(kernel, "print(asyncio.run(main()))") == "42"
    busy = kernel.execute("async def slow(): await asyncio.sleep(0.3)\nasyncio.run(slow())")
    queued = kernel.execute("1 + 1")
    replies: dict[str, str] = {}
    while len(replies) < 2:
        message = kernel.get_shell_msg(timeout=PATIENCE_S)
        replies[message["parent_header"]["msg_id"]] = message["content"]["status"]
    assert replies == {busy: "ok", queued: "ok"}


@pytest.mark.kernel
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_in_a_new_kernel_nest_asyncio_alone_is_refused(kernel: BlockingKernelClient) -> None:
    if tuple(map(int, version("ipykernel").split(".")[:2])) < (7, 1):
        pytest.skip("this ipykernel bears it")
    refusal = said(kernel, f"{WITHOUT_2}\nimport asyncio, ipyimagegen as ig\nig.allow_nested_asyncio()")
    assert refusal.startswith("NestedLoopRefused: nest_asyncio 1.")
    assert "loses the cells queued behind a nested run on ipykernel" in refusal
    assert refusal.endswith("run: pip install nest_asyncio2")
    assert said(kernel, "print(hasattr(asyncio, '_nest_patched'))") == "False"
    assert "it is applied already" in said(
        kernel, "import nest_asyncio; nest_asyncio.apply()\nig.allow_nested_asyncio()"
    )
