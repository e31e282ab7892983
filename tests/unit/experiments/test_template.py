"""Prompt templates: what is syntax and what is not, counts against enumeration, wildcards, errors that say where."""

from __future__ import annotations

import itertools
import json
import re
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import ipyimagegen as ig
from ipyimagegen.core.errors import InvalidInput
from ipyimagegen.experiments.template import Template, expand


def every(text: str, **wildcards: list[str]) -> list[str]:
    return expand(text, all=True, wildcards=wildcards)


@pytest.mark.parametrize(
    "text",
    [
        "a fox",
        '{"a": 1, "b": [2, {"c": "d"}]}',
        "costs $5, or $$7",
        "# a heading # and more",
        "{", "}", "}{", "{name} and {obj.attr}", "{{literal}}", "50% of a|b", "|", "{}", ":{ sad :}",
        "snake__case and __ alone ____", "100::1", "C:\\new\\table", "{3::a}", "{-} {$$} {a$$b}",
    ],
)  # fmt: skip
def test_what_has_no_syntax_stays_as_it_is(text: str) -> None:
    assert [text] == every(text)
    assert text == expand(text)


@given(st.text(alphabet=st.characters(blacklist_characters="|$_\\")))
def test_texts_without_bars_dollars_underscores_and_backslashes_are_themselves(text: str) -> None:
    assert [text] == list(Template(text, wildcards={}))


@given(st.recursive(st.none() | st.integers() | st.text(alphabet="ab :,$#%"), lambda inner: st.lists(inner) | st.dictionaries(st.text(alphabet="ab"), inner)))  # noqa: E501 # fmt: skip
def test_json_is_itself(data: object) -> None:
    text = json.dumps(data)
    assert text == expand(text)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("a {b|c}", ["a b", "a c"]),
        ("{a|b}{1|2}", ["a1", "a2", "b1", "b2"]),
        ("{a|{b|c}d}", ["a", "bd", "cd"]),
        ("{|very }old", ["old", "very old"]),
        ("{a|a|b}", ["a", "b"]),
        ("{3::a|0.5::b|0::c}", ["a", "b"]),
        ("{2$$a|b|c}", ["a, b", "a, c", "b, c"]),
        ("{1-2$$ and $$a|b}", ["a", "b", "a and b"]),
        ("{-2$$a|b}", ["a", "b", "a, b"]),
        ("{2-$$+$$a|b|c}", ["a+b", "a+c", "b+c", "a+b+c"]),
        ("{9$$a|b}", ["a, b"]),
        ("{0-1$$a|b}", ["", "a", "b"]),
        ("{2$$a|{b|c}}", ["a, b", "a, c"]),
        (r"\{a\|b\} {c|d\|e}", ["{a|b} c", "{a|b} d|e"]),
        (r"\__init__ {a|b}", ["__init__ a", "__init__ b"]),
        ("{{a|b}}", ["{a}", "{b}"]),
        ("{name} {a|b", None),
    ],
)
def test_choices(template: str, expected: list[str] | None) -> None:
    if expected is None:
        with pytest.raises(InvalidInput, match=r"column 8: this '\{' begins a choice"):
            expand(template)
    else:
        assert expected == every(template)


OPTIONS = st.text(alphabet="abc ", max_size=2)
NESTED = st.recursive(
    OPTIONS,
    lambda inner: st.builds(
        lambda bound, options, after: "{" + bound + "|".join(options) + "}" + after,
        st.sampled_from(["", "1$$", "2$$", "1-2$$ and $$", "-2$$", "0-3$$"]),
        st.lists(inner, min_size=2, max_size=4),
        OPTIONS,
    ),
    max_leaves=8,
)


@given(NESTED, st.integers(0, 99))
def test_the_count_is_that_of_all_and_every_draw_is_among_them(text: str, seed: int) -> None:
    template = Template(text)
    if template.count() > 5_000:
        return
    texts = list(template)
    assert template.count() == len(texts)
    assert template.draw(seed) in texts
    assert template.draw(seed) == Template(text).draw(seed)


def test_choosing_some_makes_what_itertools_makes() -> None:
    letters = "abcdefg"
    expected = [", ".join(some) for k in (2, 3) for some in itertools.combinations(letters, k)]
    assert expected == every("{2-3$$" + "|".join(letters) + "}")


def test_a_million_million_is_counted_without_making_any() -> None:
    template = Template("{0|1|2|3|4|5|6|7|8|9}" * 12)
    assert 10**12 == template.count()
    assert "123456789012" == template.at(123456789012)
    with pytest.raises(InvalidInput, match="1,000,000,000,000 prompts, over 100,000; draw some with n="):
        expand(template.text, all=True)
    assert 5 == len(set(expand(template.text, n=5, seed=1)))


def test_weights_say_how_often() -> None:
    drawn = Counter(Template("{3::a|b}").draw(seed) for seed in range(2_000))
    assert 3 == pytest.approx(drawn["a"] / drawn["b"], rel=0.15)


def test_n_prompts_all_differ_and_too_many_are_refused() -> None:
    assert {"a", "b", "c"} == set(expand("{1000000000::a|b|c}", n=3, seed=0))
    with pytest.raises(InvalidInput, match="has 2 different texts, not 3"):
        expand("{a|b}", n=3)
    with pytest.raises(InvalidInput, match="all: takes neither seed nor n"):
        expand("{a|b}", all=True, seed=3)  # type: ignore[call-overload]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "colours.txt").write_text("# warm\nred\n\n{light|dark} blue\n3::green\n", "utf-8")
    (tmp_path / "artists").mkdir()
    (tmp_path / "artists" / "dutch.txt").write_text("Vermeer\r\nHals\r\n", "utf-8-sig")
    (tmp_path / "animals.json").write_text('{"pets": ["cat", "__colours__ dog"], "n": 3, "wild": {"big": ["bear"]}}')
    (tmp_path / "l.txt").write_text("L")
    (tmp_path / "list.json").write_text('["one", 2]')
    (tmp_path / "scenes.yaml").write_text("places:\n  north: [fjord, tundra]\n  south: [desert]\n  1234: 5\n", "utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("a __colours__ door", ["a red door", "a light blue door", "a dark blue door", "a green door"]),
        ("by __artists/dutch__", ["by Vermeer", "by Hals"]),
        ("by __artists/*__", ["by Vermeer", "by Hals"]),
        ("__animals/pets__", ["cat", "red dog", "light blue dog", "dark blue dog", "green dog"]),
        ("__wild/big__|__list__", ["bear|one", "bear|2"]),
        ("__places/**__", ["fjord", "tundra", "desert"]),
        ("{2$$__artists/dutch__}", ["Vermeer, Hals"]),
        ("{no|__artists/dutch__}", ["no", "Vermeer", "Hals"]),
        ("__l__-__l____list__", ["L-Lone", "L-L2"]),
    ],
)
def test_wildcards_from_a_folder(folder: Path, template: str, expected: list[str]) -> None:
    assert expected == expand(template, all=True, wildcards=folder)


def test_a_folder_named_wildcards_is_found_here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder.parent)
    folder.rename(folder.parent / "wildcards")
    assert ["Vermeer", "Hals"] == expand("__artists/dutch__", all=True)


def test_a_broken_file_is_not_read_where_nothing_names_it(folder: Path) -> None:
    (folder / "broken.json").write_text("{")
    assert 4 == Template("__colours__", wildcards=folder).count()
    with pytest.raises(InvalidInput, match=r"broken\.json is not JSON"):
        Template("__elsewhere__", wildcards=folder)


def test_yaml_files_without_pyyaml_are_told_of(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(InvalidInput, match=r"scenes\.yaml was not read, as PyYAML is not installed: pip install"):
        Template("__places/north__", wildcards=folder)


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("a __colour__ door", "column 3: no wildcard 'colour' among those given; did you mean __colours__?"),
        ("one\ntwo {a|b", "line 2, column 5: this '{' begins a choice and no '}' ends it; write \\{ for a brace"),
        ("x {0::a|0::b}", "column 3: every option has the weight 0"),
        ("{3-2$$a|b|c}", "column 1: 3-2 is no range"),
        ("__round__", "round, column 3: this wildcard holds itself: __round__ -> __round__"),
        ("__bad__", "bad, column 2: this '{' begins a choice"),
        ("{a|" * 100 + "}" * 100, "more than 64 choices within each other"),
        ("__b0__", "makes texts of over 100,000 characters"),
    ],
)
def test_errors_name_the_column(template: str, message: str) -> None:
    bomb = {f"b{n}": [f"__b{n + 1}____b{n + 1}__", "x"] for n in range(30)} | {"b30": ["yy"]}
    words = {"colours": ["red"], "round": ["a __round__"], "bad": ["x{a|b"], **bomb}
    with pytest.raises(InvalidInput, match=re.escape(message)):
        Template(template, wildcards=words)


def test_deep_lone_braces_are_text() -> None:
    text = "{" * 20_000 + "}" * 20_000
    assert text == expand(text)


def test_a_template_is_a_text() -> None:
    with pytest.raises(InvalidInput, match="template: 5 is not a text"):
        expand(5)  # type: ignore[call-overload]
    assert "<Template 'a {b|c}': 2 prompts>" == repr(ig.Template("a {b|c}"))
