"""Landscapes: hills, mountains, sea, forest, desert. Far sheets are pale, near ones deep."""
# ruff: noqa: E501, PLR0917 - outlines are long, and have many coordinates

import math

from studio.sandbox.paint import motifs, sky
from studio.sandbox.paint.canvas import Canvas, disc
from studio.sandbox.paint.lines import Line, noise, peaks, petal, ridge, waves
from studio.sandbox.paint.lines import hills as hill_line

STANDING = ("house", "tree", "lighthouse", "fire", "fox", "cat", "robot", "rocket", "heart")
HALF = 0.5
CREST = 0.62  # of a dune, from its foot
BIG = {"fox": 2.3, "cat": 2.3, "robot": 2.2, "heart": 2.0, "rocket": 2.0, "lighthouse": 1.9, "fire": 1.5}


def hills(canvas: Canvas) -> None:
    horizon = canvas.height * 0.62
    sky.sky(canvas, horizon)
    _rolling(canvas, horizon, 5)
    finish(canvas, canvas.height * 0.86)


def _rolling(canvas: Canvas, horizon: float, count: int) -> None:
    w, h = canvas.width, canvas.height
    for index in range(count):
        share = index / (count - 1)
        chance = canvas.dice.of(f"hill{index}")
        base = horizon + (h * 0.9 - horizon) * share**1.15
        line = hill_line(chance, base, h * (0.075 + 0.035 * share))
        colour = canvas.palette.sheet(share)
        outline = ridge(line, w, h, 48 + 12 * canvas.detail)
        canvas.sheet(outline, colour.lit(0.05), colour.lit(-0.04), shade=(0.02, 0.34 + 0.25 * share))
        if 0 < index < count - 1:
            _orchard(canvas, index, line, share)
        if index == count - 2:
            _furrows(canvas, line)
    sprigs(canvas)


def _furrows(canvas: Canvas, line: Line) -> None:
    """A ploughed field: the crest repeated downwards, fainter."""
    colour = canvas.palette.second.hex
    for row in range(1, 6):
        points = "L".join(
            f"{canvas.width * step / 40:.0f} {line(step / 40) + row * (9 + 4 * row):.1f}" for step in range(41)
        )
        canvas.draw(
            f'<path d="M{points}" fill="none" stroke="{colour}" stroke-width="2.6" stroke-opacity="{0.5 - row * 0.07:.2f}"/>'
        )


def sprigs(canvas: Canvas) -> None:
    """Grass and leaves close by, in both corners: they frame the view."""
    chance, palette, h = canvas.dice.of("sprigs"), canvas.palette, canvas.height
    for side in (0, 1):
        for index in range(5 + 2 * canvas.detail):
            x = abs(side * canvas.width - chance.uniform(-20, 300))
            tall, lean = chance.uniform(90, 250), chance.uniform(-0.35, 0.35)
            fill = palette.near.lit(-0.06 + 0.04 * (index % 3)).hex
            top = (x + math.sin(lean) * tall, h - tall)
            canvas.draw(
                f'<path d="M{x:.0f} {h + 10:.0f}Q{x:.0f} {h - tall * 0.5:.0f} {top[0]:.0f} {top[1]:.0f}" fill="none" stroke="{fill}" stroke-width="5"/>'
            )
            if index % 3 == 0:
                canvas.draw(
                    f'<circle cx="{top[0]:.0f}" cy="{top[1]:.0f}" r="{chance.uniform(9, 15):.0f}" fill="{(palette.accent, palette.second, palette.light)[index // 3 % 3].hex}"/>'
                )
            else:
                leaves = "".join(
                    petal(x + math.sin(lean) * tall * up * up, h - tall * up, 54, 11, lean - math.pi / 2 + turn)
                    for up in (0.4, 0.6, 0.8, 0.97)
                    for turn in (-0.75, 0.75)
                )
                canvas.draw(f'<path d="{leaves}" fill="{fill}"/>')


def _orchard(canvas: Canvas, index: int, line: Line, share: float) -> None:
    """A few trees on the crest, smaller where it is farther."""
    chance = canvas.dice.of(f"orchard{index}")
    cut = motifs.pine(canvas.palette) if chance.random() < 0.5 else motifs.tree(canvas.palette)  # noqa: PLR2004
    middle = chance.uniform(0.1, 0.9)
    for _ in range(2 + canvas.detail + index):
        spot = min(0.98, max(0.02, middle + chance.gauss(0, 0.09)))
        y = line(spot)
        canvas.place(cut, spot * canvas.width, y + 5, (0.22 + 0.36 * share) * chance.uniform(0.8, 1.2))


def mountains(canvas: Canvas) -> None:
    w, h, palette = canvas.width, canvas.height, canvas.palette
    horizon = h * 0.66
    sky.sky(canvas, horizon)
    for index, (share, tall) in enumerate(((0.05, 0.40), (0.28, 0.34), (0.52, 0.22))):
        chance = canvas.dice.of(f"peaks{index}")
        line = peaks(chance, horizon + h * 0.06 * index, h * tall, max(2, round(w / 330)) + index)
        colour = palette.sheet(share)
        outline = ridge(line, w, h, 90 + 40 * canvas.detail)
        canvas.sheet(outline, colour.lit(0.02), colour.lit(0.03).towards(palette.glow, 0.25), shade=(0.30, 0.0))
        if index < 2:  # noqa: PLR2004
            _snow(canvas, line, w, horizon + h * 0.06 * index, h * tall, index)
    for index in range(3):
        share = 0.62 + 0.19 * index
        line = hill_line(canvas.dice.of(f"foot{index}"), h * (0.76 + 0.09 * index), h * 0.06)
        canvas.sheet(ridge(line, w, h, 60), palette.sheet(share).lit(0.03), palette.sheet(share), shade=(0.0, 0.5))
        _pines(canvas, line, index, share)
    sprigs(canvas)
    finish(canvas, h * 0.93)


def _snow(canvas: Canvas, line: Line, w: float, base: float, tall: float, index: int) -> None:
    """White down to a ragged line: between the ridge and itself pulled towards the snow line."""
    chance = canvas.dice.of(f"snow{index}")
    tongues = noise(chance, 6, rough=0.8)
    level = base - tall * 0.48
    steps = 110 + 40 * canvas.detail
    tops, foot = [], []
    for step in range(steps + 1):
        x, y = -20 + (w + 40) * step / steps, line(step / steps)
        depth = max(0.0, level - y)
        tops.append((x, y))
        foot.append((x, y + depth * (0.62 + 0.75 * tongues(step / steps))))
    outline = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in [*tops, *reversed(foot)]) + "Z"
    canvas.sheet(outline, canvas.palette.paper, shade=(0.0, 0.25), lift=0)


def _pines(canvas: Canvas, line: Line, index: int, share: float) -> None:
    chance, cut = canvas.dice.of(f"pines{index}"), motifs.pine(canvas.palette)
    for _ in range(int((7 + 4 * canvas.detail) * canvas.width / 1000)):
        spot = chance.random()
        y = line(spot)
        canvas.place(cut, spot * canvas.width, y + 8, (0.4 + 0.45 * share) * chance.uniform(0.7, 1.25))


def sea(canvas: Canvas) -> None:
    w, h, palette = canvas.width, canvas.height, canvas.palette
    horizon = h * 0.52
    x, _ = sky.sky(canvas, horizon)
    island = hill_line(canvas.dice.of("island"), horizon + h * 0.015, h * 0.055)
    canvas.sheet(ridge(island, w, horizon, 60), palette.sheet(0.22), shade=(0.0, 0.2), lift=0)
    canvas.sheet(f"M-20 {horizon:.0f}H{w + 20:.0f}V{h + 20:.0f}H-20Z", palette.sheet(0.12), palette.sheet(0.5), lift=0)
    _glitter(canvas, x, horizon)
    for index in range(6):
        share = index / 5
        base = horizon + (h - horizon) * (0.14 + 0.78 * share**1.2)
        line = waves(canvas.dice.of(f"wave{index}"), base, 10 + 22 * share, (90 + 150 * share) / w)
        colour = palette.sheet(0.25 + 0.7 * share)
        outline = ridge(line, w, h, 120 + 40 * canvas.detail)
        canvas.sheet(outline, colour.lit(0.05), colour, shade=(0.0, 0.5))
        if index == 2:  # noqa: PLR2004
            _afloat(canvas, base)
    _shore(canvas)
    finish(canvas, h * 0.93, skip=("lighthouse", "boat", "whale", "fish"))


def _glitter(canvas: Canvas, x: float, horizon: float) -> None:
    """The road of light on the water."""
    chance, light = canvas.dice.of("glitter"), canvas.palette.light.hex
    for row in range(12 + 5 * canvas.detail):
        y = horizon + 6 + (row**1.5) * 5
        breadth = chance.uniform(18, 60) * (1 + row * 0.08)
        place = x + chance.gauss(0, 10 + row * 3)
        canvas.draw(
            f'<rect x="{place - breadth / 2:.0f}" y="{y:.0f}" width="{breadth:.0f}" height="4.5" rx="2.2" '
            f'fill="{light}" fill-opacity="{0.75 - row * 0.02:.2f}"/>'
        )


def _afloat(canvas: Canvas, y: float) -> None:
    chance, wish, w = canvas.dice.of("afloat"), canvas.wish, canvas.width
    if "whale" in wish.motifs:
        canvas.place(
            motifs.whale(canvas.palette), w * chance.uniform(0.35, 0.6), y + 14, 2.0, flip=chance.random() < HALF
        )
    if "fish" in wish.motifs:
        canvas.place(motifs.fish(canvas.palette), w * chance.uniform(0.35, 0.6), y - 30, 2.0, turn=-18)
    if "boat" in wish.motifs or not wish.motifs or chance.random() < 0.4:  # noqa: PLR2004
        canvas.place(motifs.boat(canvas.palette), w * chance.uniform(0.2, 0.8), y + 8, chance.uniform(0.9, 1.5))


def _shore(canvas: Canvas) -> None:
    if "lighthouse" not in canvas.wish.motifs:
        return
    w, h, palette = canvas.width, canvas.height, canvas.palette
    is_left = canvas.dice.of("shore").random() < HALF
    line = hill_line(canvas.dice.of("rock"), 0, h * 0.03, 4)

    def rock(share: float) -> float:
        near = share if is_left else 1 - share
        return h * 0.66 + math.pow(near, 2.2) * h * 0.75 + line(share)

    canvas.sheet(ridge(rock, w, h, 90), palette.sheet(0.9), palette.ink, shade=(0.05, 0.6), lift=8)
    spot = 0.16 if is_left else 0.84
    canvas.place(motifs.lighthouse(palette), spot * w, rock(spot) + 8, 2.3)


def forest(canvas: Canvas) -> None:
    w, h, palette = canvas.width, canvas.height, canvas.palette
    sky.sky(canvas, h * 0.72)
    for index in range(5):
        share = index / 4
        chance = canvas.dice.of(f"trees{index}")
        base = h * (0.60 + 0.10 * index)
        colour = palette.sheet(0.1 + 0.9 * share)
        ground = ridge(hill_line(canvas.dice.of(f"ground{index}"), base, h * 0.02), w, h, 50)
        count = max(5, round((17 - 2.4 * index) * w / 1000))
        outline = "".join(
            fir(
                (spot + chance.uniform(0.2, 0.8)) / count * w,
                base + 12,
                h * (0.20 + 0.06 * index) * chance.uniform(0.6, 1.25),
            )
            for spot in range(count)
        )
        canvas.sheet(outline + ground, colour.lit(0.07), colour.lit(-0.02).towards(palette.glow, 0.3 - 0.3 * share),
                     shade=(0.35 * share, 0.05 + 0.4 * share), lift=4)  # fmt: skip
    finish(canvas, h * 0.96)


def fir(x: float, foot: float, tall: float) -> str:
    """Three tiers and a stem, in one outline."""
    wide = tall * 0.22
    tiers = "".join(
        f"M{x - wide * size:.1f} {foot - tall * low:.1f}L{x:.1f} {foot - tall * top:.1f}L{x + wide * size:.1f} {foot - tall * low:.1f}Z"
        for size, low, top in ((1, 0.10, 0.55), (0.78, 0.34, 0.78), (0.52, 0.60, 1.0))
    )
    return f"M{x - tall * 0.02:.1f} {foot:.1f}V{foot - tall * 0.12:.1f}H{x + tall * 0.02:.1f}V{foot:.1f}Z" + tiers


def desert(canvas: Canvas) -> None:
    w, h, palette = canvas.width, canvas.height, canvas.palette
    horizon = h * 0.60
    sky.sky(canvas, horizon)
    for index in range(5):
        share = index / 4
        chance = canvas.dice.of(f"dune{index}")
        shift, long = chance.random(), 0.6 + 0.5 * share
        base = horizon + (h * 0.92 - horizon) * share

        def line(
            place: float, shift: float = shift, long: float = long, base: float = base, share: float = share
        ) -> float:
            turn = (place / long + shift) % 1
            rise = turn / CREST if turn < CREST else (1 - turn) / (1 - CREST)
            return base - h * (0.05 + 0.06 * share) * math.pow(rise, 1.3)

        colour = palette.sheet(share * 0.8).towards(palette.accent, 0.25)
        canvas.sheet(ridge(line, w, h, 90), colour.lit(0.05), colour.lit(-0.03), shade=(0.0, 0.55))
    spot = canvas.dice.of("cactus")
    for _ in range(2 + canvas.detail):
        canvas.place(_cactus(canvas), spot.uniform(0.05, 0.95) * w, h * spot.uniform(0.8, 0.95), spot.uniform(0.7, 1.5))
    finish(canvas, h * 0.93)


def _cactus(canvas: Canvas) -> str:
    green = canvas.palette.near.lit(0.04).hex
    return (
        f'<path d="M0 0V-96M0 -34H-26V-66M0 -48H24V-82" fill="none" stroke="{green}" stroke-width="15" '
        f'stroke-linecap="round" stroke-linejoin="round"/>'
    )


def finish(canvas: Canvas, ground: float, skip: tuple[str, ...] = ()) -> None:
    """Who was named stands in front; balloons fly; then the weather."""
    chance, wish = canvas.dice.of("finish"), canvas.wish
    standing = [name for name in STANDING if name in wish.motifs and name not in skip]
    for index, name in enumerate(standing):
        x = canvas.width * ((index + 1) / (len(standing) + 1) + chance.uniform(-0.08, 0.08))
        scale = BIG.get(name, 1.7)
        canvas.draw(f'<path d="{disc(x, ground - 2, 40 * scale)}" transform="translate(0 {ground * 0.9:.0f}) scale(1 0.1)" '
                    f'fill="{canvas.palette.ink.hex}" fill-opacity="0.28"/>')  # fmt: skip
        canvas.place(motifs.MOTIFS[name](canvas.palette), x, ground, scale, flip=chance.random() < HALF)
    if "balloon" in wish.motifs:
        for size in (1.9, 1.0, 0.7):
            x, y = chance.uniform(0.15, 0.85) * canvas.width, canvas.height * chance.uniform(0.28, 0.5)
            canvas.place(motifs.balloon(canvas.palette), x, y, size)
    sky.weather(canvas)
