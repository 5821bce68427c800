"""Render a finished picture in a medium that its prompt names: wool, glass, charcoal and the like. The prompt's first
medium counts; without one the picture stays cut paper and ink."""

import re
from collections.abc import Callable

import pyvips

from studio.sandbox.paint import drawing, texture
from studio.sandbox.paint.canvas import SHORT_EDGE

INK, PAPER = [24, 20, 26], [243, 236, 222]
Medium = Callable[[pyvips.Image, float], pyvips.Image]
LUMA = (0.2126, 0.7152, 0.0722)


def render(prompt: str, image: pyvips.Image) -> pyvips.Image:
    """Return the picture in the first medium that the prompt names, as RGB in memory."""
    medium = _named(prompt)
    if medium is None:
        return image
    calm = image.median(3)  # without the grain, which is no edge
    return medium(calm, min(image.width, image.height) / SHORT_EDGE).cast("uchar").copy_memory()


def is_named(prompt: str) -> bool:
    """Return whether the prompt names a medium."""
    return _named(prompt) is not None


def _wool(image: pyvips.Image, unit: float) -> pyvips.Image:
    """Give each stitch one colour, and shade it as two strands that meet in a V."""
    wide, high = _at_least(20 * unit, 6), _at_least(16 * unit, 5)
    stitch = _tile(
        wide, high,
        '<rect width="20" height="16" fill="#4a4450"/>'
        '<path d="M1 1L10 13M19 1L10 13" stroke="#fff" stroke-width="7.5" stroke-linecap="round"/>'
        '<path d="M2 1L10 11.5M18 1L10 11.5" stroke="#d9d4dd" stroke-width="2" stroke-linecap="round"/>', "0 0 20 16",
    )  # fmt: skip
    return _multiplied(_cells(image, wide, high), _spread(stitch, image))


def _watercolour(image: pyvips.Image, unit: float) -> pyvips.Image:
    """Run the colours together, thin them with water, and let the pigment gather at the edges and in the paper."""
    soft = image.median(_odd(9 * unit)).gaussblur(max(1.0, 5 * unit))
    thin = soft * 0.62 + [94, 92, 86]
    bloom = texture.mottle(image.width, image.height) / 255
    return thin + (1 - bloom) * 34 - _edges(soft) * 0.35


def _woodcut(image: pyvips.Image, unit: float) -> pyvips.Image:
    """Print one black, with lines that swell where it is dark, and a red in the middle tones."""
    tone = _grey(image).gaussblur(max(0.8, 3 * unit)) * 0.9
    across = pyvips.Image.xyz(image.width, image.height)
    bent = across[1] + (across[0] * (0.011 / unit)).sin() * (7 * unit)
    waves = (bent * (360 / max(4.0, 13 * unit))).sin() * 70 + 118
    inked = tone < waves
    flat = _where(tone < 84, [176, 62, 44], PAPER)  # noqa: PLR2004
    return _where(inked, INK, flat)


def _glass(image: pyvips.Image, unit: float) -> pyvips.Image:
    """Set panes of one glowing colour each into a lattice of lead."""
    side = _at_least(110 * unit, 14)
    panes = _vivid(image.median(_odd(5 * unit)), 1.7)
    flat = _cells(panes, side // 2, side // 2) * 0.4 + panes.gaussblur(max(1.0, 7 * unit)) * 0.6
    lead = _tile(side, side, '<path d="M10 0L20 10L10 20L0 10Z" fill="#fff" stroke="#222" stroke-width="1.1"/>')
    lit = flat * 1.12 + 14
    return _multiplied(lit, _spread(lead, image)) - _grey(_edges(image.gaussblur(max(0.8, 3 * unit)))) * 1.6


def _layers(image: pyvips.Image, unit: float) -> pyvips.Image:
    """Cut the tones into few flat sheets with a shadow under each."""
    soft = image.median(_odd(13 * unit)).gaussblur(max(1.0, 4 * unit))
    sheets = (soft / 52).cast("uchar").cast("float") * 52 + 30
    away = _at_least(9 * unit, 2)
    tone = _grey(sheets)
    shadow = tone.embed(away, away, image.width + away, image.height + away, extend="copy").crop(
        0, 0, image.width, image.height
    )
    fallen = (shadow - tone).gaussblur(max(0.8, 4 * unit))
    return sheets - (fallen > 0).ifthenelse(fallen, 0) * 0.9


def _clay(image: pyvips.Image, unit: float) -> pyvips.Image:
    """Round all forms and light them from one side."""
    soft = image.median(_odd(15 * unit)).gaussblur(max(1.5, 9 * unit))
    relief = _lit(_grey(soft), _at_least(7 * unit, 2))
    prints = (texture.mottle(image.width, image.height) / 255 - 0.5) * 22
    return _vivid(soft, 1.15) * 0.92 + relief * 2.6 + prints + 10


def _dots(image: pyvips.Image, unit: float) -> pyvips.Image:
    """Print flat bright inks under a screen of round black dots."""
    side = _at_least(17 * unit, 5)
    soft = image.gaussblur(max(1.0, 6 * unit))
    flat = (_vivid(soft, 2.1) / 86).cast("uchar").cast("float") * 86 + 42
    across = pyvips.Image.xyz(image.width, image.height) * (360 / side)
    screen = (across[0].sin() * across[1].sin()) * 92 + 100
    return _where(_grey(soft) < screen - 28, INK, flat.cast("uchar")) - _edges(soft) * 0.8


def _charcoal(image: pyvips.Image, unit: float) -> pyvips.Image:
    """Smudge the tones on rough paper, and draw what has an edge."""
    tone = _grey(image).gaussblur(max(1.0, 6 * unit))
    rough = pyvips.Image.gaussnoise(image.width, image.height, mean=0, sigma=26, seed=3).gaussblur(0.8)
    drawn = tone * 0.72 + 80 + rough - _grey(_edges(image.gaussblur(max(0.8, 3 * unit)))) * 2.2
    return _grey_as([1.0, 0.975, 0.93], drawn.cast("uchar"))


def _plan(image: pyvips.Image, unit: float) -> pyvips.Image:
    """Draw the edges in white on blue, on a grid."""
    side = _at_least(50 * unit, 10)
    grid = _tile(side, side, '<path d="M0 0H20M0 0V20" stroke="#fff" stroke-width=".7"/>', ground="#000")
    lines = _grey(_edges(image.gaussblur(max(0.8, 3 * unit)))) * 2.2 + _grey(_spread(grid, image)) * 0.16
    lines = lines + (_grey(image) / 255) * 26
    share = lines.cast("uchar") / 255
    return (1 - share) * [18, 58, 128] + share * [236, 244, 255]


def _tubes(image: pyvips.Image, unit: float) -> pyvips.Image:
    """Darken the room, and let every edge glow in a colour of its own."""
    edges = _grey(_edges(image.median(_odd(9 * unit)).gaussblur(max(1.0, 4 * unit)))) * 2.2
    place = pyvips.Image.xyz(image.width, image.height) / min(image.width, image.height)
    hues = [((place[0] + place[1] * 0.7) * 200 + turn).sin() * 0.5 + 0.6 for turn in (0, 120, 240)]
    colours = hues[0].bandjoin(hues[1:])
    tubes = edges.cast("uchar") * colours
    glow = tubes.gaussblur(max(2.0, 16 * unit)) * 2.4
    return image * 0.16 + tubes * 1.3 + glow


def _oil(image: pyvips.Image, unit: float) -> pyvips.Image:
    """Lay the colours in strokes, lit from the side, in a warm room."""
    strokes = image.median(_odd(13 * unit))
    slanted = pyvips.Image.perlin(image.width, image.height, cell_size=_at_least(26 * unit, 4), seed=9) * 60
    relief = _lit(_grey(strokes) * 0.5 + slanted, _at_least(4 * unit, 1))
    warm = (strokes / 255) ** 1.25 * [268, 236, 190]
    return warm + relief * 1.1


def _pixels(image: pyvips.Image, unit: float) -> pyvips.Image:
    """Make it of few large squares of few colours."""
    side = _at_least(22 * unit, 5)
    return (_vivid(_cells(image, side, side), 1.35) / 64).cast("uchar").cast("float") * 64 + 30


def _named(prompt: str) -> Medium | None:
    found = [(match.start(), medium) for words, medium in MEDIA if (match := words.search(prompt))]
    return min(found, key=lambda one: one[0])[1] if found else None


def _words(text: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(re.escape(word) for word in text.split('|'))})\b", re.IGNORECASE)


MEDIA: tuple[tuple[re.Pattern[str], Medium], ...] = (
    (_words("knit|knitted|hand-knitted|knitting|wool|crochet|yarn|gestrickt|wolle|tricot|laine"), _wool),
    (_words("watercolour|watercolor|aquarelle|aquarell|acuarela"), _watercolour),
    (_words("woodcut|linocut|linoprint|holzschnitt|linolschnitt|xilografía"), _woodcut),
    (_words("stained-glass|stained glass|glasfenster|vitrail|vitral"), _glass),
    (_words("papercut|cut paper|layered paper|scherenschnitt"), _layers),
    (_words("clay|claymation|plasticine|knete|knetfigur"), _clay),
    (_words("halftone|pop-art|pop art|rasterdruck"), _dots),
    (_words("charcoal|kohlezeichnung|fusain"), _charcoal),
    (_words("blueprint|cyanotype|blaupause"), _plan),
    (_words("neon|leuchtröhre|leuchtröhren"), _tubes),
    (_words("oil on|in oil|oil painting|ölgemälde|peinture à l'huile"), _oil),
    (_words("pixel art|pixel-art|16-bit|8-bit"), _pixels),
)


def _grey(image: pyvips.Image) -> pyvips.Image:
    return image[0] if image.bands == 1 else image[:3].recomb(pyvips.Image.new_from_array([list(LUMA)]))


def _grey_as(tint: list[float], tone: pyvips.Image) -> pyvips.Image:
    return tone.bandjoin([tone, tone]) * tint


def _edges(image: pyvips.Image) -> pyvips.Image:
    return image.cast("uchar").sobel().cast("float")


def _lit(height: pyvips.Image, away: int) -> pyvips.Image:
    """Return how a relief is lit from the upper left: above 0 on slopes that face the light."""
    grown = height.embed(away, away, height.width + away, height.height + away, extend="copy")
    return height - grown.crop(0, 0, height.width, height.height)


def _vivid(image: pyvips.Image, factor: float) -> pyvips.Image:
    tone = _grey(image)
    vivid = tone + (image - tone) * factor
    return (vivid > 0).ifthenelse((vivid < 255).ifthenelse(vivid, 255), 0)  # noqa: PLR2004


def _cells(image: pyvips.Image, wide: int, high: int) -> pyvips.Image:
    """Give each cell the mean of its colours."""
    padded = image.embed(0, 0, -(-image.width // wide) * wide, -(-image.height // high) * high, extend="mirror")
    return padded.shrink(wide, high).zoom(wide, high).crop(0, 0, image.width, image.height)


def _tile(wide: int, high: int, body: str, view: str = "0 0 20 20", ground: str = "#fff") -> pyvips.Image:
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{high}" viewBox="{view}" '
        f'preserveAspectRatio="none" fill="none"><rect width="100%" height="100%" fill="{ground}"/>{body}</svg>'
    )
    return drawing.draw(svg.encode())[:3].copy_memory()


def _spread(tile: pyvips.Image, over: pyvips.Image) -> pyvips.Image:
    across, down = -(-over.width // tile.width), -(-over.height // tile.height)
    return tile.replicate(across, down).crop(0, 0, over.width, over.height)


def _multiplied(image: pyvips.Image, by: pyvips.Image) -> pyvips.Image:
    return image * (by / 255)


def _where(condition: pyvips.Image, one: list[int] | pyvips.Image, other: list[int] | pyvips.Image) -> pyvips.Image:
    if isinstance(other, list):
        other = (condition * 0).bandjoin([condition * 0, condition * 0]) + other
    return condition.ifthenelse(one, other.cast("uchar"))


def _odd(size: float) -> int:
    return max(3, round(size) // 2 * 2 + 1)


def _at_least(size: float, least: int) -> int:
    return max(least, round(size))
