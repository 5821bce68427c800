"""Show guests how their pictures are coming along."""

from dataclasses import dataclass, field
from math import ceil

from django.db.models import Prefetch, QuerySet
from django.utils import timezone

from studio.models import LIVE, Capture, Moderation, Output, Partial, Slot, State
from studio.prompt import durations

NOTHING_CAME = "This picture could not be made."


@dataclass(frozen=True, slots=True)
class Picture:
    """One of the capture's pictures: what a guest sees of its slot."""

    index: int
    style: str
    state: str  # waiting, developing, finished or failed
    sentence: str = ""
    partials: list[str] = field(default_factory=list)  # codes, oldest first
    output: str = ""  # its code


@dataclass(frozen=True, slots=True)
class View:
    """What a guest's page shows."""

    state: str  # waiting, developing, finished, failed or held
    number: int  # in the queue; 0 if it is being made, or is
    minutes: int | None  # until it is finished, as far as the last pictures tell
    pictures: list[Picture]


def view_of(capture: Capture) -> View:
    if is_held(capture):
        return View("held", 0, None, [])
    pictures = [_picture(slot) for slot in _slots(capture)]
    states = {picture.state for picture in pictures}
    if states & {"waiting", "developing"}:
        state = "waiting" if states == {"waiting"} else "developing"
        number = number_of(capture) if state == "waiting" else 0
        return View(state, number, _minutes(capture, number), pictures)
    return View("finished" if "finished" in states else "failed", 0, None, pictures)


def is_held(capture: Capture) -> bool:
    """Return whether the guest has to wait until staff have looked."""
    return capture.event.moderation == Moderation.ALL and not capture.is_released


def outputs_of(capture: Capture) -> QuerySet[Output]:
    """Return the pictures that the guest may see."""
    if is_held(capture) or capture.run_id is None:
        return Output.objects.none()
    return Output.objects.filter(org=capture.org_id, run=capture.run_id).not_in_bin().select_related("slot", "branded")


def partials_of(capture: Capture) -> QuerySet[Partial]:
    if is_held(capture) or capture.run_id is None:
        return Partial.objects.none()
    return Partial.objects.filter(org=capture.org_id, slot__run=capture.run_id)


def number_of(capture: Capture) -> int:
    """Return the capture's place among those of its event that wait or are being made."""
    ahead = Capture.objects.filter(event=capture.event_id, pk__lt=capture.pk, run__state__in=LIVE)
    return ahead.count() + 1


def note_download(capture: Capture) -> None:
    Capture.objects.filter(pk=capture.pk, downloaded_at=None).update(downloaded_at=timezone.now())


def _slots(capture: Capture) -> list[Slot]:
    partials: Prefetch[str] = Prefetch("partials", Partial.objects.order_by("tried", "index"))
    found = Slot.objects.filter(org=capture.org_id, run=capture.run_id).select_related("output", "run")
    return list(found.prefetch_related(partials).order_by("index"))


def _picture(slot: Slot) -> Picture:
    style = slot.style["name"] if slot.style else ""
    if hasattr(slot, "output"):
        if slot.output.binned_at is not None:
            return Picture(slot.index, style, "failed", "The staff have deleted this picture.")
        return Picture(slot.index, style, "finished", output=str(slot.output.code))
    if slot.state not in LIVE:
        return Picture(slot.index, style, "failed", NOTHING_CAME)
    codes = [str(partial.code) for partial in slot.partials.all()]
    return Picture(slot.index, style, "waiting" if slot.state == State.QUEUED else "developing", partials=codes)


def _minutes(capture: Capture, number: int) -> int | None:
    """Return how long it will take, from the organization's last pictures: no promise."""
    usual = durations.of_last(capture.org)
    if usual is None:
        return None
    at_once = max(1, capture.org.most_calls_at_once)
    turns = ceil(max(1, number) * max(1, capture.run.count if capture.run else 1) / at_once)
    return max(1, round(turns * usual.usual / 60))
