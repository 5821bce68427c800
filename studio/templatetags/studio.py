"""Define tags and filters for the templates of the stream and the prompt bar."""

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from billing.prices import Estimate
from saas.text import money
from studio.catalogue import image_models
from studio.catalogue.rules import AS_PROGRAMS_SAY
from studio.imaging.sizes import Size, of_shape
from studio.models import Input, Output, Run, RunInput, Slot, State
from studio.prompt.bar import SizeChoice
from studio.runs.end_cards import End, end_of

register = template.Library()

SQUARE = Size(1, 1)
NEARLY_EXACT = 1.3


@register.simple_tag
def shape(run: Run) -> Size:
    """Return the ratio of the run's tiles: that of the size asked for; for "auto", that of the first input of an edit,
    otherwise a square. It does not change while the run is live."""
    match = AS_PROGRAMS_SAY.fullmatch(str(run.asked.get("size", "")))
    if match:
        return Size(int(match[1]), int(match[2]))
    first = photo_of(run)
    return Size(first.width, first.height) if first and run.kind == "edit" else SQUARE


@register.filter
def size_to_edit(given: Input) -> str:
    """Return the nearest legal size of the reference's shape, which an edit needs if the rest is to be kept."""
    return str(of_shape(given.width, given.height, image_models.at(timezone.now()).default.sizes))


@register.filter
def photo_of(run: Run) -> Input | None:
    """Return the first picture that a run was made from, for runs loaded by `studio.runs.cards`."""
    return next((given.input for given in run.inputs.all() if given.number != RunInput.MASK), None)


@register.filter
def pictures_of(run: Run) -> list[Output]:
    """Return the run's pictures that are not in the bin."""
    found = [slot.output for slot in run.slots.all() if hasattr(slot, "output")]
    return [output for output in found if output.binned_at is None]


@register.filter
def has_failures(run: Run) -> bool:
    return any(slot.has_failed for slot in run.slots.all())


@register.filter
def lying(size: Size) -> str:
    """Name the shape of a tile, which decides how many fit side by side."""
    ratio = size.width / size.height
    return "wide" if ratio > 1.6 else "landscape" if ratio > 1.1 else "square" if ratio > 0.9 else "portrait"  # noqa: PLR2004 ratios


@register.filter
def ended(slot: Slot, run: Run) -> End:
    return end_of(slot, run)


@register.filter
def price(estimate: Estimate) -> str:
    """Format a price for a button: approximately, or at most if the range is wide."""
    if estimate.high <= estimate.low * NEARLY_EXACT:
        return f"≈ {money.show(estimate.high)}"
    return f"≤ {money.show(estimate.high)}"


@register.filter
def size_words(text: str) -> str:
    """Format a size such as "1536x1024" for people."""
    match = AS_PROGRAMS_SAY.fullmatch(text)
    return f"{match[1]} × {match[2]}" if match else "Auto size"  # noqa: RUF001 the sign for times


@register.filter
def glyph(size: SizeChoice) -> SafeString:
    """Return the SVG attributes of the size's rectangle, centred in a square of 20."""
    long = max(size.width, size.height) or 1
    width, height = (round(14 * side / long, 1) or 14 for side in (size.width, size.height))
    x, y = round(10 - width / 2, 1), round(10 - height / 2, 1)
    return format_html('x="{}" y="{}" width="{}" height="{}"', x, y, width, height)


@register.filter
def progress(slot: Slot, run: Run) -> int:
    """Return the progress of the slot's ring in percent: partials seen of those asked for, plus the final."""
    if slot.state != State.RUNNING:
        return 0
    steps = int(run.asked.get("partial_images", 0)) + 1
    seen = getattr(slot, "seen", 0) or 0  # counted by studio.runs.cards
    return 8 + 92 * min(seen, steps - 1) // steps
