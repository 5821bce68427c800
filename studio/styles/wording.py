"""Write the words that a model gets for a picture in a style: the person's words, then the style's, and at the end what
has to stay and the shape of the picture."""

from collections.abc import Sequence
from math import gcd

from studio.catalogue.fields import listing
from studio.catalogue.specs import AUTO, Spec, StyleUse
from studio.models import StyleVersion

KEEPS = {
    "identity": "who each person is, with face, skin, hair and age",
    "people": "the number of people and where each of them is",
    "pose": "every pose and gesture",
    "expression": "every expression and gaze",
    "framing": "the framing and the camera's position",
    "proportions": "the proportions of bodies and things",
    "writing": "all writing on clothes and signs, letter by letter",
}
FREES = {"background": "the background", "lighting": "the lighting", "realism": "how realistic things look"}
NAMED_RATIOS = ((1, 1), (5, 4), (4, 3), (3, 2), (16, 10), (16, 9), (2, 1), (21, 9), (3, 1))
LARGEST_SIDE = 21  # of a ratio that is said as it is
NEAR = 0.02


def use(version: StyleVersion, spec: Spec, *, people: int = 0) -> StyleUse:
    """Return the style for a run with this spec, as it is now."""
    style = version.style
    return StyleUse(
        id=str(style.code),
        slug=style.slug,
        name=version.name,
        version=version.number,
        told=tell(version, spec.prompt, size=spec.size, has_pictures=spec.references > 0, people=people),
        reference=str(version.reference.code) if version.reference else "",
    )


def tell(version: StyleVersion, words: str, *, size: str = AUTO, has_pictures: bool = True, people: int = 0) -> str:
    """Compose the whole text. A style adds to the person's words and never replaces them. Without pictures there is
    nothing to keep. `people` is how many
    there are; if it is 0, the model sees for itself."""
    parts = [words.strip(), version.prompt, _about_people(version, people)]
    if version.frees and has_pictures:
        parts.append(f"You are free to change {listing([FREES.get(one, one) for one in version.frees], 'and')}.")
    if version.reference_id:
        parts.append("The last picture is an example of the style. Take its manner from it, and nothing that it shows.")
    if version.keeps and has_pictures:
        kept = "\n".join(f"- {KEEPS.get(one, one)}" for one in version.keeps)
        parts.append(f"Keep faithfully, whatever the style does to the rest:\n{kept}")
    parts.append(_shape(size))
    return "\n\n".join(part for part in parts if part)


def ratio_words(size: str) -> str:
    """Say the shape of a size in words, such as “portrait, 2:3”. Return an empty text if the model chooses it."""
    if size == AUTO:
        return ""
    width, height = (int(side) for side in size.split("x"))
    shape = "square" if width == height else "portrait" if width < height else "landscape"
    return f"{shape}, {_ratio(width, height)}"


def _about_people(version: StyleVersion, people: int) -> str:
    if people:
        return version.solo if people == 1 else version.group
    said = (("If there is one person", version.solo), ("If there are several people", version.group))
    return "\n".join(f"{when}: {words}" for when, words in said if words)


def _shape(size: str) -> str:
    words = ratio_words(size)
    return f"Shape of the picture: {words}." if words else ""


def _ratio(width: int, height: int) -> str:
    common = gcd(width, height)
    if max(width, height) // common <= LARGEST_SIDE:
        return f"{width // common}:{height // common}"
    long, short = _nearest(max(width, height) / min(width, height))
    if not long:
        return f"{width} by {height} pixels"
    return f"about {long}:{short}" if width > height else f"about {short}:{long}"


def _nearest(ratio: float, known: Sequence[tuple[int, int]] = NAMED_RATIOS) -> tuple[int, int]:
    return next(((long, short) for long, short in known if abs(ratio * short / long - 1) <= NEAR), (0, 0))
