from collections.abc import Iterable
from importlib import import_module
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render

from accounts.access import OrgRequest, member_required
from accounts.models import Role
from studio.openai_wire.examples import OTHER_WAYS, TASKS, Example


@member_required(Role.VIEWER)
def use_from_code(request: OrgRequest) -> HttpResponse:
    """Show one task in each language: `?do=` names the task."""
    task = next((one for one in TASKS if one.id == request.GET.get("do")), TASKS[0])
    context = {
        "base_url": f"{settings.PUBLIC_URL}/v1",
        "task": task,
        "tabs": [{"name": one.title, "url": f"?do={one.id}", "current": one == task} for one in TASKS],
        "examples": _shown(task.examples),
        "others": _shown(OTHER_WAYS),
        "calls": _calls(),
    }
    return render(request, "studio/code.html", context)


def _shown(examples: Iterable[Example]) -> list[dict[str, str]]:
    url = settings.PUBLIC_URL
    return [{"id": one.id, "title": one.title, "text": one.text, "code": one.code(url)} for one in examples]


def _calls() -> list[dict[str, str]]:
    """List the calls of the REST API from its own OpenAPI schema."""
    api = import_module("studio.api.urls").api  # slow to load, and no other page needs it
    paths: dict[str, dict[str, Any]] = api.get_openapi_schema()["paths"]
    return [
        {"method": method.upper(), "path": path, "summary": str(call.get("description") or "").partition("\n")[0]}
        for path, calls in paths.items()
        for method, call in calls.items()
    ]
