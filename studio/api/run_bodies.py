"""Read what a run is asked with, as JSON or as a form with files, and turn it into a checked plan. OpenAI's names for
parameters are accepted beside Darkroom's own."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParserError
from django.utils import timezone
from ninja.errors import HttpError, ValidationError
from pydantic import ValidationError as Invalid

from saas.database import tenancy
from studio.api.door import ApiCaller
from studio.api.errors import ApiRefused
from studio.api.shapes import RunFields, RunIn
from studio.catalogue import image_models, specs
from studio.catalogue.fields import Fault, SpecRefused, closest, quote
from studio.catalogue.specs import Spec
from studio.imaging.inspection import Sides
from studio.inputs import uploads
from studio.inputs.uploads import Ready
from studio.models import Input
from studio.money.offers import Route
from studio.openai_wire.forms import MaybeUpload, Upload
from studio.runs.plan import Pictures
from studio.styles import styled_spec

# OpenAI's name, or that of its demos: ours.
SYNONYMS = {"output_format": "format", "output_compression": "compression", "image_count": "n", "api_mode": "api"}
# What is called otherwise in other APIs: ours. These are not accepted, since their values are others, too.
CALLED_HERE = {
    "image": "references",
    "image[]": "references",
    "images": "references",
    "user": "end_user",
    "safety_identifier": "end_user",
}
OURS = {"styles", "references", "mask", "visibility", "project", "end_user", "connection", "pictures_a_day"}
FORM = "multipart/form-data"


def described(shape: type[RunFields], *, with_form: bool = False) -> dict[str, Any]:
    """Describe the body for OpenAPI: in a form, `references` and `mask` may be files."""
    schema = shape.model_json_schema(ref_template="#/components/schemas/{model}")
    schema.pop("$defs", None)
    content = {"application/json": {"schema": schema}}
    if with_form:
        file: dict[str, Any] = {"type": "string", "format": "binary"}
        files = {"references": {"type": "array", "items": file, "maxItems": 64}, "mask": file}
        content[FORM] = {"schema": {**schema, "properties": {**schema["properties"], **files}}}
    return {"requestBody": {"required": True, "content": content}}


@dataclass(frozen=True)
class RunRequest:
    """The fields of a request and the files that came with them."""

    body: RunFields
    unknown: dict[str, Any] = field(default_factory=dict)
    references: tuple[Upload, ...] = ()
    mask: MaybeUpload = None

    def spec_for(self, caller: ApiCaller) -> Spec:
        """Raise SpecRefused."""
        has_mask = self.mask is not None
        return spec_of(self.body, self.unknown, caller, references=len(self.references), has_mask=has_mask)

    @property
    def files(self) -> Iterator[Upload]:
        yield from self.references
        if self.mask is not None:
            yield self.mask

    @property
    def has_files(self) -> bool:
        return bool(self.references) or self.mask is not None

    @property
    def identity(self) -> str:
        """Return what tells this request from others, but for the form's boundaries, which are new each time."""
        return " ".join([self.body.model_dump_json(), *map(_digest, self.files), "mask" if self.mask else ""]).strip()


@dataclass
class Given:
    """The pictures of a request as they are stored, before rows name them: the inputs that were given earlier, then the
    files."""

    earlier: list[Input] = field(default_factory=list)
    references: list[Ready] = field(default_factory=list)
    mask: Input | Ready | None = None

    def keep(self, caller: ApiCaller) -> Pictures:
        """Write the rows, inside the organization's wall."""
        user = caller.member.user
        mask = uploads.keep(self.mask, by=user) if isinstance(self.mask, Ready) else self.mask
        return Pictures([*self.earlier, *(uploads.keep(one, by=user) for one in self.references)], mask)


def read_request(request: HttpRequest, shape: type[RunFields] = RunIn) -> RunRequest:
    """Raise HttpError if the body cannot be read, ValidationError if its fields have the wrong form. Fields of unknown
    names are left to the spec, which says what was probably meant."""
    if request.content_type != FORM:
        return RunRequest(*_validated(_json(request), shape))
    try:
        texts, files = request.POST, request.FILES
    except (MultiPartParserError, RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent):
        raise HttpError(400, "Cannot parse request body") from None
    fields: dict[str, Any] = {name: value for name, value in texts.items() if value != ""}
    if codes := [code for code in texts.getlist("references") if code]:
        fields["references"] = codes
    fields |= {name: "a file" for name in files if name not in {"references", "mask"}}  # refused by its name
    return RunRequest(*_validated(fields, shape), tuple(files.getlist("references")), files.get("mask"))


def store_files(asked: RunRequest, caller: ApiCaller, undo: ExitStack, *, first: Sides | None = None) -> Given:
    """Check and store the files that came with a request, outside of any transaction. `undo` deletes them again unless
    it is emptied before the rows are committed. A mask covers `first`, else the first of the references. Raise
    UploadRefused or ApiRefused."""
    with tenancy.tenant(caller.org.pk):
        earlier = pictures_of(asked.body, caller)
    given = Given(list(earlier.references), mask=earlier.mask)
    for file in asked.references:
        given.references.append(uploads.store_picture(org=caller.org, name=file.name or "", data=file.read()))
        undo.callback(uploads.forget, given.references[-1])
    if asked.mask is not None:
        first = first or (given.earlier or given.references)[0]
        name, data = asked.mask.name or "mask.png", asked.mask.read()
        given.mask = mask = uploads.store_mask(org=caller.org, name=name, data=data, first=first)
        undo.callback(uploads.forget, mask)
    return given


def spec_of(
    body: RunFields,
    unknown: dict[str, Any],
    caller: ApiCaller,
    *,
    references: int = 0,
    has_mask: bool = False,
    **more: Any,
) -> Spec:
    """Check the fields, together with files that came beside them; `more` stands in for what they leave out. Raise
    SpecRefused, whose faults have the names that the caller used."""
    said = {**unknown, **body.model_dump(exclude=OURS, exclude_none=True)}
    count, has_mask = len(body.references) + references, has_mask or body.mask is not None
    if count and said.get("api_mode") == "responses":
        del said["api_mode"]  # as where this name comes from: there it is about text to image alone
    used = {ours: theirs for theirs, ours in SYNONYMS.items() if theirs in said}
    twice = [_twice(used[ours], ours) for ours in used if ours in said]
    asked = more | {SYNONYMS.get(name, name): value for name, value in said.items()}
    if count or has_mask:
        asked |= {"references": count, "mask": has_mask}
    try:
        with tenancy.tenant(caller.org.pk) if body.styles else nullcontext():
            models = image_models.at(timezone.now(), org=caller.org)
            spec = styled_spec.read_spec(asked, styles=body.styles, by=caller.member, models=models)
    except SpecRefused as refusal:
        named = [replace(_hinted(one), field=used.get(one.field, one.field)) for one in refusal.errors]
        raise SpecRefused(twice + named) from None
    if twice:
        raise SpecRefused(twice)
    return spec


def route_of(body: RunFields, caller: ApiCaller) -> Route:
    named = str(body.connection) if body.connection else ""
    return Route.of(named=named, api_key=caller.api_key, project=body.project)


def pictures_of(body: RunFields, caller: ApiCaller) -> Pictures:
    references = [_input(caller, code) for code in body.references]
    return Pictures(references, _input(caller, body.mask) if body.mask else None)


def _input(caller: ApiCaller, code: UUID) -> Input:
    found = uploads.visible_to(caller.member).filter(code=code).first()
    if found is None:
        raise ApiRefused(404, "input_not_found", f"Input {code} was not found, or you do not have access to it.")
    return found


def _json(request: HttpRequest) -> Any:
    try:
        return json.loads(request.body) if request.body else {}
    except (ValueError, RecursionError):
        raise HttpError(400, "Cannot parse request body") from None


def _validated(fields: Any, shape: type[RunFields]) -> tuple[RunFields, dict[str, Any]]:
    """Return the fields that are known, in their form, and the rest as it came."""
    unknown: dict[str, Any] = {}
    if isinstance(fields, dict):
        unknown = {name: value for name, value in fields.items() if name not in shape.model_fields}
        fields = {name: value for name, value in fields.items() if name in shape.model_fields}
    try:
        return shape.model_validate(fields), unknown
    except Invalid as refusal:
        errors = refusal.errors(include_url=False, include_context=False, include_input=False)
        raise ValidationError([{**one, "loc": ("body", *one["loc"])} for one in errors]) from None


def _twice(theirs: str, ours: str) -> Fault:
    return Fault(theirs, "duplicate", f"“{theirs}” and “{ours}” are the same. Send one of them.", ours)


def _hinted(fault: Fault) -> Fault:
    """Say what an unknown name is called here, where that can be known: the spec does not know all of a body's."""
    meant = CALLED_HERE.get(fault.field) or closest(fault.field, (*specs.FIELDS, *sorted(OURS)))
    if fault.code != "unknown_parameter" or meant is None:
        return fault
    return replace(fault, suggestion=meant, sentence=f"There is no parameter {quote(fault.field)}. Use “{meant}”.")


def _digest(file: Upload) -> str:
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()
