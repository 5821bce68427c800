from importlib import import_module
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render

from accounts.access import OrgRequest, member_required
from accounts.models import Role
from studio.api.examples import EXAMPLES


@member_required(Role.VIEWER)
def use_from_code(request: OrgRequest) -> HttpResponse:
    examples = [
        {"id": one.id, "title": one.title, "text": one.text, "code": one.code(settings.PUBLIC_URL)} for one in EXAMPLES
    ]
    context = {"base_url": f"{settings.PUBLIC_URL}/v1", "examples": examples, "calls": _calls()}
    return render(request, "studio/code.html", context)


def _calls() -> list[dict[str, str]]:
    """List the calls of the REST API from its own OpenAPI schema."""
    api = import_module("studio.api.urls").api  # slow to load, and no other page needs it
    paths: dict[str, dict[str, Any]] = api.get_openapi_schema()["paths"]
    return [
        {"method": method.upper(), "path": path, "summary": str(call.get("description") or "").partition("\n")[0]}
        for path, calls in paths.items()
        for method, call in calls.items()
    ]
