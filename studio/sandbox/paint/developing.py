"""Make partials from the finished picture: blotted shapes on pale paper first, detail last."""

import pyvips

from studio.sandbox.paint import texture

PAPER = [246, 241, 230]
SMALLEST = 16
WORKING = 256
COARSE = 2  # how wide the pixels of a partial are: half the work, half the bytes


def develop(final: pyvips.Image, share: float, ground: pyvips.Image | None = None) -> pyvips.Image:
    """Return the picture at `share` of the way, above 0 and below 1. An edit begins with the picture that it changes,
    `ground`, instead of paper."""
    alpha = final[3] if final.bands > 3 else None  # noqa: PLR2004
    rough = _blotted(final[:3], share)
    depth = (texture.mottle(rough.width, rough.height) * 0.3 + 255 * (share * 0.95 + 0.1)).cast("uchar")
    under = _fitted(ground, rough) if ground is not None else (rough * 0 + PAPER).cast("uchar")
    mixed = depth.ifthenelse(rough, under, blend=True)
    whole = texture.grain(
        _enlarged(mixed, -(-final.width // COARSE), -(-final.height // COARSE)), round(10 - 6 * share)
    )
    whole = whole.zoom(COARSE, COARSE).crop(0, 0, final.width, final.height)
    return whole.bandjoin(alpha) if alpha is not None else whole


def _blotted(image: pyvips.Image, share: float) -> pyvips.Image:
    """Shrink the image as far as the share demands, then enlarge it smoothly."""
    short = min(image.width, image.height)
    scale = min(1.0, SMALLEST * 14**share / short)
    small = image.resize(scale, kernel="linear")
    working = min(1.0, WORKING / short)
    return small if scale >= working else small.resize(working / scale, kernel="cubic").copy_memory()


def _fitted(image: pyvips.Image, like: pyvips.Image) -> pyvips.Image:
    return image.thumbnail_image(like.width, height=like.height, size="force")[:3].colourspace("srgb").cast("uchar")


def _enlarged(image: pyvips.Image, width: int, height: int) -> pyvips.Image:
    return image.resize(width / image.width, vscale=height / image.height, kernel="linear").crop(0, 0, width, height)
