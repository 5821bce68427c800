from typing import Annotated, Any
from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from ninja import Field, Router, Schema, Status
from pydantic import ConfigDict

from accounts.models import Role, Scope
from saas.web.after_transaction import Afterwards
from studio.api.door import ApiCaller, ApiRequest, inside, may
from studio.api.errors import ApiRefused
from studio.api.runs import REFUSALS
from studio.api.shapes import Page
from studio.inputs import uploads
from studio.models import Input, StyleVersion
from studio.styles import built_in, edit_styles, samples, shelf
from studio.styles.edit_styles import Saying

router = Router(tags=["Styles"])
LONGEST_TEXT = 20_000
Text = Annotated[str, Field(max_length=LONGEST_TEXT)]
Names = Annotated[list[Text], Field(max_length=100)]


class StyleParameters(Schema):
    model_config = ConfigDict(extra="forbid")

    size: Text = Field("", examples=["1024x1536"])
    quality: Text = ""


class StyleIn(Schema):
    model_config = ConfigDict(extra="forbid")

    name: Text = Field(examples=["Linocut"])
    description: Text = Field("", description="One line")
    prompt: Text = Field(description="A verb and a medium, then material, light and colours")
    keeps: Names = Field(list(built_in.EVERYTHING), description="What stays as it is, by these names or in own words")
    frees: Names = Field([], description="What may change: background, lighting, realism, or in own words")
    solo: Text = Field("", description="More words for a picture of one person")
    group: Text = Field("", description="More words for a picture of several people")
    parameters: StyleParameters = Field(
        StyleParameters(size="", quality=""), description="What it sets where a request does not"
    )
    reference: UUID | None = Field(None, description="An input that shows the style; it is sent after all others")
    least_role: Role = Field(Role.MEMBER, description="Who may use it: this role and those above")


class StyleChange(Schema):
    model_config = ConfigDict(extra="forbid")

    name: Text | None = None
    description: Text | None = None
    prompt: Text | None = None
    keeps: Names | None = None
    frees: Names | None = None
    solo: Text | None = None
    group: Text | None = None
    parameters: StyleParameters | None = None
    reference: UUID | None = None
    least_role: Role | None = None


class StyleOut(Schema):
    """`version` counts from 1 and grows with each change. A run remembers the one that it used."""

    id: UUID
    slug: str
    name: str
    description: str
    prompt: str
    keeps: list[str]
    frees: list[str]
    solo: str
    group: str
    parameters: StyleParameters
    reference: UUID | None
    sample: str = Field(description="The URL of a small picture; needs the same rights as this answer")
    built_in: bool
    least_role: Role
    version: int

    @classmethod
    def from_version(cls, version: StyleVersion) -> "StyleOut":
        style = version.style
        return cls(
            id=style.code,
            slug=style.slug,
            name=version.name,
            description=version.description,
            prompt=version.prompt,
            keeps=version.keeps,
            frees=version.frees,
            solo=version.solo,
            group=version.group,
            parameters=StyleParameters(size=version.size, quality=version.quality),
            reference=version.reference.code if version.reference else None,
            sample=f"/api/v1/styles/{style.code}/sample",
            built_in=bool(style.built_in),
            least_role=Role(style.least_role),
            version=version.number,
        )


@router.get("/styles", auth=may(Scope.READ), response={200: Page[StyleOut], **REFUSALS}, url_name="api_styles")
@inside
def list_styles(request: ApiRequest) -> dict[str, Any]:
    """List the organization's styles

    Twelve come with the program."""
    return {"data": [StyleOut.from_version(one) for one in shelf.all_of(request.auth.org)], "next": None}


@router.post("/styles", auth=may(Scope.GENERATE), response={201: StyleOut, **REFUSALS}, url_name="api_styles")
@inside
def make_style(request: ApiRequest, body: StyleIn) -> "Status[StyleOut]":
    """Make a style"""
    said = body.model_dump(exclude={"parameters", "reference", "least_role"})
    saying = Saying(**said, **body.parameters.model_dump(), reference=_reference(request.auth, body.reference))
    made = edit_styles.make(by=request.auth.member, saying=saying, least_role=body.least_role)
    return Status(201, StyleOut.from_version(made))


@router.get("/styles/{uuid:code}", auth=may(Scope.READ), response={200: StyleOut, **REFUSALS}, url_name="api_style")
@inside
def read_style(request: ApiRequest, code: UUID) -> StyleOut:
    """Read a style"""
    return StyleOut.from_version(_version(request, code))


@router.patch(
    "/styles/{uuid:code}", auth=may(Scope.GENERATE), response={200: StyleOut, **REFUSALS}, url_name="api_style"
)
@inside
def change_style(request: ApiRequest, code: UUID, body: StyleChange) -> StyleOut:
    """Change a style

    What is left out stays. The change is a new version."""
    version = _version(request, code)
    given = body.model_dump(exclude_unset=True, exclude={"parameters", "reference", "least_role"})
    said = {**_said(version), **{name: value for name, value in given.items() if value is not None}}
    if body.parameters is not None:
        said |= body.parameters.model_dump()
    if "reference" in body.model_fields_set:
        said["reference"] = _reference(request.auth, body.reference)
    changed = edit_styles.change(
        style=version.style, by=request.auth.member, saying=Saying(**said), least_role=body.least_role
    )
    return StyleOut.from_version(shelf.newest([changed.style])[0])


@router.delete("/styles/{uuid:code}", auth=may(Scope.GENERATE), response={204: None, **REFUSALS}, url_name="api_style")
@inside
def retire_style(request: ApiRequest, code: UUID) -> "Status[None]":
    """Retire a style. Pictures that were made in it stay"""
    edit_styles.retire(style=_version(request, code).style, by=request.auth.member)
    return Status(204, None)


@router.get("/styles/{uuid:code}/sample", auth=may(Scope.READ), response=REFUSALS, url_name="api_style_sample")
@inside
def read_style_sample(request: ApiRequest, code: UUID) -> HttpResponse:
    """Read a small picture, painted by the sandbox, that shows the style"""
    version = _version(request, code)

    def answer() -> HttpResponse:
        try:
            return HttpResponse(samples.sample_of(version), content_type="image/webp")
        except samples.NotPainted:
            error = {"code": "not_painted", "message": "The sample is being painted. Ask again in a few seconds."}
            return JsonResponse({"error": error}, status=503, headers={"Retry-After": samples.RETRY_SECONDS})

    return Afterwards(answer)


def _version(request: ApiRequest, code: UUID) -> StyleVersion:
    org = request.auth.org
    shelf.stock(org)
    return shelf.newest([get_object_or_404(org.styles.in_use(), code=code)])[0]


def _said(version: StyleVersion) -> dict[str, Any]:
    saying = Saying.of(version)
    return {name: getattr(saying, name) for name in Saying.__dataclass_fields__}


def _reference(caller: ApiCaller, code: UUID | None) -> Input | None:
    if code is None:
        return None
    found = uploads.visible_to(caller.member).filter(code=code, is_mask=False).first()
    if found is None:
        raise ApiRefused(404, "input_not_found", f"Input {code} was not found, or you do not have access to it.")
    return found
