from typing import Annotated, Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404, HttpResponseBase
from django.shortcuts import get_object_or_404
from ninja import Field, File, Form, Query, Router, Schema, Status, UploadedFile
from pydantic import ConfigDict

from accounts.models import Scope
from saas.database import tenancy
from studio.api.door import ApiRequest, inside, may
from studio.api.runs import REFUSALS
from studio.api.shapes import TAGS, ImageOut, ImageShape, InputOut, Page, Shape
from studio.files import names, serving, shown
from studio.gallery import organize, tiles
from studio.gallery.filters import MOST_CHARACTERS, Filters
from studio.inputs import uploads
from studio.models import MOST_STARS, Output, Run
from studio.models.sorting import NAME_LENGTH

router = Router(tags=["Pictures"])
BINARY: dict[str, Any] = {"responses": {200: {"content": {mime: {} for mime in sorted(set(serving.MIME.values()))}}}}


class ImageFilters(Schema):
    """The gallery's."""

    q: str = Field("", max_length=MOST_CHARACTERS, description="Words of the prompt")
    by: str = Field("", max_length=40, description="A member's id, or `me`")
    key: str = Field("", max_length=40)
    model: str = Field("", max_length=80)
    kind: str = Field("", max_length=20)
    shape: str = Field("", max_length=20, description="square, landscape, portrait, large or WIDTHxHEIGHT")
    quality: str = Field("", max_length=20)
    style: str = Field("", max_length=80, description="Id or short name of a style")
    since: str = Field("", max_length=10, description="A day, such as 2026-11-21")
    until: str = Field("", max_length=10)
    cost_from: str = Field("", max_length=20, description="In US dollars, such as 0.05; what the picture cost at least")
    cost_to: str = Field("", max_length=20)
    stars: str = Field("", max_length=1)
    tag: str = Field("", max_length=60)
    collection: str = Field("", max_length=40)
    limit: int = Field(50, ge=1, le=200)
    cursor: UUID | None = None


Name = Annotated[str, Field(min_length=1, max_length=NAME_LENGTH)]


class ImageIn(Schema):
    """What is left out stays as it is."""

    model_config = ConfigDict(extra="forbid")

    stars: int | None = Field(None, ge=0, le=MOST_STARS)
    tags: list[Name] | None = Field(None, max_length=50, description="The complete list")


class MaskForm(Schema):
    mask_of: UUID | None = Field(None, description="The input on which this picture lies as its mask")


@router.post("/inputs", auth=may(Scope.GENERATE), response={201: InputOut, **REFUSALS}, url_name="api_give_input")
def give_input(request: ApiRequest, file: File[UploadedFile], form: Form[MaskForm]) -> "Status[InputOut]":
    """Give a picture, to be edited

    PNG, JPEG or WebP up to 50 MB. Its id goes into `references` or `mask` of a run."""
    caller, name = request.auth, file.name or "picture"
    if form.mask_of is None:
        ready = uploads.store_picture(org=caller.org, name=name, data=file.read())
    else:
        with tenancy.tenant(caller.org.pk):
            first = get_object_or_404(uploads.visible_to(caller.member), code=form.mask_of)
        ready = uploads.store_mask(org=caller.org, name=name, data=file.read(), first=first)
    with tenancy.tenant(caller.org.pk):
        return Status(201, InputOut.from_input(uploads.keep(ready, by=caller.member.user)))


@router.get("/inputs/{uuid:code}", auth=may(Scope.READ), response={200: InputOut, **REFUSALS}, url_name="api_input")
@inside
def read_input(request: ApiRequest, code: UUID) -> InputOut:
    """Read what is known of a given picture"""
    return InputOut.from_input(get_object_or_404(uploads.visible_to(request.auth.member), code=code))


@router.get("/images", auth=may(Scope.READ), response={200: Page[ImageOut], **REFUSALS}, url_name="api_images")
@inside
def list_images(request: ApiRequest, filters: Query[ImageFilters]) -> dict[str, Any]:
    """List pictures by the gallery's filters, the newest first"""
    member = request.auth.member
    rows = tiles.pictures(member, Filters.read(filters.model_dump(exclude={"limit", "cursor"})))
    if filters.cursor:
        rows = rows.filter(pk__lt=get_object_or_404(member.org.outputs.all(), code=filters.cursor).pk)
    found = list(tiles.newest(rows, filters.limit + 1).select_related("run", "slot").prefetch_related(TAGS))
    shown = found[: filters.limit]
    return {
        "data": [ImageOut.from_output(output, output.run, output.slot) for output in shown],
        "next": str(shown[-1].code) if len(found) > filters.limit else None,
    }


@router.get("/images/{uuid:code}", auth=may(Scope.READ), response={200: ImageOut, **REFUSALS}, url_name="api_image")
@inside
def read_image(request: ApiRequest, code: UUID) -> ImageOut:
    """Read what is known of a picture"""
    output = get_object_or_404(_visible(request).select_related("run", "slot"), code=code)
    return ImageOut.from_output(output, output.run, output.slot)


@router.patch(
    "/images/{uuid:code}", auth=may(Scope.GENERATE), response={200: ImageOut, **REFUSALS}, url_name="api_image"
)
@inside
def sort_image(request: ApiRequest, code: UUID, body: ImageIn) -> ImageOut:
    """Give a picture stars and tags"""
    member = request.auth.member
    chosen = _visible(request).filter(code=code, binned_at=None)
    output = get_object_or_404(chosen.select_related("run", "slot"))
    if body.stars is not None:
        organize.star(by=member, outputs=chosen, stars=body.stars)
    if body.tags is not None:
        has = {tagging.tag.name for tagging in output.taggings.select_related("tag")}
        wanted = {name.casefold() for name in body.tags}
        for name in body.tags:
            organize.tag(by=member, outputs=[output], name=name)
        for name in has:
            if name.casefold() not in wanted:
                organize.untag(by=member, outputs=[output], name=name)
    output.refresh_from_db(fields=["stars"])
    return ImageOut.from_output(output, output.run, output.slot)


@router.get(
    "/images/{uuid:code}/{shape}",
    auth=may(Scope.READ),
    response=REFUSALS,
    url_name="api_image_file",
    openapi_extra=BINARY,
)
@inside
def image_file(request: ApiRequest, code: UUID, shape: ImageShape) -> HttpResponseBase:
    """Download a picture: its original bytes, a small one, or what a masked edit kept

    `kept` is a PNG in which everything outside the mask is the first reference's, pixel by pixel. It is made in the
    seconds after the picture."""
    output = get_object_or_404(_visible(request).select_related("composite", "run", "slot"), code=code)
    if shape == "kept" and not output.has_composite:
        raise Http404
    if shape != "kept":
        return shown.send(request, output, shape, download_as=names.stem_of_picture(output.run, output.slot))
    return serving.send(request, output.composite.file, download_as=names.of_lone_composite(output))


@router.get(
    "/partials/{uuid:code}/{shape}",
    auth=may(Scope.READ),
    response=REFUSALS,
    url_name="api_partial_file",
    openapi_extra=BINARY,
)
@inside
def partial_file(request: ApiRequest, code: UUID, shape: Shape) -> HttpResponseBase:
    """Download a frame on the way"""
    seen = request.auth.org.partials.filter(slot__run__in=_runs(request))
    partial = get_object_or_404(seen.select_related("slot__run"), code=code)
    name = partial.file if shape == "original" else partial.small_file
    return serving.send(request, name, download_as=names.of_lone_partial(partial, name))


def _visible(request: ApiRequest) -> QuerySet[Output]:
    return request.auth.org.outputs.filter(run__in=_runs(request), purged_at=None)


def _runs(request: ApiRequest) -> QuerySet[Run]:
    return Run.objects.visible_to(request.auth.member)
