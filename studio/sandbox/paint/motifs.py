"""Draw small things cut out of paper. Each stands on y=0, is about 100 high and has the palette's inks."""
# ruff: noqa: E501 - outlines are long, and have many coordinates

from collections.abc import Callable

from studio.sandbox.paint.palette import Palette

Motif = Callable[[Palette], str]


def shape(outline: str, fill: str, more: str = "") -> str:
    return f'<path d="{outline}" fill="{fill}"{more}/>'


def dot(x: float, y: float, radius: float, fill: str) -> str:
    return f'<circle cx="{x}" cy="{y}" r="{radius}" fill="{fill}"/>'


def house(p: Palette) -> str:
    return (
        shape("M-40 0V-46H40V0Z", p.paper.lit(-0.03).hex) + shape("M10 0V-46H40V0Z", p.paper.lit(-0.13).hex)
        + shape("M-48 -44L-26 -84H24L0 -44Z", p.accent.hex) + shape("M0 -44L24 -84L48 -44Z", p.accent.lit(-0.1).hex)
        + shape("M-34 -84h12v-14h-12Z", p.accent.lit(-0.16).hex) + shape("M-30 0V-24h16V0Z", p.ink.hex)
        + shape("M-8 -32h12v13h-12Z", p.light.hex) + shape("M18 -32h12v13h-12Z", p.light.hex)
    )  # fmt: skip


def tree(p: Palette) -> str:
    leaf = p.sheet(0.75)
    return (
        shape("M-4 0L-3 -45H3L4 0Z", p.ink.hex) + dot(0, -62, 34, leaf.hex) + dot(-20, -48, 20, leaf.lit(-0.04).hex)
        + dot(19, -50, 22, leaf.lit(-0.02).hex) + dot(-8, -74, 16, leaf.lit(0.06).hex)
    )  # fmt: skip


def pine(p: Palette) -> str:
    return (
        shape("M-4 0V-14H4V0Z", p.ink.hex)
        + shape("M-30 -10L0 -60L30 -10Z M-24 -36L0 -80L24 -36Z M-17 -60L0 -102L17 -60Z", p.sheet(0.8).hex)
    )  # fmt: skip


def lighthouse(p: Palette) -> str:
    return (
        "".join(
            shape(f"M-4 -128L-{reach} {-128 - reach * 0.14:.0f}V{-128 + reach * 0.17:.0f}Z", p.light.hex, ' fill-opacity="0.13"')
            for reach in (90, 170, 260, 360)
        )
        + shape("M-17 0L-11 -112H11L17 0Z", p.paper.hex)
        + shape("M-15.4 -30L-14 -56H14L15.4 -30Z M-12.6 -82L-11.4 -104H11.4L12.6 -82Z", p.accent.hex)
        + shape("M4 0L3 -112H11L17 0Z", p.ink.hex, ' fill-opacity="0.16"')
        + shape("M-16 -112H16V-118H-16Z", p.ink.hex) + shape("M-9 -118H9V-136H-9Z", p.light.hex)
        + shape("M-13 -136L0 -152L13 -136Z", p.accent.lit(-0.08).hex)
    )  # fmt: skip


def boat(p: Palette) -> str:
    return (
        shape("M-46 -20H48L34 4H-32Z", p.accent.hex) + shape("M-44 -14H44L41 -8H-40Z", p.paper.hex)
        + shape("M-2 -20V-104H2V-20Z", p.ink.hex) + shape("M6 -28V-100Q48 -60 46 -28Z", p.paper.hex)
        + shape("M-6 -30V-88Q-36 -56 -36 -30Z", p.paper.lit(-0.1).hex)
    )  # fmt: skip


def fox(p: Palette) -> str:
    fur, white, ink = p.accent, p.paper.hex, p.ink.hex
    return (
        shape("M30 0C78 2 92 -40 66 -62C72 -36 50 -28 24 -22Z", fur.lit(-0.07).hex) + shape("M66 -62C76 -54 79 -44 77 -34L60 -42Z", white)
        + shape("M-30 0C-34 -40 -10 -56 8 -52C34 -48 42 -22 38 0Z", fur.hex) + shape("M-26 0C-26 -26 -18 -38 -6 -40L0 0Z", white)
        + shape("M-52 -66L-46 -104L-22 -84Z M22 -66L18 -104L-8 -84Z", fur.lit(-0.07).hex)
        + shape("M-54 -66Q-16 -102 24 -66Q8 -40 -15 -34Q-38 -40 -54 -66Z", fur.hex)
        + shape("M-54 -66Q-34 -66 -15 -34Q-38 -40 -54 -66Z M24 -66Q4 -66 -15 -34Q8 -40 24 -66Z", white)
        + dot(-29, -66, 4, ink) + dot(-1, -66, 4, ink) + dot(-15, -38, 5.5, ink)
    )  # fmt: skip


def cat(p: Palette) -> str:
    fur, ink = (p.ink if not p.is_dark else p.second), (p.light.hex if not p.is_dark else p.ink.hex)
    return (
        shape("M34 -4C78 0 74 -52 58 -66", "none", f' stroke="{fur.hex}" stroke-width="11" stroke-linecap="round"')
        + shape("M-30 0C-36 -34 -18 -60 4 -60C28 -60 42 -34 38 0Z", fur.hex)
        + shape("M-36 -70L-38 -108L-16 -92H10L32 -108L30 -70C28 -44 -34 -44 -36 -70Z", fur.lit(0.04).hex)
        + dot(-17, -74, 5.5, ink) + dot(11, -74, 5.5, ink) + dot(-17, -74, 2.2, p.ink.hex) + dot(11, -74, 2.2, p.ink.hex)
        + shape("M-7 -63H1L-3 -58Z", p.accent.hex)
    )  # fmt: skip


def whale(p: Palette) -> str:
    body = p.sheet(0.62)
    return (
        shape("M-80 -4C-84 -52 -30 -72 14 -60C50 -50 58 -28 76 -36C76 -54 66 -64 58 -74C76 -74 84 -66 87 -56C92 -66 102 -72 116 -70"
              "C108 -58 98 -46 96 -32C92 -6 62 6 20 8C-30 10 -78 14 -80 -4Z", body.hex)
        + shape("M-80 -6C-60 6 -10 8 30 -6C30 4 20 8 20 8C-30 10 -78 14 -80 -6Z", p.paper.hex) + dot(-50, -22, 4.5, p.ink.hex)
        + shape("M-24 -72C-24 -96 -46 -100 -46 -88M-20 -72C-20 -98 6 -104 4 -90", "none",
                f' stroke="{p.paper.hex}" stroke-width="5" stroke-linecap="round"')
    )  # fmt: skip


def fish(p: Palette) -> str:
    return (
        shape("M44 -42L92 -76Q80 -42 92 -8Z", p.accent.lit(-0.08).hex) + shape("M-70 -42Q-10 -104 60 -42Q-10 20 -70 -42Z", p.accent.hex)
        + shape("M-16 -76Q6 -42 -16 -9L-4 -10Q18 -42 -4 -75Z M14 -66Q30 -42 14 -19L24 -24Q38 -42 24 -61Z", p.paper.hex)
        + dot(-44, -50, 8, p.paper.hex) + dot(-45, -50, 4, p.ink.hex)
    )  # fmt: skip


def balloon(p: Palette) -> str:
    return (
        shape("M-36 -78C-36 -130 36 -130 36 -78C36 -54 14 -40 10 -30H-10C-14 -40 -36 -54 -36 -78Z", p.accent.hex)
        + shape("M-14 -116C-24 -96 -22 -56 -6 -30H6C22 -56 24 -96 14 -116Q0 -120 -14 -116Z", p.second.hex)
        + shape("M-4 -117C-8 -90 -6 -56 -2 -30H2C6 -56 8 -90 4 -117Z", p.paper.hex)
        + shape("M-9 -30L-7 -14H7L9 -30", "none", f' stroke="{p.ink.hex}" stroke-width="1.6"') + shape("M-9 -14H9L7 0H-7Z", p.ink.hex)
    )  # fmt: skip


def rocket(p: Palette) -> str:
    return (
        shape("M-12 -6Q0 46 12 -6Z", p.light.hex) + shape("M-7 -6Q0 26 7 -6Z", p.accent.hex)
        + shape("M-20 -46L-38 -2L-16 -14Z M20 -46L38 -2L16 -14Z", p.accent.hex)
        + shape("M-20 -8C-30 -60 -14 -104 0 -122C14 -104 30 -60 20 -8Z", p.paper.hex) + shape("M4 -8C14 -60 8 -104 0 -122C14 -104 30 -60 20 -8Z", p.paper.lit(-0.1).hex)
        + shape("M-14 -96Q-8 -112 0 -122Q8 -112 14 -96Z", p.accent.hex) + dot(0, -66, 12, p.ink.hex) + dot(0, -66, 8, p.second.hex)
    )  # fmt: skip


def robot(p: Palette) -> str:
    ink = p.ink.hex
    return (
        shape("M-20 0V-22H-8V0Z M8 0V-22H20V0Z", ink) + shape("M-44 -56h10v34h-10Z M34 -56h10v34h-10Z", p.second.lit(-0.12).hex)
        + shape("M-32 -60H32V-18H-32Z", p.second.hex) + shape("M-14 -50H14V-30H-14Z", p.paper.hex) + dot(-6, -40, 4, p.accent.hex) + dot(6, -40, 4, ink)
        + shape("M-2 -106H2V-120H-2Z", ink) + dot(0, -122, 6, p.accent.hex) + shape("M-28 -106H28V-64H-28Z", p.second.lit(0.05).hex)
        + dot(-12, -86, 8, p.paper.hex) + dot(12, -86, 8, p.paper.hex) + dot(-12, -86, 4, ink) + dot(12, -86, 4, ink) + shape("M-12 -74H12V-70H-12Z", ink)
    )  # fmt: skip


def fire(p: Palette) -> str:
    return (
        shape("M-44 2L40 -14L44 -4L-40 12Z M44 2L-40 -14L-44 -4L40 12Z", p.ink.lit(0.06).hex)
        + shape("M0 -104C30 -70 44 -40 28 -14C16 4 -18 4 -28 -14C-42 -40 -16 -48 0 -104Z", p.accent.hex)
        + shape("M2 -70C18 -44 26 -28 16 -12C8 2 -10 2 -16 -12C-24 -30 -6 -38 2 -70Z", p.light.hex)
    )  # fmt: skip


def heart(p: Palette) -> str:
    return (
        shape("M0 -4C-90 -64 -50 -118 0 -82C50 -118 90 -64 0 -4Z", p.accent.hex)
        + shape("M-42 -84Q-32 -98 -16 -92", "none", f' stroke="{p.paper.hex}" stroke-width="7" stroke-linecap="round"')
    )  # fmt: skip


MOTIFS: dict[str, Motif] = {
    motif.__name__: motif
    for motif in (
        house, tree, pine, lighthouse, boat, fox, cat, whale, fish, balloon, rocket, robot, fire, heart
    )
}  # fmt: skip
