from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet
from django.shortcuts import get_object_or_404
from ninja import Field, Router, Schema, Status
from pydantic import ConfigDict

from accounts.models import Scope
from studio.api.door import ApiRequest, inside, may
from studio.api.errors import ApiRefused
from studio.api.runs import REFUSALS
from studio.api.shapes import CollectionOut, Page, PresetOut, TagOut
from studio.gallery import collections, tiles
from studio.gallery.filters import Filters
from studio.models import Collection, Output
from studio.prompt import presets
from studio.prompt.prompt_form import PromptForm

router = Router(tags=["Sorting"])
MOST_AT_ONCE = 500


class CollectionIn(Schema):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=200)


class CollectionChange(Schema):
    model_config = ConfigDict(extra="forbid")

    name: str | None = Field(None, max_length=200)
    cover: UUID | None = None


class ImagesIn(Schema):
    model_config = ConfigDict(extra="forbid")

    images: list[UUID] = Field(min_length=1, max_length=MOST_AT_ONCE)


class PresetIn(Schema):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=200)
    values: dict[str, str | int | bool] = Field(
        description="As the studio's bar calls them: model, size, quality, n, …"
    )
    is_shared: bool = False


@router.get("/tags", auth=may(Scope.READ), response={200: Page[TagOut], **REFUSALS}, url_name="api_tags")
@inside
def list_tags(request: ApiRequest) -> dict[str, Any]:
    """List the tags with how many pictures have each"""
    found = request.auth.org.tags.annotate(count=Count("taggings")).order_by("name")
    return {"data": [TagOut(name=tag.name, images=tag.count) for tag in found], "next": None}


@router.get(
    "/collections", auth=may(Scope.READ), response={200: Page[CollectionOut], **REFUSALS}, url_name="api_collections"
)
@inside
def list_collections(request: ApiRequest) -> dict[str, Any]:
    """List the collections. Their pictures: `GET /images?collection=<id>`"""
    found = collections.shelf(request.auth.member)
    return {
        "data": [CollectionOut.from_collection(one.collection, one.count, one.cover) for one in found],
        "next": None,
    }


@router.post(
    "/collections",
    auth=may(Scope.GENERATE),
    response={201: CollectionOut, **REFUSALS},
    url_name="api_collections",
)
@inside
def make_collection(request: ApiRequest, body: CollectionIn) -> "Status[CollectionOut]":
    """Make a collection"""
    return Status(201, CollectionOut.from_collection(collections.make(by=request.auth.member, name=body.name), 0, None))


@router.get(
    "/collections/{uuid:code}",
    auth=may(Scope.READ),
    response={200: CollectionOut, **REFUSALS},
    url_name="api_collection",
)
@inside
def read_collection(request: ApiRequest, code: UUID) -> CollectionOut:
    """Read a collection"""
    return _shown(request, _collection(request, code))


@router.patch(
    "/collections/{uuid:code}",
    auth=may(Scope.GENERATE),
    response={200: CollectionOut, **REFUSALS},
    url_name="api_collection",
)
@inside
def change_collection(request: ApiRequest, code: UUID, body: CollectionChange) -> CollectionOut:
    """Give a collection another name or cover"""
    found, member = _collection(request, code), request.auth.member
    if body.name is not None:
        collections.rename(by=member, collection=found, name=body.name)
    if body.cover is not None:
        collections.set_cover(by=member, collection=found, output=get_object_or_404(_kept(request), code=body.cover))
    found.refresh_from_db()
    return _shown(request, found)


@router.delete(
    "/collections/{uuid:code}", auth=may(Scope.GENERATE), response={204: None, **REFUSALS}, url_name="api_collection"
)
@inside
def delete_collection(request: ApiRequest, code: UUID) -> "Status[None]":
    """Delete a collection. Its pictures stay"""
    collections.delete(by=request.auth.member, collection=_collection(request, code))
    return Status(204, None)


@router.post(
    "/collections/{uuid:code}/images",
    auth=may(Scope.GENERATE),
    response={200: CollectionOut, **REFUSALS},
    url_name="api_collect",
)
@inside
def collect_images(request: ApiRequest, code: UUID, body: ImagesIn) -> CollectionOut:
    """Put pictures at the end of a collection, each once"""
    found = _collection(request, code)
    by_code = {output.code: output for output in _kept(request).filter(code__in=body.images)}
    missing = [str(code) for code in body.images if code not in by_code]
    if missing:
        raise ApiRefused(
            404, "image_not_found", f"Picture {missing[0]} was not found, or you do not have access to it."
        )
    collections.add(by=request.auth.member, collection=found, outputs=[by_code[code] for code in body.images])
    return _shown(request, found)


@router.delete(
    "/collections/{uuid:code}/images/{uuid:image}",
    auth=may(Scope.GENERATE),
    response={204: None, **REFUSALS},
    url_name="api_uncollect",
)
@inside
def uncollect_image(request: ApiRequest, code: UUID, image: UUID) -> "Status[None]":
    """Take a picture out of a collection"""
    output = get_object_or_404(_kept(request), code=image)
    collections.remove(by=request.auth.member, collection=_collection(request, code), outputs=[output])
    return Status(204, None)


@router.get("/presets", auth=may(Scope.READ), response={200: Page[PresetOut], **REFUSALS}, url_name="api_presets")
@inside
def list_presets(request: ApiRequest) -> dict[str, Any]:
    """List your own presets and the organization's"""
    return {"data": [PresetOut.from_preset(one) for one in presets.visible_to(request.auth.member)], "next": None}


@router.post("/presets", auth=may(Scope.GENERATE), response={201: PresetOut, **REFUSALS}, url_name="api_presets")
@inside
def make_preset(request: ApiRequest, body: PresetIn) -> "Status[PresetOut]":
    """Keep settings under a name

    With `prompt` among the values, the words are kept, too."""
    values = PromptForm.stored(
        {name: _as_form_text(value) for name, value in body.values.items() if name != "reference"}
    )
    made = presets.make(
        by=request.auth.member,
        name=body.name,
        values=values,
        is_shared=body.is_shared,
        with_prompt="prompt" in body.values,
    )
    return Status(201, PresetOut.from_preset(made))


@router.delete(
    "/presets/{uuid:code}", auth=may(Scope.GENERATE), response={204: None, **REFUSALS}, url_name="api_preset"
)
@inside
def remove_preset(request: ApiRequest, code: UUID) -> "Status[None]":
    """Remove a preset"""
    preset = get_object_or_404(presets.visible_to(request.auth.member), code=code)
    presets.remove(preset=preset, by=request.auth.member)
    return Status(204, None)


def _as_form_text(value: str | int | bool) -> str:
    """Write a value as the form of the bar would send it, without null characters, which PostgreSQL cannot keep."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value).replace("\0", "")[:40_000]


def _kept(request: ApiRequest) -> "QuerySet[Output]":
    return tiles.pictures(request.auth.member, Filters())


def _collection(request: ApiRequest, code: UUID) -> Collection:
    found: Collection = get_object_or_404(request.auth.org.collections, code=code)
    return found


def _shown(request: ApiRequest, collection: Collection) -> CollectionOut:
    inside_it = collections.pictures(request.auth.member, collection)
    chosen = next((output for output in inside_it if output.pk == collection.cover_id), None)
    return CollectionOut.from_collection(collection, len(inside_it), chosen or next(iter(inside_it), None))
