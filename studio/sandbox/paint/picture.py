"""Paint a picture from a prompt: the same prompt, size, quality, seed and slot give the same pixels."""

from dataclasses import dataclass

import pyvips

from studio.sandbox.paint import (
    drawing,
    graphic,
    heights,
    land,
    palette,
    places,
    portrait,
    still,
    texture,
    water,
    words,
)
from studio.sandbox.paint.canvas import SHORT_EDGE, Canvas
from studio.sandbox.paint.seeds import Dice

SCENES = {
    "hills": land.hills, "desert": land.desert, "mountains": heights.mountains, "forest": heights.forest,
    "sea": water.sea, "city": places.city, "space": places.space, "flowers": places.flowers, "still": still.still,
    "portrait": portrait.portrait, "poster": graphic.poster, "abstract": graphic.abstract,
}  # fmt: skip


@dataclass(frozen=True)
class Brief:
    prompt: str
    width: int
    height: int
    quality: str = "medium"
    seed: int = 0
    slot: int = 0
    is_transparent: bool = False
    stray: int = 0  # of 100: how far a masked edit changes what it should keep


@dataclass(frozen=True)
class Finish:
    """How detailed and how grainy a quality is."""

    detail: int
    grain: int
    block: int = 1
    spray: float = 0.0


FINISHES = {
    "low": Finish(detail=0, grain=5, block=2),
    "medium": Finish(detail=1, grain=4, spray=0.24),
    "high": Finish(detail=2, grain=4, spray=0.26),
    "xhigh": Finish(detail=3, grain=3, spray=0.27),
    "max": Finish(detail=4, grain=3, spray=0.28),
}


def blank(brief: Brief) -> Canvas:
    dice = Dice(brief.prompt.strip(), brief.width, brief.height, brief.seed, brief.slot)
    wish = words.read_wish(brief.prompt, Dice(brief.prompt.strip(), brief.seed))
    short = min(brief.width, brief.height)
    return Canvas(
        width=brief.width * SHORT_EDGE / short,
        height=brief.height * SHORT_EDGE / short,
        palette=palette.mix(wish, dice),
        dice=dice,
        wish=wish,
        detail=FINISHES[brief.quality].detail,
    )


def paint(brief: Brief) -> pyvips.Image:
    """Paint the picture as RGB with 8 bits."""
    canvas, finish = blank(brief), FINISHES[brief.quality]
    SCENES[canvas.wish.scene](canvas)
    image = drawing.draw(canvas.inks_as_svg(brief.width, brief.height))[:3]
    if finish.spray:
        shade = drawing.draw(canvas.shades_as_svg(brief.width, brief.height))[0]
        image = texture.spray(image, shade, canvas.palette.ink.rgb, finish.spray)
    return texture.grain(image, finish.grain, finish.block)
