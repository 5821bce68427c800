"""Draw one motif alone on a transparent background, with the white edge of a cut sticker."""

import pyvips

from studio.sandbox.paint import drawing, motifs, texture
from studio.sandbox.paint.canvas import Canvas


def sticker(canvas: Canvas, width: int, height: int, grain: int) -> pyvips.Image:
    cut = [name for name in canvas.wish.motifs if name in motifs.MOTIFS]
    name = cut[0] if cut else canvas.dice.random_for("sticker").choice(sorted(motifs.MOTIFS))
    fragment = motifs.MOTIFS[name](canvas.palette)
    paper = canvas.palette.paper.hex
    round_line = 'stroke-width="16" stroke-linejoin="round" stroke-linecap="round"'
    edge = f'<g stroke="{paper}" {round_line} fill="{paper}">{fragment}</g>'
    x, y, scale = canvas.width / 2, canvas.height / 2 + 190, 3.9
    canvas.place(edge, x, y, scale)
    canvas.place(fragment, x, y, scale)
    image = drawing.draw(canvas.inks_as_svg(width, height))
    return texture.grain(image[:3], grain).bandjoin(image[3])
