"""Colours of light: what an hour, the weather and the season do to sky, land and water."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from ..draw.exact import RGB, hex_colour, luma, mix_colour, scale_colour
from ..draw.noise import Dice
from .prompt import Scene


@dataclass(frozen=True, slots=True)
class Palette:
    """The light of a scene. ``ambient + key`` is what falls on a lit face, ``ambient`` alone on a shaded one."""

    zenith: RGB
    middle: RGB
    low: RGB
    horizon: RGB
    sun: RGB
    cloud_lit: RGB
    cloud_shade: RGB
    haze: RGB
    ambient: RGB
    key: RGB
    water: RGB
    leaf: RGB = (0.36, 0.52, 0.24)
    leaf_warm: RGB = (0.62, 0.66, 0.28)
    grass: RGB = (0.52, 0.62, 0.28)
    earth: RGB = (0.58, 0.47, 0.34)
    rock: RGB = (0.52, 0.49, 0.50)
    sand: RGB = (0.90, 0.79, 0.60)
    snow: RGB = (0.96, 0.97, 1.0)
    accent: RGB = (0.80, 0.25, 0.20)

    def lit(self, local: RGB, light: float) -> RGB:
        """The colour of a surface of colour ``local`` turned to the light by ``light`` (0 shade .. 1 full)."""
        return scale_colour(
            local,
            (
                self.ambient[0] + self.key[0] * light,
                self.ambient[1] + self.key[1] * light,
                self.ambient[2] + self.key[2] * light,
            ),
        )

    def far(self, colour: RGB, distance: float) -> RGB:
        """``colour`` seen through ``distance`` (0 near .. 1 at the horizon) of air."""
        return mix_colour(colour, self.haze, distance)


def _light(codes: str, ambient: RGB, key: RGB) -> Palette:
    zenith, middle, low, horizon, sun, lit, shade, haze, water = (hex_colour(code) for code in codes.split())
    return Palette(zenith, middle, low, horizon, sun, lit, shade, haze, ambient, key, water)


_HOURS: Final[dict[str, Palette]] = {
    "day": _light(
        "2f74b8 6aa7d8 a9d2e8 e2ecea fff4d6 fffaf0 a3b4cc c3d5e2 2a6a86", (0.52, 0.58, 0.70), (0.56, 0.48, 0.30)
    ),
    "dawn": _light(
        "5f7fb8 a3a9d4 eebfc0 ffe2b8 fff2cc ffe6d6 a99bbd e0c4c8 5b7c9c", (0.50, 0.48, 0.62), (0.55, 0.40, 0.26)
    ),
    "golden": _light(
        "2f4f8c 8478ac ee9a72 ffd694 fff0bc ffd2a0 8a6f9a e2a88c 4c5c86", (0.43, 0.38, 0.48), (0.60, 0.46, 0.27)
    ),
    "dusk": _light(
        "1b2452 4a4384 b0628a f6aa78 ffe0b0 e8928e 43396c 8a6a98 34407a", (0.25, 0.23, 0.38), (0.36, 0.22, 0.20)
    ),
    "night": _light(
        "060c24 0f2148 1d3a66 3a6184 fff4d8 5a7498 16264a 27466e 10264a", (0.13, 0.17, 0.30), (0.24, 0.28, 0.36)
    ),
}

_SEASON_GROWTH: Final[dict[str, tuple[str, str, str]]] = {
    "spring": ("6fa04a", "b9cf6a", "8fb850"),
    "summer": ("4c7a3c", "8fa04a", "8a9e48"),
    "autumn": ("b8622a", "e0a43c", "b09a4c"),
    "winter": ("4a5f56", "7c8a86", "e9eef6"),
}


def _weathered(light: Palette, weather: str) -> Palette:
    """Grey the light as ``weather`` does."""
    grey = {"overcast": 0.62, "rain": 0.72, "storm": 0.85, "snowfall": 0.66, "fog": 0.3}.get(weather, 0.0)
    if not grey:
        return light
    level = luma(light.low) * (0.55 if weather == "storm" else 0.95)
    pall = (level * 0.96, level * 0.99, level * 1.05)
    upper = scale_colour(pall, 0.66 if weather == "storm" else 0.88)
    return replace(
        light,
        zenith=mix_colour(light.zenith, upper, grey),
        middle=mix_colour(light.middle, upper, grey),
        low=mix_colour(light.low, pall, grey),
        horizon=mix_colour(light.horizon, pall, grey * 0.7),
        cloud_lit=mix_colour(light.cloud_lit, scale_colour(pall, 1.12), grey),
        cloud_shade=mix_colour(light.cloud_shade, scale_colour(pall, 0.6), grey),
        haze=mix_colour(light.haze, pall, grey),
        ambient=scale_colour(light.ambient, 0.9 if weather == "storm" else 1.04),
        key=scale_colour(light.key, 0.4),
        water=mix_colour(light.water, scale_colour(pall, 0.6), grey),
    )


def _turned(colour: RGB, turn: RGB, amount: float) -> RGB:
    """Lean ``colour`` a little towards ``turn`` without changing how bright it is."""
    mixed = mix_colour(colour, turn, amount)
    shift = luma(colour) - luma(mixed)
    r, g, b = (min(max(channel + shift, 0.0), 1.0) for channel in mixed)
    return (r, g, b)


def palette_for(scene: Scene) -> Palette:
    """The palette of a scene: hour, weather, season, named colours, and a slight turn that only this prompt has."""
    light = _weathered(_HOURS[scene.hour], scene.weather)
    leaf, leaf_warm, grass = (hex_colour(code) for code in _SEASON_GROWTH[scene.season])
    dice = Dice(scene.tint)
    turn = (dice.unit(), dice.unit(), dice.unit())
    amount = dice.between(0.02, 0.08)
    accent = scene.colour("accent")
    sky = scene.colour("sky") or accent
    if accent is not None:
        turn, amount = accent, 0.30
    changed = {
        name: _turned(getattr(light, name), turn, amount)
        for name in (
            "zenith",
            "middle",
            "low",
            "horizon",
            "cloud_lit",
            "cloud_shade",
            "haze",
            "water",
            "rock",
            "earth",
            "sand",
        )
    }
    if sky is not None:
        changed["zenith"] = _turned(changed["zenith"], sky, 0.65)
        changed["middle"] = _turned(changed["middle"], sky, 0.6)
        changed["low"] = _turned(changed["low"], sky, 0.5)
        changed["haze"] = _turned(changed["haze"], sky, 0.35)
    for motif, name in (
        ("sea", "water"),
        ("lake", "water"),
        ("river", "water"),
        ("desert", "sand"),
        ("mountains", "rock"),
    ):
        named = scene.colour(motif)
        if named is not None:
            changed[name] = mix_colour(changed[name], named, 0.6)
    if scene.says("cherry", "blossom", "blossoms", "sakura", "桜", "🌸"):
        leaf, leaf_warm = hex_colour("d9799a"), hex_colour("f6c6d2")
    growth = {"leaf": scene.colour("forest") or leaf, "leaf_warm": leaf_warm, "grass": scene.colour("field") or grass}
    if scene.colour("forest") is not None:
        growth["leaf_warm"] = mix_colour(growth["leaf"], (1.0, 0.9, 0.6), 0.3)
    return replace(
        light,
        **changed,
        **{name: _turned(colour, turn, amount * 0.6) for name, colour in growth.items()},
        accent=accent
        or scene.colour("thing")
        or hex_colour(dice.pick(("c8402f", "d98a2b", "c2477a", "2f7f8f", "d0b03a"))),
    )
