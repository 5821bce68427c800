"""Change given pictures: tint them with the inks of the prompt, light them again, and draw what was named on top."""

import itertools
from dataclasses import dataclass

import pyvips

from studio.sandbox.paint import drawing, front, loading, media, palette, picture, sky, texture, weather, words
from studio.sandbox.paint.canvas import SHORT_EDGE, Canvas
from studio.sandbox.paint.colours import Colour
from studio.sandbox.paint.palette import Palette
from studio.sandbox.paint.picture import FINISHES, Brief
from studio.sandbox.paint.seeds import Dice

KEPT = 0.36  # of the old colours
KEPT_IN_A_MEDIUM = 0.72
NIGHT = 0.35  # a sky of less lightness is dark
AGAIN = "Render Image 1 again as the finished picture"  # as Darkroom asks for the print of a proof


@dataclass(frozen=True)
class Edit:
    base: pyvips.Image
    layer: pyvips.Image
    where: pyvips.Image | None  # 255 where the layer shows; None for everywhere

    def joined(self, layer: pyvips.Image) -> pyvips.Image:
        if self.where is None:
            return layer
        return self.where.ifthenelse(layer, self.base, blend=True).cast("uchar")


def edit(brief: Brief, images: tuple[bytes, ...], mask: bytes | None) -> Edit:
    base = loading.cover(loading.plain(images[0]), brief.width, brief.height)
    if mask is not None:
        where = loading.redrawn(mask, brief.width, brief.height)
        patch = _patch(brief, base, where)
        return Edit(_strayed(brief, base) if brief.stray else base, patch, where)
    return Edit(base, _changed(brief, base, images[1:]), None)


def _patch(brief: Brief, base: pyvips.Image, where: pyvips.Image) -> pyvips.Image:
    """Paint into the opening of the mask only, so that all of what was asked for is visible in it."""
    left, top, width, height = where.find_trim(background=[0], threshold=1)
    if not width or not height:
        return base
    part = Brief(brief.prompt, max(16, width), max(16, height), brief.quality, brief.seed, brief.slot)
    return base.insert(picture.paint(part), left, top).crop(0, 0, base.width, base.height)


def _strayed(brief: Brief, base: pyvips.Image) -> pyvips.Image:
    """Change the light of the base a little, most of all to the upper right, as real models do outside the mask."""
    across, down = pyvips.Image.xyz(base.width, base.height).bandsplit()
    far = ((across / base.width - 0.85) ** 2 + (down / base.height - 0.2) ** 2) ** 0.5
    strength = (1 - far * 2.5).cast("float")
    strength = (strength > 0).ifthenelse(strength, 0) * (brief.stray / 100)
    warmer = base * (1 - strength) + strength * [255, 196, 120]
    return warmer.cast("uchar").copy(interpretation="srgb").copy_memory()


def _changed(brief: Brief, base: pyvips.Image, others: tuple[bytes, ...]) -> pyvips.Image:
    if brief.prompt.startswith(AGAIN):
        return _painted_again(brief, base)
    canvas = _overlay(brief)
    is_restyled = media.is_named(brief.prompt)  # then the picture shows what it showed, only made otherwise
    kept = KEPT_IN_A_MEDIUM if is_restyled else KEPT
    grey = base.colourspace("b-w")[0]
    tinted = grey.maplut(_inks(canvas.palette))
    dim = 0.55 if canvas.palette.sky.lightness < NIGHT and not is_restyled else 1.0
    image = (tinted * (1 - kept) + base * (kept * dim)).cast("uchar")
    if canvas.wish.motifs or not is_restyled:
        drawn = drawing.draw(canvas.inks_as_svg(brief.width, brief.height))
        image = image.composite2(drawn, "over")[:3].cast("uchar")
    image = _pinned(image, others, canvas)
    finish = FINISHES[brief.quality]
    return texture.grain(image, finish.grain, finish.block)


def _painted_again(brief: Brief, base: pyvips.Image) -> pyvips.Image:
    """Paint the same picture in its new size: without the coarse grain of a proof, with clean edges and fine grain."""
    finish = FINISHES[brief.quality]
    return texture.grain(base.median(5).sharpen(sigma=1.5, m2=3).cast("uchar"), finish.grain, finish.block)


def _overlay(brief: Brief) -> Canvas:
    dice = Dice(brief.prompt.strip(), brief.width, brief.height, brief.seed, brief.slot)
    wish = words.read_wish(brief.prompt, Dice(brief.prompt.strip(), brief.seed))
    short = min(brief.width, brief.height)
    width, height = brief.width * SHORT_EDGE / short, brief.height * SHORT_EDGE / short
    canvas = Canvas(width, height, palette.mix(wish, dice), dice, wish, FINISHES[brief.quality].detail)
    if wish.time == "night":
        sky.stars(canvas, height * 0.6)
    sky.light(canvas, height * 0.62)
    if "rainbow" in wish.motifs:
        weather.rainbow(canvas, height * 0.8)
    if "clouds" in wish.motifs or wish.time == "dawn":
        sky.clouds(canvas, height * 0.6)
    sky.birds(canvas, height * 0.6)
    front.finish(canvas, height * 0.95)
    return canvas


def _inks(inks: Palette) -> pyvips.Image:
    """Return the table of inks for all tones, from the darkest to the lightest, through the palette."""
    dark = inks.ink._replace(lightness=0.16)
    middle, high, highest = (0.24, 0.46, 0.66) if inks.sky.lightness < NIGHT else (0.38, 0.70, 0.88)
    stops = [(0.0, dark), (0.35, inks.near._replace(lightness=middle)), (0.68, inks.far._replace(lightness=high)),
             (0.88, inks.glow._replace(lightness=highest)), (1.0, inks.paper.lit(highest - 0.88))]  # fmt: skip
    rows = bytes(channel for level in range(256) for channel in _tone(stops, level / 255).rgb)
    return pyvips.Image.new_from_memory(rows, 256, 1, 3, "uchar").copy(interpretation="srgb")


def _tone(stops: list[tuple[float, Colour]], level: float) -> Colour:
    for (low, one), (high, other) in itertools.pairwise(stops):
        if level <= high:
            return one.towards(other, (level - low) / (high - low))
    return stops[-1][1]


def _pinned(image: pyvips.Image, others: tuple[bytes, ...], canvas: Canvas) -> pyvips.Image:
    """Lay further references into the picture as small prints, each turned a little."""
    if not others:
        return image
    side = round(min(image.width, image.height) * (0.26 if len(others) < 4 else 0.14))  # noqa: PLR2004
    step = image.width / (len(others) + 1)
    prints, lefts, tops = [], [], []
    for index, data in enumerate(others):
        chance = canvas.dice.random_for(f"print{index}")
        card = _print(data, side, chance.uniform(-7, 7))
        prints.append(card)
        lefts.append(round(step * (index + 1) - card.width / 2))
        tops.append(round(image.height * 0.72 - card.height / 2 + chance.uniform(-0.06, 0.06) * image.height))
    return image.composite(prints, ["over"] * len(prints), x=lefts, y=tops)[:3].cast("uchar")


def _print(data: bytes, side: int, angle: float) -> pyvips.Image:
    edge = max(2, side // 16)
    inner = loading.plain(data).thumbnail_image(side, height=side, crop="centre", size="both")
    card = inner.embed(edge, edge, side + 2 * edge, side + 4 * edge, extend="white")
    shadow = edge // 2 + 1
    card = card.addalpha().cast("uchar")
    sheet = (card * 0 + [20, 16, 24, 70]).cast("uchar").copy(interpretation="srgb")
    framed = sheet.embed(shadow, shadow, card.width + shadow, card.height + shadow).composite2(card, "over")
    return framed.similarity(angle=angle).cast("uchar")
