"""Skies: the gradient of air, sun and moon, stars, clouds, northern lights, rainbow."""

from __future__ import annotations

import numpy as np

from ..draw.canvas import Canvas, dabs, disc, line
from ..draw.exact import RGB, Plane, bell, blend, clamp, fade, mix_colour, scale_colour, smoothstep, wave
from ..draw.noise import Dice, fbm, sample, tile
from .stage import Stage


def paint_sky(canvas: Canvas, stage: Stage) -> None:
    """Fill the canvas down to a little below the horizon."""
    sky = canvas.above(min(stage.horizon + 0.04, stage.height))
    scene = stage.scene
    _air(sky, stage)
    if stage.night and scene.weather in ("", "clear", "fog"):
        _stars(sky, stage)
    if scene.has("aurora"):
        _aurora(sky, stage)
    _luminary(sky, stage)
    if scene.has("rainbow"):
        _rainbow(sky, stage)
    if scene.weather != "clear":
        _clouds(sky, stage)
    if scene.weather == "storm":
        _lightning(sky, stage)


def _air(sky: Canvas, stage: Stage) -> None:
    palette, horizon = stage.palette, stage.horizon
    t = clamp(sky.y * (1.0 / horizon))
    wobble = sky.noise(stage.scene.dice("air").key, 1.3, 2, 2.5) * 0.035
    t = t + wobble * (1.0 - t)
    lower = smoothstep(0.0, 0.55, t)
    low = smoothstep(0.35, 0.86, t)
    rim = smoothstep(0.66, 1.02, t)
    warm = bell(sky.x - stage.light[0], 0.75 * stage.width)
    rim = rim * (0.45 + 0.55 * warm)
    for plane, zenith, middle, near, end in zip(
        sky.rgb, palette.zenith, palette.middle, palette.low, palette.horizon, strict=True
    ):
        plane[...] = zenith
        blend(plane, middle, lower)
        blend(plane, near, low)
        blend(plane, end, rim)


def _distance(sky: Canvas, stage: Stage) -> Plane:
    dx, dy = sky.x - stage.light[0], sky.y - stage.light[1]
    return np.sqrt(dx * dx + dy * dy)


def _luminary(sky: Canvas, stage: Stage) -> None:
    """The sun or moon with its glow; hidden, but still glowing, behind a grey sky."""
    scene, palette = stage.scene, stage.palette
    veiled = scene.weather in ("overcast", "rain", "storm", "snowfall", "fog")
    r = _distance(sky, stage)
    if stage.night:
        if "moon" not in scene.motifs and scene.has("aurora", "stars", "city"):
            return
        radius = 0.062 if scene.has("moon") else 0.040
        sky.glow(fade(r * 7.0) * 0.42 + fade(r * 2.2) * 0.20, (0.62, 0.74, 1.0))
        if not veiled:
            _moon(sky, stage, radius)
        return
    shown = scene.hour in ("golden", "dawn") or scene.has("sun")
    wide = {"day": 0.30, "dawn": 0.62, "golden": 0.78, "dusk": 0.55}[scene.hour] * (0.5 if veiled else 1.0)
    warm = mix_colour(palette.sun, palette.horizon, 0.6)
    sky.glow(fade(r * 2.4) * wide, scale_colour(warm, (1.0, 0.86, 0.66)))
    if shown:
        sky.glow(fade(r * 9.0) * wide, palette.sun)
    if shown and not veiled:
        radius = {"day": 0.034, "dawn": 0.046, "golden": 0.058, "dusk": 0.06}[scene.hour] * (
            1.4 if scene.has("sun") else 1.0
        )
        sky.glow(fade(clamp(r - radius, 0.0, 9.0) * 26.0) * 0.8, palette.sun)
        cover = smoothstep(radius + 1.2 * sky.pixel, radius - 1.2 * sky.pixel, r)
        sky.lay(cover, mix_colour(palette.sun, (1.0, 1.0, 0.96), 0.55))


def _moon(sky: Canvas, stage: Stage, radius: float) -> None:
    x, y = stage.light
    part = sky.crop(x - radius * 1.1, y - radius * 1.1, x + radius * 1.1, y + radius * 1.1)
    if part.empty:
        return
    cover = part.edge(disc(part, (x, y), radius))
    seas = clamp(part.noise(stage.scene.dice("moon").key, 0.16 / radius, 4) * 0.5 + 0.35)
    if stage.scene.says("crescent", "🌙"):
        cover *= 1.0 - part.edge(disc(part, (x + radius * 0.45, y - radius * 0.2), radius * 0.92))
    bright = 1.0 - seas * 0.13
    part.lay(cover, np.stack([bright * 1.0, bright * 0.97, bright * 0.88]))


def _stars(sky: Canvas, stage: Stage) -> None:
    scene = stage.scene
    dice = scene.dice("stars")
    rich = scene.has("stars") or scene.kind == "space"
    if rich:
        _milky_way(sky, stage)
    count = int((900 if rich else 260) * stage.width * stage.height)
    bright = dice.units(count)
    bright = bright * bright * bright
    bright = bright * bright
    xs, ys = dice.units(count) * stage.width, dice.units(count) * stage.horizon
    hue = dice.units(count)
    low = 1.0 - smoothstep(0.6, 1.0, ys * (1.0 / stage.horizon))
    colours = np.stack([0.80 + 0.2 * hue, 0.86 + 0.08 * hue, 1.0 - 0.2 * hue], axis=1)
    radii = 0.0011 + 0.0022 * bright
    dabs(sky, xs, ys, radii * (0.4 + 0.6 * low), colours, opacity=0.95)
    for n in np.argsort(-bright, kind="stable")[:5].tolist():
        r = 0.03
        part = sky.crop(float(xs[n]) - r, float(ys[n]) - r, float(xs[n]) + r, float(ys[n]) + r)
        if not part.empty:
            dx, dy = part.x - float(xs[n]), part.y - float(ys[n])
            part.glow(fade(np.sqrt(dx * dx + dy * dy) * 240.0) * 0.8, (0.8, 0.9, 1.0))


def _milky_way(sky: Canvas, stage: Stage) -> None:
    dice = stage.scene.dice("milky way")
    lean = dice.between(0.5, 0.9) * (1.0 if dice.chance(0.5) else -1.0)
    across = (sky.x - stage.width * 0.5) * lean + (sky.y - stage.horizon * 0.45)
    dust = sky.noise(dice.bits(), 3.0, 6)
    across = across + dust * 0.06
    band = bell(across, 0.17)
    lanes = clamp(1.0 - bell(across - 0.02, 0.035) * (0.7 + 0.6 * sky.noise(dice.bits(), 6.0, 4)))
    cloud = clamp(0.55 + 0.5 * sky.noise(dice.bits(), 5.0, 5))
    sky.glow(band * lanes * cloud * 0.55, (0.62, 0.70, 1.0))
    sky.glow(band * band * lanes * cloud * 0.32, (1.0, 0.72, 0.62))


def _aurora(sky: Canvas, stage: Stage) -> None:
    dice = stage.scene.dice("aurora")
    green: RGB = stage.scene.colour("aurora") or (0.25, 1.0, 0.62)
    for curtain in range(3):
        base = stage.horizon * dice.between(0.50, 0.78) - curtain * 0.07
        key = dice.bits()
        swing = fbm(sky.x, sky.y[:1], key, frequency=1.1, octaves=3) * 0.11
        slope = dice.between(-0.16, 0.16)
        foot = base + swing + (sky.x - stage.width * 0.5) * slope
        rays = clamp(0.55 + 0.5 * fbm(sky.x + swing * 1.5, sky.y[:1], key + 1, frequency=26.0, octaves=3))
        veil = clamp(0.5 + 0.8 * fbm(sky.x + swing, sky.y[:1], key + 2, frequency=2.0, octaves=2))
        up = foot - sky.y
        tall = 0.13 + 0.16 * rays
        light = fade(clamp(up, 0.0, 9.0) / tall) * smoothstep(-0.022, 0.012, up)
        light *= (0.35 + 0.65 * rays) * veil * dice.between(0.7, 1.0)
        height = clamp(up * 3.0)
        sky.glow(light * (1.0 - height) * 0.95, green)
        sky.glow(light * height * 1.1, (0.62, 0.28, 0.95))


def _rainbow(sky: Canvas, stage: Stage) -> None:
    x = stage.width - stage.light[0]
    radius = 0.72 * stage.horizon
    dx, dy = sky.x - x, sky.y - stage.horizon * 1.12
    t = (np.sqrt(dx * dx + dy * dy) - radius) * (1.0 / 0.075)
    for centre, colour in (
        (0.9, (1.0, 0.2, 0.2)),
        (0.6, (1.0, 0.8, 0.1)),
        (0.3, (0.2, 1.0, 0.3)),
        (0.0, (0.3, 0.4, 1.0)),
    ):
        sky.glow(bell(t - centre, 0.16) * 0.34, colour)


def _clouds(sky: Canvas, stage: Stage) -> None:
    """A ceiling of clouds in perspective, and on fair days heaps of cumulus below it."""
    scene = stage.scene
    dice = scene.dice("clouds")
    cover = dice.between(-0.10, 0.20)
    if scene.has("clouds"):
        cover = 0.36
    if stage.night and not scene.has("clouds"):
        cover = -0.75 if scene.has("stars", "aurora", "moon") else -0.2
    cover = {"overcast": 0.75, "storm": 0.8, "rain": 0.75, "snowfall": 0.75, "fog": 0.0}.get(scene.weather, cover)
    _ceiling(sky, stage, dice, cover)
    if scene.weather == "" and scene.hour in ("day", "golden", "dawn") and not scene.has("aurora", "rainbow"):
        _cumulus(sky, stage, dice.child("cumulus"), 9 if scene.has("clouds") else dice.whole(3, 6))


def _ceiling(sky: Canvas, stage: Stage, dice: Dice, cover: float) -> None:
    palette, scene = stage.palette, stage.scene
    patch = tile("clouds", 4, 7)
    t = clamp(sky.y * (1.0 / stage.horizon))
    lift = 0.34 / (1.09 - t)
    dense = scene.weather in ("overcast", "storm", "rain", "snowfall")
    u = (sky.x - stage.width * 0.5) * (lift * 0.62) + dice.unit()
    v = lift * 1.05 + np.zeros_like(sky.x) + dice.unit()
    warp = sky.noise(dice.bits(), 3.0, 4) * 0.022
    u = u + warp
    density = sample(patch, u, v + warp * 0.6)
    ahead = sample(patch, u + 0.014 * stage.side, v + warp * 0.6 - 0.018)
    big = sky.noise(dice.bits(), 1.2, 2, 2.0)
    body = density * 0.80 + big * 0.50 + cover * 1.3 - 0.22
    amount = smoothstep(0.0, 0.75 if not dense else 0.9, body)
    thick = smoothstep(0.3, 1.4, body)
    light = clamp(0.66 + (density - ahead) * 0.80 - thick * 0.38)
    near_light = bell(_distance(sky, stage), 0.42)
    light = clamp(light + near_light * 0.25 * (1.0 - thick))
    glow = mix_colour(palette.horizon, palette.sun, 0.3)
    amount *= 0.92 - 0.40 * smoothstep(0.55, 1.0, t)
    for plane, dark, bright, warm in zip(sky.rgb, palette.cloud_shade, palette.cloud_lit, glow, strict=True):
        tone = dark + (bright - dark) * light
        blend(tone, warm, near_light * 0.35)
        blend(plane, tone, amount)


def _cumulus(sky: Canvas, stage: Stage, dice: Dice, count: int) -> None:
    """Heaps with flat feet, built of soft dabs: shade first, then light where the sun falls."""
    palette = stage.palette
    clouds = []
    for _ in range(count):
        height = dice.unit()
        clouds.append((0.80 - 0.62 * height * height, dice.between(-0.05, 1.05) * stage.width, dice.between(0.6, 1.3)))
    for down, x, grown in sorted(clouds, reverse=True):
        size = (0.045 + 0.16 * (0.80 - down)) * grown
        y = stage.horizon * down + 0.02
        lumps = 9
        near = 0.35 + 0.65 * (0.80 - down) / 0.62
        n = 170
        lump = dice.units(lumps) * 2.0 - 1.0
        high = (1.0 - lump * lump) * (0.62 + 0.26 * dice.units(lumps))
        which = (dice.units(n) * float(lumps)).astype(np.int32)
        a, b = dice.units(n) * 2.0 - 1.0, dice.units(n)
        up = b * (0.15 + high.take(which) * (1.0 - a * a * 0.8))
        dx = lump.take(which) * 0.95 + a * 0.42
        light = clamp(0.10 + up * 0.95 + dx * (0.24 * stage.side) + (dice.units(n) - 0.5) * 0.30)
        order = np.argsort((light * 1000.0).astype(np.int32), kind="stable")
        colours = np.empty((n, 3), dtype=np.float32)
        for c in range(3):
            shade = palette.cloud_shade[c] + (palette.haze[c] - palette.cloud_shade[c]) * (1.0 - near) * 0.8
            colours[:, c] = shade + (palette.cloud_lit[c] - shade) * smoothstep(0.0, 0.85, light)
        radii = size * (0.30 - 0.16 * light) * (0.7 + 0.6 * dice.units(n))
        xs, ys = x + dx * size * 1.5, y - up * size * 0.85
        dabs(
            sky,
            xs[order],
            ys[order],
            radii[order],
            colours[order],
            opacity=0.62 * (0.55 + 0.45 * near),
            squash=0.72,
            soft=True,
        )


def _lightning(sky: Canvas, stage: Stage) -> None:
    dice = stage.scene.dice("lightning")
    x, y = stage.width - stage.light[0], stage.horizon * 0.12
    sky.glow(bell(sky.x - x, 0.2) * bell(sky.y - stage.horizon * 0.45, 0.4) * 0.4, (0.8, 0.8, 1.0))
    while y < stage.horizon:
        nx, ny = x + dice.between(-0.035, 0.035), y + dice.between(0.02, 0.05)
        line(sky, (x, y), (nx, ny), 0.006, (0.93, 0.92, 1.0))
        if dice.chance(0.3):
            fork = (nx + dice.between(-0.1, 0.1), ny + dice.between(0.04, 0.1))
            line(sky, (nx, ny), fork, 0.003, (0.85, 0.85, 1.0), 0.8)
        x, y = nx, ny


def sun_rays(canvas: Canvas, stage: Stage) -> None:
    """Faint shafts of light that fan out from a low sun."""
    if stage.scene.hour not in ("golden", "dawn") or stage.scene.weather in ("rain", "storm", "snowfall"):
        return
    dx, dy = canvas.x - stage.light[0], canvas.y - stage.light[1]
    r = np.sqrt(dx * dx + dy * dy) + 0.02
    angle = dx / r
    rays = clamp(wave(angle * 4.3 + 0.2) * 0.5 + wave(angle * 9.1) * 0.3)
    canvas.glow(rays * fade(r * 2.4) * 0.10, stage.palette.sun)
