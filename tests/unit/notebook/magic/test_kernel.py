"""The magic in a real kernel: what a front end sees and asks."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jupyter_client.manager import KernelManager, start_new_kernel

from .conftest import TINY

if TYPE_CHECKING:
    from jupyter_client.blocking.client import BlockingKernelClient

pytestmark = [
    pytest.mark.kernel,
    pytest.mark.xdist_group("magic in a kernel"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
PATIENCE_S = 20.0


@pytest.fixture(scope="module")
def started(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[KernelManager, BlockingKernelClient]]:
    folder: Path = tmp_path_factory.mktemp("kernel")
    manager, client = start_new_kernel(cwd=str(folder))
    try:
        yield manager, client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


@pytest.fixture
def kernel(started: tuple[KernelManager, BlockingKernelClient]) -> BlockingKernelClient:
    _, client = started
    reply, _ = run(client, "import ipyimagegen.notebook.extension as e; e.load_ipython_extension(get_ipython())")
    assert reply["status"] == "ok"
    return client


def run(client: BlockingKernelClient, code: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A cell's reply and what it published, until it is idle.

    A kernel turns away for a moment what comes after a cell that failed: such a one is sent again.
    """
    while True:
        seen: list[dict[str, Any]] = []
        reply = client.execute_interactive(code, timeout=PATIENCE_S, output_hook=seen.append, allow_stdin=False)
        if reply["content"]["status"] != "aborted":
            return reply["content"], seen


def of_kind(seen: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [message["content"] for message in seen if message["msg_type"] == kind]


def matches(client: BlockingKernelClient, code: str) -> tuple[str, list[str]]:
    """What the kernel would replace at the end of `code`, and by what."""
    reply = client.complete(code, len(code), reply=True, timeout=PATIENCE_S)["content"]
    return code[reply["cursor_start"] : reply["cursor_end"]], reply["matches"]


def test_a_cell_leaves_the_picture_and_a_line_of_text_and_has_no_value(kernel: BlockingKernelClient) -> None:
    reply, seen = run(kernel, f"%%imagegen {TINY} --seed 7 -o result\nIt's a fox for $5")
    assert reply["status"] == "ok"
    assert of_kind(seen, "execute_result") == []
    shown = of_kind(seen, "display_data") + of_kind(seen, "update_display_data")
    assert any("image/png" in content["data"] or "image/jpeg" in content["data"] for content in shown)
    assert any("seed 7" in content["data"].get("text/plain", "") for content in shown)
    reply, _ = run(kernel, 'assert result.prompt == "It\'s a fox for $5"')
    assert reply["status"] == "ok"


@pytest.mark.parametrize("call", ["ig.run", "await ig.async_run"])
def test_a_cell_that_ends_with_the_call_itself_shows_its_picture_and_its_facts_once(
    kernel: BlockingKernelClient, call: str
) -> None:
    run(kernel, "import ipyimagegen as ig")
    tiny = '"local/sketch", prompt="a fox", width=64, height=64, num_inference_steps=2'
    reply, seen = run(kernel, f"{call}({tiny})")
    assert reply["status"] == "ok"
    shown = [
        content["data"]
        for kind in ("display_data", "update_display_data", "execute_result")
        for content in of_kind(seen, kind)
    ]
    assert sum("image/png" in data for data in shown) == 1
    assert sum("seed" in data.get("text/plain", "") for data in shown if "image/png" not in data) == 1
    assert of_kind(seen, "execute_result") == []


def test_an_error_of_ours_is_shown_in_its_words_alone(kernel: BlockingKernelClient) -> None:
    reply, _ = run(kernel, f"%%imagegen {TINY} --fail-at-step 1\nx")
    assert reply["ename"] == "JobFailed"
    assert reply["traceback"] == [f"JobFailed: {reply['evalue']}"]


@pytest.mark.parametrize("cell", [f"%%imagegen {TINY} --fail-at-step 1\nx", "%%imagegen --widht 3\nx"])
def test_what_fails_stops_the_cells_that_wait(kernel: BlockingKernelClient, cell: str) -> None:
    first = kernel.execute(cell)
    second = kernel.execute("ran = True")
    statuses: dict[str, str] = {}
    deadline = time.monotonic() + PATIENCE_S
    while len(statuses) < 2 and time.monotonic() < deadline:
        message = kernel.get_shell_msg(timeout=PATIENCE_S)
        statuses[message["parent_header"]["msg_id"]] = message["content"]["status"]
    assert (statuses[first], statuses[second]) == ("error", "aborted")


def test_stop_ends_the_cell_and_cancels_the_job(
    started: tuple[KernelManager, BlockingKernelClient], kernel: BlockingKernelClient
) -> None:
    manager, _ = started
    cell = kernel.execute("%%imagegen --width 64 --height 64 --num-inference-steps 100 --step-delay-s 5\na fox")
    while "application/vnd.jupyter.widget-view+json" not in kernel.get_iopub_msg(timeout=PATIENCE_S)["content"].get(
        "data", {}
    ):
        pass
    manager.interrupt_kernel()
    while (message := kernel.get_shell_msg(timeout=PATIENCE_S))["parent_header"]["msg_id"] != cell:
        pass
    assert message["content"]["ename"] == "KeyboardInterrupt"
    run(kernel, "import ipyimagegen as ig; job = ig.jobs()[-1]; error = job.outcome.exception(10)")
    reply, _ = run(kernel, "assert job.phase == 'cancelled'")
    assert reply["status"] == "ok"


def test_a_background_cell_ends_at_once_and_its_picture_comes_later(kernel: BlockingKernelClient) -> None:
    background = kernel.execute(f"%%imagegen {TINY} --step-delay-s 0.3 --bg -o job\na fox")
    check = kernel.execute("assert type(job).__name__ == 'Job' and not job.done")
    statuses: dict[str, str] = {}
    while not {background, check} <= set(statuses):
        message = kernel.get_shell_msg(timeout=PATIENCE_S)
        statuses[message["parent_header"]["msg_id"]] = message["content"]["status"]
    assert (statuses[background], statuses[check]) == ("ok", "ok")
    parents: list[str] = []
    while not parents:
        message = kernel.get_iopub_msg(timeout=PATIENCE_S)
        if "image/png" in message["content"].get("data", {}):
            parents.append(message["parent_header"]["msg_id"])
    assert parents == [background]


@pytest.mark.parametrize(
    ("code", "fragment", "expected"),
    [
        ("%%imagegen local/c", "local/c", "local/cutout"),
        ("%%imagegen local/sk", "local/sk", "local/sketch"),
        ("%%imagegen local/sketch --guidance-sc", "--guidance-sc", "--guidance-scale"),
        ("%%imagegen --guidance_sc", "--guidance_sc", "--guidance-scale"),
        ("%%imagegen local/sketch --style wat", "wat", "watercolor"),
        ("%%imagegen local/sketch --style=wat", "wat", "watercolor"),
        ("%%imagegen\na {anim", "anim", "animal"),
        ("%imagegen mod", "mod", "models"),
        ("%imagegen info local/cut", "local/cut", "local/cutout"),
    ],
)
def test_the_kernel_completes_options_models_values_and_names(
    kernel: BlockingKernelClient, code: str, fragment: str, expected: str
) -> None:
    run(kernel, "animal = 'fox'")
    assert matches(kernel, code) == (fragment, [expected])


def test_the_names_of_magics_complete_as_ever(kernel: BlockingKernelClient) -> None:
    assert "%%imagegen" in matches(kernel, "%%image")[1]


@pytest.mark.parametrize(("code", "words"), [("%%imagegen?", "Make pictures"), ("%imagegen?", "Look after models")])
def test_a_question_mark_opens_the_help(kernel: BlockingKernelClient, code: str, words: str) -> None:
    reply, _ = run(kernel, code)
    assert words in reply["payload"][0]["data"]["text/plain"]


def test_a_sweep_is_one_output_a_line_and_then_the_sheet(kernel: BlockingKernelClient) -> None:
    reply, seen = run(kernel, f"%%imagegen {TINY} --seed 7 --expand -o grid\na {{red|blue}} fox")
    assert reply["status"] == "ok"
    (first,) = of_kind(seen, "display_data")
    last = of_kind(seen, "update_display_data")[-1]
    assert first["transient"] == last["transient"]
    assert {"image/png", "image/jpeg"} & set(last["data"])
    assert run(kernel, "assert len(grid) == 2 and grid.done")[0]["status"] == "ok"
