from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render

from accounts.access import OrgRequest, member_required
from accounts.models import Role
from studio.api.examples import EXAMPLES
from studio.api.urls import api


@member_required(Role.VIEWER)
def use_from_code(request: OrgRequest) -> HttpResponse:
    examples = [
        {"id": one.id, "title": one.title, "text": one.text, "code": one.code(settings.PUBLIC_URL)} for one in EXAMPLES
    ]
    context = {"base_url": f"{settings.PUBLIC_URL}/v1", "examples": examples, "calls": _calls()}
    return render(request, "studio/code.html", context)


def _calls() -> list[dict[str, str]]:
    """List the calls of the REST API from its own OpenAPI schema."""
    paths: dict[str, dict[str, Any]] = api.get_openapi_schema()["paths"]
    return [
        {"method": method.upper(), "path": path, "summary": str(call.get("description") or "").partition("\n")[0]}
        for path, calls in paths.items()
        for method, call in calls.items()
    ]
