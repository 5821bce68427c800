from typing import Any

from django.utils import timezone
from ninja import Router

from accounts.models import Scope
from studio import catalogue
from studio.api.door import ApiRequest, inside, may
from studio.api.runs import REFUSALS
from studio.api.shapes import MemberOut, ModelOut, OrganizationOut, Page
from studio.models import ImageModel

router = Router(tags=["Organization"])


@router.get(
    "/organization", auth=may(Scope.READ), response={200: OrganizationOut, **REFUSALS}, url_name="api_organization"
)
@inside
def read_organization(request: ApiRequest) -> OrganizationOut:
    """Read whose key this is"""
    return OrganizationOut(slug=request.auth.org.slug, name=request.auth.org.name)


@router.get("/members", auth=may(Scope.READ), response={200: Page[MemberOut], **REFUSALS}, url_name="api_members")
@inside
def list_members(request: ApiRequest) -> dict[str, Any]:
    """List the members"""
    members = request.auth.org.memberships.select_related("user").order_by("user__name", "pk")
    found = [MemberOut(id=one.user.code, name=one.user.display_name, role=one.role) for one in members]
    return {"data": found, "next": None}


@router.get("/models", auth=may(Scope.READ), response={200: Page[ModelOut], **REFUSALS}, url_name="api_models")
@inside
def list_models(request: ApiRequest) -> dict[str, Any]:
    """List the models with what each can do"""
    return {"data": [_model(model) for model in catalogue.at(timezone.now()).models], "next": None}


def _model(model: ImageModel) -> ModelOut:
    return ModelOut(
        name=model.name,
        title=model.title,
        is_default=model.is_default,
        qualities=model.qualities,
        formats=model.formats,
        backgrounds=model.backgrounds,
        sizes=model.size_rule,
        most_pictures=model.n_max,
        most_partials=model.partial_images_max,
        most_references=model.references_max,
        can_edit=model.can_edit,
        can_mask=model.can_mask,
        available_until=model.available_until,
    )
