"""Turn the body of a run into a checked plan, for runs and estimates alike."""

from typing import Any
from uuid import UUID

from django.utils import timezone

from studio.api.door import ApiCaller
from studio.api.errors import ApiRefused
from studio.api.shapes import RunFields
from studio.catalogue import image_models
from studio.inputs import uploads
from studio.models import Input
from studio.runs import plan
from studio.runs.plan import Pictures, Plan
from studio.styles import styled_spec

OURS = {"styles", "references", "mask", "visibility", "project", "end_user", "pictures_a_day"}


def plan_of(body: RunFields, caller: ApiCaller, **more: Any) -> Plan:
    """Plan what the body asks for; `more` stands in for what it leaves out. Raise SpecRefused, Refused, ApiRefused."""
    references = [_input(caller, code) for code in body.references]
    mask = _input(caller, body.mask) if body.mask else None
    asked = more | body.model_dump(exclude=OURS, exclude_none=True)
    if references or mask:
        asked |= {"references": len(references), "mask": mask is not None}
    models = image_models.at(timezone.now())
    spec = styled_spec.read_spec(asked, styles=body.styles, by=caller.member, models=models)
    return plan.make(org=caller.org, spec=spec, pictures=Pictures(references, mask))


def _input(caller: ApiCaller, code: UUID) -> Input:
    found = uploads.visible_to(caller.member).filter(code=code).first()
    if found is None:
        raise ApiRefused(404, "input_not_found", f"Input {code} was not found, or you do not have access to it.")
    return found
