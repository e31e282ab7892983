"""The Compare widget's kernel side: what it takes, the contract, the diffs, and what the file keeps."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import ipyimagegen.notebook.widgets as widgets_room
from ipyimagegen.core.errors import InvalidInput
from ipyimagegen.media.artifacts import Artifact
from ipyimagegen.media.results import Result
from ipyimagegen.notebook.widgets import fallback
from ipyimagegen.notebook.widgets.compare.diff import MAX_PROMPT_CHARS, Run, in_words, parameter_diff, word_diff
from ipyimagegen.notebook.widgets.compare.widget import Compare
from tests.unit.notebook.test_gallery import picture, settle

CONTRACT = json.loads((Path(widgets_room.__file__).parent / "contract" / "compare.json").read_text("utf-8"))


def call(number: int, **sent: Any) -> Artifact:
    return picture(number, side=48, prompt=sent.get("prompt", ""), sent=sent)


class Watched(Compare):
    """A comparison whose messages to the page are kept."""

    def __init__(self, *args: Any, **options: Any) -> None:
        self.said: list[tuple[str, dict[str, Any], list[bytes]]] = []
        super().__init__(*args, **options)

    def say(self, kind: str, buffers: list[bytes] | None = None, **content: Any) -> None:
        self.said.append((kind, content, buffers or []))

    def hear(self, **content: Any) -> None:
        self._handle_custom_msg(content, [])
        settle()


# -- the contract -----------------------------------------------------------------------------------------------------


def test_the_synced_traits_are_the_contracts() -> None:
    own = {*Compare.class_own_traits(sync=True), *fallback.FallbackWidget.class_own_traits(sync=True)}
    own -= {name for name in own if name.startswith("_")}
    assert own == set(CONTRACT["traits"])
    defaults = {name: trait.default_value for name, trait in Compare.class_traits().items() if name == "mode"}
    assert defaults["mode"] == CONTRACT["traits"]["mode"]


def test_items_have_the_contracts_fields() -> None:
    view = Compare(call(1, prompt="a cat"), call(2, prompt="a dog"))
    items = CONTRACT["items"]
    assert set(view.pictures[0]) == set(items["pictures"])
    assert set(view.parameters[0]) == set(items["parameters"])
    assert set(view.prompts[1][0]) == set(items["prompts"][0])


@pytest.mark.parametrize("kind", CONTRACT["toKernel"])
def test_every_message_of_the_page_is_understood(kind: str) -> None:
    Watched(call(1), call(2)).hear(**CONTRACT["toKernel"][kind])


def test_a_picture_travels_once_in_binary_and_whole_when_asked() -> None:
    view = Watched(call(1), call(2))
    view.hear(kind="want", view="a", index=1, px=0)
    settle(lambda: view.said)
    ((kind, content, buffers),) = view.said
    assert {"kind", *content} == set(CONTRACT["toPage"][kind])
    assert buffers == [view.artifacts[1].bytes]


def test_a_picture_that_is_gone_is_said() -> None:
    view = Watched(call(1), replace(call(2), data=b"", path=Path("gone.png"), sha256="gone2"))
    view.hear(kind="want", view="a", index=1, px=0)
    settle(lambda: view.said)
    kind, content, _ = view.said[0]
    assert {"kind", *content} == set(CONTRACT["toPage"][kind])
    assert (kind, content["index"]) == ("failed", 1)


@pytest.mark.parametrize("content", [{}, {"kind": 7}, {"kind": "want", "index": 9}, {"kind": "want", "index": True}])
def test_a_message_that_makes_no_sense_changes_nothing(content: dict[str, Any]) -> None:
    view = Watched(call(1), call(2))
    view.hear(**content)
    assert view.said == []


# -- what it takes ----------------------------------------------------------------------------------------------------


def test_it_takes_pictures_of_every_kind(tmp_path: Path) -> None:
    artifact = call(1)
    file = artifact.save(tmp_path / "one.png")
    result = Result(model="local/sketch", artifacts=(call(2),))
    view = Compare(artifact, result, artifact.pil, artifact.array, artifact.bytes, file, str(file))
    assert {(48, 48)} == {(one.width, one.height) for one in view.artifacts}
    assert len({one["label"] for one in view.pictures}) == 7


def test_one_result_stands_for_all_its_pictures() -> None:
    view = Compare(Result(model="m", artifacts=tuple(call(seed) for seed in range(4))))
    assert [one["label"] for one in view.pictures] == ["seed 0", "seed 1", "seed 2", "seed 3"]
    assert view.mode == "side"


@pytest.mark.parametrize("count", [0, 1, 10])
def test_fewer_than_two_or_more_than_nine_are_refused(count: int) -> None:
    with pytest.raises(InvalidInput, match="2 to 9"):
        Compare([call(seed) for seed in range(count)])


def test_labels_and_modes_are_checked() -> None:
    with pytest.raises(InvalidInput, match="labels"):
        Compare(call(1), call(2), labels=["one"])
    with pytest.raises(InvalidInput, match="side"):
        Compare(call(1), call(2), mode="sideways")  # type: ignore[arg-type]


# -- the diffs --------------------------------------------------------------------------------------------------------


def test_words_that_both_have_stay() -> None:
    assert [Run("same", "a "), Run("removed", "red"), Run("added", "blue"), Run("same", " boat")] == word_diff(
        "a red boat", "a blue boat"
    )


@given(st.text(max_size=200), st.text(max_size=200))
def test_a_diff_leads_from_one_text_to_the_other(before: str, after: str) -> None:
    from ipyimagegen.core.errors import capped

    runs = word_diff(before, after)
    assert capped(before) == "".join(run.text for run in runs if run.change != "added")
    assert capped(after) == "".join(run.text for run in runs if run.change != "removed")


def test_a_prompt_of_any_length_is_cut() -> None:
    (run,) = word_diff("x " * 50_000, "x " * 50_000)
    assert len(run.text) < MAX_PROMPT_CHARS + 50


def test_parameters_that_differ_come_first_and_a_missing_one_differs() -> None:
    rows = parameter_diff([{"steps": 4, "seed": 1}, {"steps": 4, "seed": 2, "style": "ink"}])
    assert [("seed", ("1", "2"), False), ("style", ("–", "ink"), False), ("steps", ("4", "4"), True)] == rows


def test_a_comparison_reads_as_text() -> None:
    text = in_words(["A", "B"], parameter_diff([{"seed": 1}, {"seed": 2}]), [[], word_diff("a cat", "a dog")])
    assert "seed: 1 | 2" in text
    assert "a [-cat-]{+dog+}" in text


# -- what the notebook keeps ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [2, 9])
def test_the_file_keeps_a_small_picture_and_the_differences(count: int) -> None:
    bundle = Compare([call(seed, prompt=f"picture {seed}") for seed in range(count)])._repr_mimebundle_()[0]
    assert len(json.dumps(bundle)) < 200_000
    assert "prompt of seed 1: picture [-0-]{+1+}" in bundle["text/plain"]
