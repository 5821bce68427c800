"""List every page and action of an organization that can be found by its name, and who may go there."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import reverse

from accounts.models import Membership, Role

PAGE, ACT, SETTING, YOU = "Page", "Action", "Setting", "You"


@dataclass(frozen=True, slots=True)
class Place:
    name: str
    group: str
    view: str  # the name of its URL
    part: str = ""  # what follows the path: a query, or the id of a part of the page
    role: Role = Role.VIEWER


PLACES = (
    Place("Studio", PAGE, "studio"),
    Place("Photobooth", PAGE, "booth"),
    Place("Threads", PAGE, "threads"),
    Place("Events", PAGE, "events", role=Role.MEMBER),
    Place("Sheets", PAGE, "sheets"),
    Place("Gallery", PAGE, "gallery"),
    Place("Starred pictures", PAGE, "gallery", "?stars=1"),
    Place("My pictures", PAGE, "gallery", "?by=me"),
    Place("Collections", PAGE, "collections"),
    Place("Shared links", PAGE, "shares", role=Role.MEMBER),
    Place("Bin", PAGE, "bin"),
    Place("Sample run", PAGE, "sample_run"),
    Place("Styles", PAGE, "styles"),
    Place("Usage", PAGE, "usage"),
    Place("Ledger entries", PAGE, "usage_entries"),
    Place("What would it cost?", PAGE, "calculator"),
    Place("Months", PAGE, "months"),
    Place("Compare with the provider's bill", PAGE, "compare_usage", role=Role.ADMIN),
    Place("Exports", PAGE, "exports"),
    Place("Team", PAGE, "team"),
    Place("API keys", PAGE, "keys"),
    Place("Use it from code", PAGE, "code"),
    Place("Connections", PAGE, "connections", role=Role.ADMIN),
    Place("Limits", PAGE, "limits", role=Role.ADMIN),
    Place("Audit log", PAGE, "audit", role=Role.ADMIN),
    Place("Webhooks", PAGE, "webhooks", role=Role.ADMIN),
    Place("Settings", PAGE, "settings", role=Role.ADMIN),
    Place("Make an API key", ACT, "new_key"),
    Place("Invite a person", ACT, "team", "#invite", Role.ADMIN),
    Place("Add a connection", ACT, "new_connection", role=Role.ADMIN),
    Place("Add a webhook", ACT, "new_webhook", role=Role.ADMIN),
    Place("Make a collection", ACT, "collections", "#new-collection", Role.MEMBER),
    Place("Start a thread", ACT, "new_thread", role=Role.MEMBER),
    Place("Make a style", ACT, "new_style", role=Role.MEMBER),
    Place("Make a sheet", ACT, "sheets", "#new-sheet", Role.MEMBER),
    Place("Make an event", ACT, "new_event", role=Role.ADMIN),
    Place("Ask for a higher limit", ACT, "ask_for_more", role=Role.MEMBER),
    Place("Name of the organization", SETTING, "settings", "#name", Role.ADMIN),
    Place("Time zone", SETTING, "settings", "#time-zone", Role.ADMIN),
    Place("Require a second factor", SETTING, "settings", "#second-factor", Role.ADMIN),
    Place("Storage and legal hold", SETTING, "retention", role=Role.ADMIN),
    Place("Default model", SETTING, "default_model", role=Role.ADMIN),
    Place("Improving prompts", SETTING, "rewriter", role=Role.ADMIN),
    Place("Transfer ownership", SETTING, "settings", "#ownership", Role.OWNER),
    Place("Delete the organization", SETTING, "settings", "#delete", Role.OWNER),
    Place("New organization", ACT, "new_organization"),
    Place("E-mail addresses", YOU, "account_email"),
    Place("Password", YOU, "account_change_password"),
    Place("Passkeys and second factor", YOU, "mfa_index"),
)
PERSONAL = {"new_organization", "account_email", "account_change_password", "mfa_index"}


def open_to(member: Membership) -> Iterator[dict[str, str]]:
    """Yield the places that this member may go to."""
    for place in PLACES:
        if member.is_at_least(place.role):
            path = reverse(place.view, args=[] if place.view in PERSONAL else [member.org.slug])
            yield {"name": place.name, "group": place.group, "url": path + place.part}
