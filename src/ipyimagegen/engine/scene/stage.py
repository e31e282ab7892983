"""Where things stand: the horizon, the light, and the near shore of one scene on one format."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ..draw.canvas import Canvas, Point
from ..draw.exact import RGB
from .palette import Palette, palette_for
from .prompt import Scene

LAMP: Final[RGB] = (1.0, 0.82, 0.48)
"""The colour of lamplight."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Places in units (see `canvas`). ``light`` is the sun or moon; ``side`` is -1 if it stands left of the middle."""

    scene: Scene
    palette: Palette
    width: float
    height: float
    horizon: float
    shore: float
    light: Point
    side: float

    @property
    def water(self) -> bool:
        """Whether the scene lies at a sea or lake."""
        return self.scene.has("sea", "lake")

    @property
    def inside_wood(self) -> bool:
        """Whether the scene is a wood seen from within."""
        open_land = self.scene.has("hills", "mountains", "field", "city", "desert", "flowers")
        return self.scene.has("forest") and not self.water and not open_land

    @property
    def night(self) -> bool:
        """Whether it is night."""
        return self.scene.hour == "night"

    @property
    def lamps_lit(self) -> bool:
        """Whether windows are lit."""
        return self.scene.hour in ("night", "dusk") or self.scene.weather == "storm"

    @property
    def broad_leaved(self) -> bool:
        """Whether its trees have leaves; otherwise they are conifers."""
        scene = self.scene
        if scene.says("pine", "pines", "fir", "firs", "spruce", "spruces", "taiga", "🌲", "🎄"):
            return False
        blossoming = scene.says("cherry", "blossom", "blossoms", "sakura", "桜", "🌸", "birch", "oak", "maple")
        return blossoming or scene.season in ("spring", "autumn") or not scene.has("mountains", "lake")

    def ground_scale(self, y: float) -> float:
        """How large things stand at height ``y``: 0 at the horizon, 1 at the bottom edge."""
        return max(y - self.horizon, 0.0) / (self.height - self.horizon)


_ELEVATION = {
    "day": (0.55, 0.80),
    "dawn": (0.08, 0.22),
    "golden": (0.10, 0.24),
    "dusk": (0.01, 0.06),
    "night": (0.55, 0.78),
}


def set_stage(scene: Scene, canvas: Canvas) -> Stage:
    """Decide the horizon and the light of ``scene`` on the format of ``canvas``."""
    dice = scene.dice("stage")
    width, height = canvas.width, canvas.height
    low, high = (0.44, 0.54) if scene.has("flowers", "field", "road", "beach") else (0.54, 0.66)
    if scene.has("city", "castle") and not scene.has("sea", "lake", "river"):
        low, high = 0.66, 0.74
    horizon = height * dice.between(low, high)
    left = dice.chance(0.5)
    across = dice.between(0.18, 0.40)
    bottom, top = _ELEVATION[scene.hour]
    light = (width * (across if left else 1.0 - across), horizon * (1.0 - dice.between(bottom, top)))
    shore = height * (dice.between(0.66, 0.74) if scene.has("beach") else dice.between(0.84, 0.90))
    return Stage(scene, palette_for(scene), width, height, horizon, shore, light, -1.0 if left else 1.0)
