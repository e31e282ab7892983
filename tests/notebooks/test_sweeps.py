"""A sweep in a notebook that runs without anybody: a line, and in its place one labelled sheet as a plain output."""

from __future__ import annotations

import os
from pathlib import Path

import nbclient
import nbformat
import pytest

pytestmark = [pytest.mark.kernel, pytest.mark.filterwarnings("ignore")]
SMALL = "width=64, height=64, num_inference_steps=1, seed=7"


def test_a_notebook_keeps_one_sheet_for_a_sweep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "IPYIMAGEGEN_HOME", str(tmp_path))
    cells = [
        f"import ipyimagegen as ig\ns = ig.sweep('local/sketch', ['a', 'b'], style=['ink', 'oil'], name='x', {SMALL})",
        "s.result()",
        f"t = ig.sweep('local/sketch', ['a', 'c'], {SMALL})\nt.result()",
        f"u = await ig.sweep('local/sketch', 'd', fail_at_step=[1, 2], {SMALL})\nu.counts",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    nbclient.NotebookClient(notebook, timeout=60).execute()
    started, waited, both, failed = ([output.data for output in cell.outputs] for cell in notebook.cells)
    assert [{"text/plain": "sweep x: 4 to send · seed 7 · price free"}] == started or "image/jpeg" in started[0]
    assert ["image/jpeg", "text/plain"] == sorted(waited[0])
    assert waited[0]["text/plain"].startswith("x · 4 cells: 4 succeeded · cost free. prompt: a, b; style: ink, oil")
    assert [True] == ["image/jpeg" in data for data in both]
    assert both[0]["text/plain"].startswith("2 of 2 done\n")
    assert failed[0]["text/plain"].startswith("1 of 2 done · 1 failed\nfail_at_step=1: failed: ")
