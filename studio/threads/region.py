"""Take a region from another turn: its pixels are put into this turn's picture, with a soft edge. It happens here, so
no provider is asked and nothing is charged."""

import hashlib
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.utils import timezone

from accounts.errors import NotAllowed, Refused
from accounts.models import Membership, Organization, Role
from studio.catalogue.operations import FEATHER_DEFAULT
from studio.files import discarded, storage
from studio.gallery import search
from studio.imaging import compositing, previews
from studio.imaging.compositing import CannotCompose
from studio.imaging.sizes import Size, fits
from studio.inputs import mask_fit
from studio.models import (
    Input,
    Kind,
    Output,
    Relation,
    Run,
    RunInput,
    SearchEntry,
    Slot,
    State,
    Thread,
    Turn,
    Visibility,
)
from studio.runs import events
from studio.threads import say
from studio.threads.base import Base

MODEL = "composited"  # in place of a model, as none was asked
SECONDS = 20.0


class RegionRefused(Refused):
    code = "region_refused"


@dataclass(frozen=True, slots=True)
class Composed:
    """A composed picture whose files are stored; no row names it yet."""

    data_bytes: int
    sha256: str
    width: int
    height: int
    files: dict[str, str]


def compose(*, org: Organization, ground: Input, layer: Input, mask: Input, undo: ExitStack) -> Composed:
    """Put the part of `layer` where the mask is clear into `ground`, and store what comes of it, outside of any
    transaction. `undo` deletes the files again unless it is emptied. Raise RegionRefused if the two do not fit."""
    _must_fit(ground, layer, mask)
    try:
        base, other, painted = (storage.load(one.sent_file) for one in (ground, layer, mask))
        with compositing.turn(base, other, painted, by=org.pk, seconds=SECONDS):
            data = compositing.compose(base, other, painted, FEATHER_DEFAULT)
            preview, thumbnail = previews.preview_and_thumbnail(data)
    except FileNotFoundError:
        raise RegionRefused("The file of one of the pictures is missing in storage.") from None
    except CannotCompose as refusal:
        raise RegionRefused(refusal.sentence) from None
    measured = previews.measure(data)
    stem = f"{org.code}/runs/{uuid4()}/region"
    contents = {
        "file": (f"{stem}.png", data),
        "preview": (f"{stem}-preview.webp", preview),
        "thumbnail": (f"{stem}-thumbnail.webp", thumbnail),
    }
    undo.callback(_forget, org, [name for name, _ in contents.values()])
    files = {field: storage.save(name, content) for field, (name, content) in contents.items()}
    return Composed(len(data), hashlib.sha256(data).hexdigest(), measured.width, measured.height, files)


@transaction.atomic
def keep(
    *,
    by: Membership,
    thread: Thread,
    base: Base,
    other: Turn | None,
    made: Composed,
    inputs: tuple[Input, Input, Input],
) -> Turn:
    """Write the turn that a composed picture is, with the run that holds it. Both its parents and the mask are kept as
    the run's inputs."""
    if not by.is_at_least(Role.MEMBER):
        raise NotAllowed("Your role does not allow you to make pictures.")
    number, now = say.take_number(thread), timezone.now()
    mask, ground, layer = inputs
    words = f"Region from turn {other.number if other else 0}"
    run = Run.objects.create(
        org=by.org,
        maker=by.user,
        kind=Kind.EDIT,
        model=MODEL,
        prompt=words,
        asked=_asked(words, made),
        count=1,
        visibility=Visibility(thread.visibility),
        parent=base.run,
        relation=Relation.EDIT if base.run else Relation.NONE,
        state=State.SUCCEEDED,
        started_at=now,
        ended_at=now,
    )
    slot = Slot.objects.create(
        org=by.org, run=run, index=0, state=State.SUCCEEDED, started_at=now, ended_at=now, used={"size": _size(made)}
    )
    output = Output.objects.create(
        org=by.org,
        slot=slot,
        run=run,
        **made.files,
        format="png",
        width=made.width,
        height=made.height,
        size_bytes=made.data_bytes,
        sha256=made.sha256,
        maker=by.user,
        visibility=run.visibility,
        kind=run.kind,
        model=run.model,
    )
    RunInput.objects.bulk_create(
        RunInput(org=by.org, run=run, input=one, number=place) for place, one in enumerate((mask, ground, layer))
    )
    SearchEntry.objects.bulk_create([search.entry_of(output, run.prompt, "")])
    turn = say.note(thread, run, base, number=number, kind=Turn.Kind.REGION, other=other)
    events.record(run, "queued", data={"count": 1})
    told = {"output": str(output.code), "width": made.width, "height": made.height, "format": "png"}
    events.record(run, "output", slot=0, data=told)
    events.record(run, "ended", data={"state": str(State.SUCCEEDED), "succeeded": 1, "count": 1})
    return turn


def _must_fit(ground: Input, layer: Input, mask: Input) -> None:
    if faults := mask_fit.mask_faults(mask, [ground]):
        raise RegionRefused(faults[0].sentence)
    if not fits(Size(layer.width, layer.height), Size(ground.width, ground.height)):
        raise RegionRefused(
            f"That picture is {layer.width} by {layer.height} pixels, another shape than this one, so its region does "
            "not fit. Choose another turn."
        )


def _asked(words: str, made: Composed) -> dict[str, Any]:
    return {
        "kind": Kind.EDIT.value,
        "model": MODEL,
        "prompt": words,
        "size": _size(made),
        "quality": "",
        "format": "png",
        "compression": None,
        "background": "auto",
        "moderation": "auto",
        "n": 1,
        "partial_images": 0,
        "api": "images",
        "references": 2,
        "mask": True,
        "keep_rest": False,
        "feather": FEATHER_DEFAULT,
    }


def _size(made: Composed) -> str:
    return f"{made.width}x{made.height}"


def _forget(org: Organization, names: list[str]) -> None:
    discarded.add(org.pk, names)
    discarded.delete(names)
