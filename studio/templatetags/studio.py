"""The stream's words for templates."""

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from billing.prices import Estimate
from saas import money
from studio import catalogue
from studio.bar import SizeChoice
from studio.ends import End, end_of
from studio.models import Input, Run, RunInput, Slot, State
from studio.rules import AS_PROGRAMS_SAY
from studio.sizes import Size, of_shape

register = template.Library()

SQUARE = Size(1, 1)
NEARLY_EXACT = 1.3


@register.simple_tag
def shape(run: Run) -> Size:
    """The ratio that its tiles reserve: as asked; where the model chooses, as it chose, or as the picture that it
    edits. It never changes while the run develops."""
    match = AS_PROGRAMS_SAY.fullmatch(str(run.asked.get("size", "")))
    if match:
        return Size(int(match[1]), int(match[2]))
    first = next((given.input for given in run.inputs.all() if given.number != RunInput.MASK), None)
    return Size(first.width, first.height) if first and run.kind == "edit" else SQUARE


@register.filter
def size_to_edit(given: Input) -> str:
    """The legal size that is nearest to a reference's own: what an edit has to have if the rest is to be kept."""
    return str(of_shape(given.width, given.height, catalogue.at(timezone.now()).default.sizes))


@register.filter
def lying(size: Size) -> str:
    """How many of them fit side by side."""
    ratio = size.width / size.height
    return "wide" if ratio > 1.6 else "landscape" if ratio > 1.1 else "square" if ratio > 0.9 else "portrait"  # noqa: PLR2004 ratios


@register.filter
def ended(slot: Slot, run: Run) -> End:
    return end_of(slot, run)


@register.filter
def price(estimate: Estimate) -> str:
    """Short enough for a button. Where the range is wide, the most that it can be."""
    if estimate.high <= estimate.low * NEARLY_EXACT:
        return f"≈ {money.show(estimate.high)}"
    return f"≤ {money.show(estimate.high)}"


@register.filter
def size_words(text: str) -> str:
    """1536x1024 as people write it."""
    match = AS_PROGRAMS_SAY.fullmatch(text)
    return f"{match[1]} × {match[2]}" if match else "Auto size"  # noqa: RUF001 the sign for times


@register.filter
def glyph(size: SizeChoice) -> SafeString:
    """Where its small drawing lies in a square of 20."""
    long = max(size.width, size.height) or 1
    width, height = (round(14 * side / long, 1) or 14 for side in (size.width, size.height))
    x, y = round(10 - width / 2, 1), round(10 - height / 2, 1)
    return format_html('x="{}" y="{}" width="{}" height="{}"', x, y, width, height)


@register.filter
def progress(slot: Slot, run: Run) -> int:
    """How far the ring has come, in hundredths: by the partial images that were asked for."""
    if slot.state != State.RUNNING:
        return 0
    steps = int(run.asked.get("partial_images", 0)) + 1
    seen = getattr(slot, "seen", 0) or 0  # counted by studio.cards
    return 8 + 92 * min(seen, steps - 1) // steps
