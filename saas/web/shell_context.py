from typing import Any, TypedDict

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from saas import VERSION, environment

BELOW_SETTINGS = {"settings", "rename", "delete_organization", "retention", "rewriter", "default_model"} | {
    "webhooks",
    "new_webhook",
    "webhook",
    "change_webhook",
}


class RailItem(TypedDict):
    name: str
    url: str
    icon: str
    current: bool


def shell(request: HttpRequest) -> dict[str, Any]:
    """Return what every page's frame needs, without a query."""
    context: dict[str, Any] = {
        "look": _look(request),
        "version": VERSION,
        "is_sign_up_open": settings.SIGN_UP == "open",
        "mails_are_printed": settings.EMAIL_BACKEND == environment.PRINTED,
    }
    org = getattr(request, "org", None)
    if org is not None and hasattr(request, "memberships"):
        context |= {
            "organization": org,
            "member": getattr(request, "member", None),
            "socket": f"/ws/o/{org.slug}/",
            "rail": _rail(request, org.slug),
        }
    return context


def _look(request: HttpRequest) -> str:
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated:
        return str(user.look)
    session = getattr(request, "session", None)
    return str(session.get("look", "system")) if session is not None else "system"


def _rail(request: HttpRequest, slug: str) -> list[RailItem]:
    is_admin = getattr(request, "member").is_admin  # noqa: B009 set beside org
    places = [
        ("Studio", "studio", "studio", {"studio", "run", "sample_run"}),
        (
            "Gallery",
            "gallery",
            "gallery",
            {"gallery", "picture", "compare", "bin", "collections", "collection", "shares", "new_share"},
        ),
        (
            "Usage",
            "usage",
            "usage",
            {"usage", "usage_entries", "exports", "months", "month", "compare_usage", "calculator"},
        ),
        ("Team", "team", "team", {"team", "invite"}),  # a phone's bar shows the places up to here
        ("Threads", "threads", "talk", {"threads", "thread", "new_thread", "send_turn"}),
        ("Styles", "styles", "wand", {"styles", "style", "new_style", "import_styles"}),
        ("Photobooth", "booth", "camera", {"booth", "make_set", "photo_set"}),
        ("Sheets", "sheets", "table", {"sheets", "sheet", "new_sheet"}),
        ("API keys", "keys", "key", {"keys", "new_key", "code"}),
    ]
    if is_admin:
        places += [
            ("Connections", "connections", "plug", {"connections", "new_connection", "connection"}),
            ("Audit log", "audit", "log", {"audit"}),
            ("Limits", "limits", "coin", {"limits", "change_limits"}),
            (
                "Settings",
                "settings",
                "settings",
                BELOW_SETTINGS,
            ),
        ]
    here = request.resolver_match.url_name if request.resolver_match else ""
    return [
        {"name": name, "url": reverse(url, args=[slug]), "icon": icon, "current": here in names}
        for name, url, icon, names in places
    ]
