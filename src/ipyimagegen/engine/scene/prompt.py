"""From words to a `Scene`: what is to be painted, at which hour, in which weather, from which keys.

The reading is deliberately simple: known words set the scene, all other words decide (by hashing) the composition and a
turn of the palette, so that no word is without effect.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from ..draw.exact import RGB, hex_colour
from ..draw.noise import Dice, key_of
from ..sketch import Sketch
from .vocabulary import AVOIDED, COLOURS, HOURS, MOTIFS, SEASONS, STYLE_WORDS, WEATHERS

Term = tuple[str, str]
"""A group (``motif``, ``hour`` …) and a name in it."""

_SPELLED: Final = re.compile(r"[a-zA-Zªµºß-ʯͰ-ԯ]")
_WORD: Final = re.compile(r"\w+(?:[-’']\w+)*")
_KINDS: Final = ("space", "still_life", "vase", "portrait", "abstract")
_IMPLIED: Final[Mapping[str, tuple[str, ...]]] = {
    "lighthouse": ("sea",),
    "beach": ("sea",),
    "island": ("sea",),
    "boat": ("sea",),
    "bridge": ("river",),
    "waterfall": ("mountains",),
    "windmill": ("field",),
    "castle": ("hills",),
    "city": ("lake",),
}
_GROUND: Final = frozenset(
    (
        *("mountains", "hills", "volcano", "desert", "forest", "lake", "sea", "beach", "island"),
        *("river", "field", "flowers", "road", "city", "waterfall"),
    )
)
_WATER: Final = frozenset(("lake", "sea", "river"))
_FUNCTION_WORDS: Final = frozenset(
    (
        *("and", "or", "in", "on", "at", "of", "the", "a", "an", "with", "by", "over", "under", "to", "und", "y", "et"),
        *("light", "tone", "tones", "hue", "hues", "color", "colors", "colour", "colours", "palette", "mood", "style"),
    )
)
_SKY: Final = frozenset(("sky", "skies", "himmel", "ciel", "cielo", "céu", "небо", "空"))


@dataclass(frozen=True, slots=True)
class Scene:
    """What a prompt comes to. ``layout`` and ``tint`` key composition and palette; ``shunned`` are colours to avoid.

    ``words`` are all words of the prompt, ``refused`` the motifs that the negative prompt names.
    """

    kind: str
    motifs: frozenset[str]
    hour: str
    weather: str
    season: str
    style: str
    colours: tuple[tuple[str, RGB], ...]
    shunned: tuple[RGB, ...]
    avoided: frozenset[str]
    layout: int
    tint: int
    words: frozenset[str]
    refused: frozenset[str]

    def has(self, *motifs: str) -> bool:
        """Whether any of ``motifs`` is in the picture."""
        return not self.motifs.isdisjoint(motifs)

    def says(self, *words: str) -> bool:
        """Whether the prompt has one of these very words."""
        return not self.words.isdisjoint(words)

    def colour(self, motif: str) -> RGB | None:
        """The colour that the prompt gives to ``motif``, if any; ``"accent"`` is the first that belongs to nothing."""
        return dict(self.colours).get(motif)

    def dice(self, *name: object) -> Dice:
        """Decisions for one part of the composition."""
        return Dice(key_of(self.layout, *name))


@lru_cache(maxsize=1)
def _lexicon() -> tuple[dict[str, tuple[Term, ...]], dict[str, tuple[Term, ...]]]:
    """Spelled words and free-standing signs, each with all it may mean."""
    words: dict[str, tuple[Term, ...]] = {}
    signs: dict[str, tuple[Term, ...]] = {}
    groups = {
        "motif": MOTIFS,
        "hour": HOURS,
        "weather": WEATHERS,
        "season": SEASONS,
        "style": STYLE_WORDS,
        "avoid": AVOIDED,
    }
    groups["colour"] = {name: terms for name, (_, terms) in COLOURS.items()}
    for group, names in groups.items():
        for name, terms in names.items():
            for term in terms.split():
                shelf = words if _SPELLED.match(term) else signs
                shelf[term] = (*shelf.get(term, ()), (group, name))
    return words, signs


def _look_up(word: str) -> tuple[Term, ...]:
    words, _ = _lexicon()
    for form in (word, word.removesuffix("s"), word.removesuffix("es"), word.removesuffix("y") + "ies"):
        if form in words:
            return words[form]
    return ()


def _tokens(text: str) -> list[tuple[str, tuple[Term, ...]]]:
    """The words and signs of ``text`` in order, each with what it may mean."""
    words, signs = _lexicon()
    found: list[tuple[int, str, tuple[Term, ...]]] = []
    taken = 0
    spelled = list(_WORD.finditer(text.casefold()))
    for at, match in enumerate(spelled):
        if match.start() < taken:
            continue
        if at + 1 < len(spelled):
            pair = f"{match.group()}-{spelled[at + 1].group()}"
            if pair in words:
                found.append((match.start(), pair, words[pair]))
                taken = spelled[at + 1].end()
                continue
        if _SPELLED.match(match.group()):
            found.append((match.start(), match.group(), _look_up(match.group())))
        else:
            found.append((match.start(), match.group(), ()))
    for sign, terms in signs.items():
        place = text.find(sign)
        if place >= 0:
            found.append((place, sign, terms))
    return [(token, terms) for _, token, terms in sorted(found)]


def _names(tokens: Iterable[tuple[str, tuple[Term, ...]]], group: str) -> list[str]:
    return [name for _, terms in tokens for kind, name in terms if kind == group]


def _colours(tokens: list[tuple[str, tuple[Term, ...]]]) -> tuple[tuple[str, RGB], ...]:
    """Whose each colour is: that of the next motif or the sky within three words.

    Failing that it belongs to an unknown ``thing`` if one follows, which lends its colour to details only, or else to
    everything (``accent``).
    """
    bound: dict[str, RGB] = {}
    for at, (_, terms) in enumerate(tokens):
        for name in (name for group, name in terms if group == "colour"):
            following = tokens[at + 1 : at + 4]
            things = [thing for token in following for thing in _things(*token)]
            unknown = bool(following) and not following[0][1] and following[0][0] not in _FUNCTION_WORDS
            bound.setdefault(things[0] if things else "thing" if unknown else "accent", hex_colour(COLOURS[name][0]))
    return tuple(bound.items())


def _things(token: str, terms: tuple[Term, ...]) -> list[str]:
    """What a word names that can have a colour."""
    return ["sky"] if token in _SKY else [name for group, name in terms if group == "motif"]


def _first(names: list[str], otherwise: str) -> str:
    return names[0] if names else otherwise


def _hour(tokens: list[tuple[str, tuple[Term, ...]]], motifs: list[str], dice: Dice) -> str:
    named = _names(tokens, "hour")
    snowy = "winter" in _names(tokens, "season")
    if named:
        return named[0]
    if "aurora" in motifs or "stars" in motifs or "moon" in motifs:
        return "night"
    return dice.pick(
        ("day", "day", "day", "dawn", "golden", "day") if snowy else ("day", "day", "golden", "day", "golden", "dawn")
    )


_PLACES: Final = (
    ("mountains", "lake", "forest"),
    ("hills", "forest"),
    ("mountains", "field"),
    ("hills", "field"),
    ("mountains", "field", "flowers"),
    ("hills", "lake"),
    ("sea",),
    ("desert",),
)
"""Places for a prompt that names none; the first three also do in winter."""


def _furnish(motifs: set[str], dice: Dice, *, winter: bool) -> set[str]:
    """Give a scene that has no ground, or lacks what its motifs need, a place to be in."""
    for motif in sorted(motifs):
        if motif == "boat" and motifs & _WATER:
            continue
        if motif == "castle" and motifs & _GROUND:
            continue
        if motif == "city" and motifs & (_WATER | {"road", "field", "flowers", "desert"}):
            continue
        motifs.update(_IMPLIED.get(motif, ()))
    if motifs & _GROUND == {"mountains"}:
        motifs.update(dice.pick((("lake",), ("lake", "forest"), ("forest",), () if winter else ("field", "flowers"))))
    if not motifs & _GROUND:
        motifs.update(dice.pick(_PLACES[:3] if winter else _PLACES))
    return motifs


def read_prompt(sketch: Sketch) -> Scene:
    """The scene of a sketch's prompt, negative prompt, style and seed."""
    tokens = _tokens(sketch.prompt)
    refused = _tokens(sketch.negative_prompt)
    known = {name for _, terms in tokens for group, name in terms if group != "avoid"}
    other = sorted(
        {token for token, terms in tokens if not any(group != "avoid" for group, _ in terms) and len(token) > 2}
    )
    named = _names(tokens, "motif")
    layout = key_of("layout", sketch.seed, " ".join(sorted(set(named))), " ".join(other))
    dice = Dice(layout).child("scene")
    kind = next((k for k in _KINDS if k in named), "")
    if not sketch.prompt.strip() or (not known and dice.chance(0.3)):
        kind = "abstract"
    kind = "still_life" if kind == "vase" else kind or "landscape"
    motifs = set(named)
    if kind == "landscape":
        motifs = _furnish(motifs, dice.child("ground"), winter="winter" in _names(tokens, "season"))
    motifs -= set(_names(refused, "motif"))
    hour = _hour(tokens, named, dice.child("hour"))
    season = _first(_names(tokens, "season"), "summer")
    weather = _first(_names(tokens, "weather"), "")
    if hour in _names(refused, "hour"):
        hour = "day" if hour != "day" else "night"
    if weather in _names(refused, "weather"):
        weather = "clear"
    if season in _names(refused, "season"):
        season = "summer" if season != "summer" else "autumn"
    style = sketch.style if sketch.style != "auto" else _first(_names(tokens, "style"), "auto")
    return Scene(
        kind=kind,
        motifs=frozenset(motifs),
        hour=hour,
        weather=weather or ("clear" if "clouds" in _names(refused, "motif") else ""),
        season=season,
        style=style,
        colours=_colours(tokens),
        shunned=tuple(hex_colour(COLOURS[name][0]) for name in dict.fromkeys(_names(refused, "colour"))),
        avoided=frozenset(_names(refused, "avoid")),
        layout=layout,
        tint=key_of("tint", sketch.prompt, " ".join(token for token, terms in refused if not terms)),
        words=frozenset(token for token, _ in tokens),
        refused=frozenset(_names(refused, "motif")),
    )
