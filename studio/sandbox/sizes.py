"""Check sizes by the four rules, with their sentences, and choose what `auto` becomes."""

import re

from studio.openai_wire.errors import OpenAIError, image_value
from studio.sandbox.paint.seeds import Dice

STEP = 16
LONGEST = 3840
FEWEST, MOST = 655_360, 8_294_400
ODD_ONE_IN = 16  # `auto` may become a size that no request may ask for, as with the real service


def read_size(size: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d{1,5})x(\d{1,5})", size)
    if not match:
        raise image_value("size", f"Invalid size '{size}'. Expected WIDTHxHEIGHT or 'auto'.")
    width, height = int(match[1]), int(match[2])
    if fault := complaint(width, height):
        raise fault
    return width, height


def complaint(width: int, height: int) -> OpenAIError | None:
    sentence = None
    if width % STEP or height % STEP:
        sentence = "Width and height must both be divisible by 16."
    elif max(width, height) > LONGEST:
        sentence = "The longest edge must be less than or equal to 3840."
    elif width * height < FEWEST:
        sentence = "Requested resolution is below the current minimum pixel budget."
    elif width * height > MOST:
        sentence = "Requested resolution exceeds the current pixel budget."
    elif max(width, height) > 3 * min(width, height):
        sentence = "The aspect ratio must be between 1:3 and 3:1."
    return image_value("size", sentence) if sentence else None


def for_prompt(prompt: str) -> tuple[int, int]:
    """Choose a size by the prompt alone, so that the same prompt always gets the same size."""
    chance = Dice(prompt.strip()).random_for("size")
    if chance.randrange(ODD_ONE_IN) == 0:
        return 1254, 1254
    return chance.choice([(1024, 1024), (1024, 1024), (1536, 1024), (1024, 1536)])


def for_picture(width: int, height: int) -> tuple[int, int]:
    """Return the size of an edit: that of its first picture if it is legal, else the nearest that is."""
    if complaint(width, height) is None:
        return width, height
    ratio = min(3.0, max(1 / 3, width / height))
    pixels = min(max(width * height, 1024 * 1024), 1536 * 1536)
    wide = round((pixels * ratio) ** 0.5 / STEP) * STEP
    tall = round((pixels / ratio) ** 0.5 / STEP) * STEP
    return min(wide, 3 * tall, LONGEST), min(tall, 3 * wide, LONGEST)
