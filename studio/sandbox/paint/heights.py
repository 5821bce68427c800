"""Draw mountains or woods."""
# ruff: noqa: E501, PLR0917 - outlines are long, and have many coordinates

from studio.sandbox.paint import front, motifs, sky
from studio.sandbox.paint.canvas import Canvas
from studio.sandbox.paint.lines import Line, noise, peaks, ridge
from studio.sandbox.paint.lines import hills as hill_line


def mountains(canvas: Canvas) -> None:
    w, h, palette = canvas.width, canvas.height, canvas.palette
    horizon = h * 0.66
    sky.sky(canvas, horizon)
    for index, (share, tall) in enumerate(((0.05, 0.40), (0.28, 0.34), (0.52, 0.22))):
        chance = canvas.dice.random_for(f"peaks{index}")
        line = peaks(chance, horizon + h * 0.06 * index, h * tall, max(2, round(w / 330)) + index)
        colour = palette.sheet(share)
        outline = ridge(line, w, h, 90 + 40 * canvas.detail)
        canvas.sheet(outline, colour.lit(0.02), colour.lit(0.03).towards(palette.glow, 0.25), shade=(0.30, 0.0))
        if index < 2:  # noqa: PLR2004
            _snow(canvas, line, w, horizon + h * 0.06 * index, h * tall, index)
    for index in range(3):
        share = 0.62 + 0.19 * index
        line = hill_line(canvas.dice.random_for(f"foot{index}"), h * (0.76 + 0.09 * index), h * 0.06)
        canvas.sheet(ridge(line, w, h, 60), palette.sheet(share).lit(0.03), palette.sheet(share), shade=(0.0, 0.5))
        _pines(canvas, line, index, share)
    front.sprigs(canvas)
    front.finish(canvas, h * 0.93)


def _snow(canvas: Canvas, line: Line, w: float, base: float, tall: float, index: int) -> None:
    """Draw snow from the ridge down to a ragged line, which is the ridge pulled towards the snow line."""
    chance = canvas.dice.random_for(f"snow{index}")
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
    chance, cut = canvas.dice.random_for(f"pines{index}"), motifs.pine(canvas.palette)
    for _ in range(int((7 + 4 * canvas.detail) * canvas.width / 1000)):
        spot = chance.random()
        y = line(spot)
        canvas.place(cut, spot * canvas.width, y + 8, (0.4 + 0.45 * share) * chance.uniform(0.7, 1.25))


def forest(canvas: Canvas) -> None:
    w, h, palette = canvas.width, canvas.height, canvas.palette
    sky.sky(canvas, h * 0.72)
    for index in range(5):
        share = index / 4
        chance = canvas.dice.random_for(f"trees{index}")
        base = h * (0.60 + 0.10 * index)
        colour = palette.sheet(0.1 + 0.9 * share)
        ground = ridge(hill_line(canvas.dice.random_for(f"ground{index}"), base, h * 0.02), w, h, 50)
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
    front.finish(canvas, h * 0.96)


def fir(x: float, foot: float, tall: float) -> str:
    """Return a fir of three tiers and a stem, in one outline."""
    wide = tall * 0.22
    tiers = "".join(
        f"M{x - wide * size:.1f} {foot - tall * low:.1f}L{x:.1f} {foot - tall * top:.1f}L{x + wide * size:.1f} {foot - tall * low:.1f}Z"
        for size, low, top in ((1, 0.10, 0.55), (0.78, 0.34, 0.78), (0.52, 0.60, 1.0))
    )
    return f"M{x - tall * 0.02:.1f} {foot:.1f}V{foot - tall * 0.12:.1f}H{x + tall * 0.02:.1f}V{foot:.1f}Z" + tiers
