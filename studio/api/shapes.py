"""Describe what the API takes and returns. Ids are UUIDs, times are ISO 8601 in UTC, money is text with a decimal
point, in US dollars."""

from datetime import date, datetime
from typing import Any, Generic, Literal, Self, TypeVar
from uuid import UUID

from ninja import Field, Schema
from pydantic import BaseModel, ConfigDict

from accounts.models import ProviderConnection
from saas.text import money
from studio.models import Collection, Input, Kind, Output, Preset, Relation, Run, Slot, State, Visibility

T = TypeVar("T")
Shape = Literal["original", "preview", "thumbnail"]
ImageShape = Literal["original", "preview", "thumbnail", "kept"]
TAGS = "taggings__tag"


class ErrorField(Schema):
    field: str
    code: str
    message: str
    suggestion: str | None = None


class ErrorBody(Schema):
    code: str
    message: str
    fields: list[ErrorField] | None = None


class Error(Schema):
    error: ErrorBody


class Page(Schema, Generic[T]):
    """`next` is the cursor of the page behind this one; null at the end."""

    data: list[T]
    next: str | None = None


class RunFields(Schema):
    model_config = ConfigDict(extra="forbid")

    styles: list[str] = Field(
        [], description="Ids or short names of 1 to 4 styles; `n` pictures are made in each", max_length=64
    )
    model: str | None = None
    n: int | None = Field(None, description="How many pictures, 1 to 10. Each is made on its own.")
    image_count: int | None = Field(None, description="Another name of `n`")
    size: str | None = Field(None, examples=["1536x1024", "auto"])
    quality: str | None = None
    format: str | None = Field(None, examples=["png"])
    compression: int | None = None
    output_format: str | None = Field(None, description="OpenAI's name of `format`")
    output_compression: int | None = Field(None, description="OpenAI's name of `compression`")
    background: str | None = None
    moderation: str | None = None
    partial_images: int | None = None
    input_fidelity: str | None = None
    kind: str | None = Field(None, description="generate, edit or respond; it follows from the rest")
    api: str | None = Field(None, description="images or responses; it follows from the kind")
    api_mode: str | None = Field(None, description="Another name of `api`, which `references` outweigh")
    references: list[UUID] = Field([], description="Inputs to edit, in their order", max_length=64)
    mask: UUID | None = Field(None, description="An input that was given as the mask of the first reference")
    keep_rest: bool | None = Field(None, description="Put back everything outside the mask; the default")
    feather: int | None = Field(None, description="How far the new part blends into the old: 0 to 64 pixels")
    visibility: Visibility = Visibility.TEAM
    project: str = Field("", max_length=80)
    end_user: str = Field("", max_length=200)
    connection: UUID | None = Field(
        None, description="Where the pictures come from; else the key's connection, the project's, or the default one"
    )


class RunIn(RunFields):
    """What is left out is the model's own choice."""

    prompt: str = Field("", description="May be left out if there are styles", examples=["A lamp in the rain"])


class ImageOut(Schema):
    id: UUID
    run: UUID
    slot: int
    width: int
    height: int
    format: str
    size_bytes: int
    sha256: str
    revised_prompt: str
    cost: str = Field(description="In US dollars, as recorded in the ledger so far")
    stars: int
    tags: list[str]
    created_at: datetime
    url: str = Field(description="The original bytes; needs the same rights as this answer")

    @classmethod
    def from_output(cls, output: Output, run: Run, slot: Slot) -> "ImageOut":
        """Describe an output. Prefetch `TAGS` for many outputs."""
        return cls(
            id=output.code,
            run=run.code,
            slot=slot.index,
            width=output.width,
            height=output.height,
            format=output.format,
            size_bytes=output.size_bytes,
            sha256=output.sha256,
            revised_prompt=output.revised_prompt,
            cost=money.exact(output.cost_micros),
            stars=output.stars,
            tags=sorted(tagging.tag.name for tagging in output.taggings.all()),
            created_at=output.created_at,
            url=f"/api/v1/images/{output.code}/original",
        )


class SlotError(Schema):
    code: str
    message: str


class SlotOut(Schema):
    index: int
    state: State
    style: UUID | None = Field(description="The id of its style")
    style_name: str | None
    tries: int
    charged: str
    used: dict[str, Any]
    usage: dict[str, Any] | None
    image: ImageOut | None
    words: str | None = Field(description="What a talk answered in place of a picture")
    error: SlotError | None

    @classmethod
    def from_slot(cls, slot: Slot, run: Run) -> "SlotOut":
        output = getattr(slot, "output", None)
        style = slot.style
        return cls(
            index=slot.index,
            state=State(slot.state),
            style=style["id"] if style else None,
            style_name=style["name"] if style else None,
            tries=slot.tries,
            charged=slot.charged,
            used=slot.used,
            usage=slot.usage,
            image=ImageOut.from_output(output, run, slot) if output else None,
            words=slot.words or None,
            error=SlotError(code=slot.error_code, message=slot.error_sentence)
            if slot.has_failed and not slot.words
            else None,
        )


class RunOut(Schema):
    id: UUID
    kind: Kind
    state: State
    model: str
    prompt: str
    parameters: dict[str, Any]
    visibility: Visibility
    project: str
    end_user: str
    parent: UUID | None
    relation: Relation | Literal[""]
    maker: str
    api_key: str | None
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    last_event: int
    slots: list[SlotOut]

    @classmethod
    def from_run(cls, run: Run) -> "RunOut":
        """Describe a run that was fetched with its slots and their outputs, its maker, its key and its parent."""
        return cls(
            id=run.code,
            kind=Kind(run.kind),
            state=State(run.state),
            model=run.model,
            prompt=run.prompt,
            parameters={name: value for name, value in run.asked.items() if name not in {"prompt", "model", "kind"}},
            visibility=Visibility(run.visibility),
            project=run.project,
            end_user=run.end_user,
            parent=run.parent.code if run.parent else None,
            relation=Relation(run.relation),
            maker=run.maker.display_name,
            api_key=run.api_key.name if run.api_key else None,
            created_at=run.created_at,
            started_at=run.started_at,
            ended_at=run.ended_at,
            last_event=run.last_seq,
            slots=[SlotOut.from_slot(slot, run) for slot in run.slots.all()],
        )


class EventOut(BaseModel):  # ninja's Schema would drop the further keys
    """More keys follow by `type`: a partial has `index` and `partial`, an output has `output` and its measures."""

    model_config = ConfigDict(extra="allow")

    v: int
    run: UUID
    seq: int
    type: str
    at: datetime


class Events(BaseModel):
    run: UUID
    events: list[EventOut]


class InputOut(Schema):
    id: UUID
    name: str
    width: int
    height: int
    size_bytes: int
    sha256: str
    is_mask: bool
    created_at: datetime

    @classmethod
    def from_input(cls, given: Input) -> "InputOut":
        return cls(
            id=given.code,
            name=given.name,
            width=given.width,
            height=given.height,
            size_bytes=given.size_bytes,
            sha256=given.sha256,
            is_mask=given.is_mask,
            created_at=given.created_at,
        )


class TagOut(Schema):
    name: str
    images: int


class CollectionOut(Schema):
    id: UUID
    name: str
    images: int = Field(description="That you may see")
    cover: UUID | None
    created_at: datetime

    @classmethod
    def from_collection(cls, collection: Collection, count: int, cover: Output | None) -> "CollectionOut":
        return cls(
            id=collection.code,
            name=collection.name,
            images=count,
            cover=cover.code if cover else None,
            created_at=collection.created_at,
        )


class PresetOut(Schema):
    id: UUID
    name: str
    is_shared: bool
    values: dict[str, Any]
    created_at: datetime

    @classmethod
    def from_preset(cls, preset: Preset) -> "PresetOut":
        return cls(
            id=preset.code,
            name=preset.name,
            is_shared=preset.is_shared,
            values=preset.values,
            created_at=preset.created_at,
        )


class ConnectionOut(Schema):
    id: UUID
    name: str
    is_default: bool
    is_play: bool = Field(description="Sandbox play money")

    @classmethod
    def from_connection(cls, connection: ProviderConnection) -> Self:
        is_play = connection.traits.is_play
        return cls(id=connection.code, name=connection.name, is_default=connection.is_default, is_play=is_play)


class ModelOut(Schema):
    name: str
    snapshots: list[str] = Field(description="Names with a date, which work and cost the same")
    title: str
    is_default: bool
    qualities: list[str]
    formats: list[str]
    backgrounds: list[str]
    sizes: dict[str, Any]
    most_pictures: int
    most_partials: int
    most_references: int
    can_edit: bool
    can_mask: bool
    available_until: datetime | None


class MemberOut(Schema):
    id: UUID
    name: str
    role: str
    email: str | None = Field(None, description="For admins, and keys of the scope `manage`")


class OrganizationOut(Schema):
    slug: str
    name: str


class AmountOut(Schema):
    """Money in US dollars, or pictures. Null is unlimited."""

    allowed: str | None
    left: str | None
    spent: str
    held: str


class LimitOut(Schema):
    of: str = Field(description="organization, member, key, or loan (the operator's lent key)")
    period: str
    is_play: bool = Field(description="Sandbox play money")
    resets_at: datetime
    cost: AmountOut
    images: AmountOut


class UsageDay(Schema):
    day: date
    images: int
    cost: str


class UsageOut(Schema):
    data: list[UsageDay]
    images: int
    cost: str
