from ninja import Router, Schema

from accounts.models import Scope
from studio.api.door import ApiRequest, may
from studio.api.runs import REFUSALS
from studio.models import State
from studio.story import sample

router = Router(tags=["Runs"])


class SampleFrame(Schema):
    index: int
    at_ms: int
    is_final: bool
    url: str


class SampleSlot(Schema):
    index: int
    state: State
    width: int
    height: int
    frames: list[SampleFrame]


class SampleEvent(Schema):
    seq: int
    at_ms: int
    slot: int | None
    text: str


class SampleOut(Schema):
    """A run that every Darkroom has, to be replayed without making one. Times are milliseconds from its start; its
    pictures need no key."""

    id: str
    prompt: str
    kind: str
    model: str
    state: State
    length_ms: int
    slots: list[SampleSlot]
    events: list[SampleEvent]


@router.get("/sample", auth=may(Scope.READ), response={200: SampleOut, **REFUSALS}, url_name="api_sample")
def read_sample(request: ApiRequest) -> SampleOut:
    """Read the sample run"""
    told = sample.story(request.auth.org.slug)
    return SampleOut(
        id=told.code,
        prompt=told.prompt,
        kind=told.kind,
        model=told.model,
        state=State(told.state),
        length_ms=told.length_ms,
        slots=[
            SampleSlot(
                index=slot.index,
                state=State(slot.state),
                width=slot.width,
                height=slot.height,
                frames=[
                    SampleFrame(index=index, at_ms=frame.at_ms, is_final=frame.is_final, url=frame.original)
                    for index, frame in enumerate(slot.frames)
                ],
            )
            for slot in told.slots
        ],
        events=[
            SampleEvent(
                seq=entry.seq,
                at_ms=entry.at_ms,
                slot=None if entry.picture is None else entry.picture - 1,
                text=entry.text,
            )
            for entry in told.log
        ],
    )
