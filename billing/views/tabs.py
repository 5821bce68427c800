from django.urls import reverse

from accounts.access import OrgRequest
from saas.web.shell_context import RailItem

TABS = (
    ("usage", "Usage", False),
    ("months", "Months", True),
    ("exports", "Exports", False),
    ("compare_usage", "Compare", True),
)


def usage_tabs(request: OrgRequest, current: str) -> list[RailItem]:
    """Return the tabs of the pages about the ledger; some are for admins only."""
    slug = request.org.slug
    return [
        {"name": title, "url": reverse(name, args=[slug]), "icon": "", "current": name == current}
        for name, title, is_for_admins in TABS
        if request.member.is_admin or not is_for_admins
    ]
