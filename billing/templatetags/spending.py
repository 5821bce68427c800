from typing import Any

from django import template

from accounts.limits import alerts, overview
from accounts.models import Membership, Organization, Role

register = template.Library()


@register.inclusion_tag("billing/_purse.html")
def purse(organization: Organization, member: Membership) -> dict[str, Any]:
    """Show spent, held and left in the top bar. Viewers make no pictures and so spend nothing: show them nothing."""
    if member.role == Role.VIEWER:
        return {}
    return {"organization": organization, "purse": overview.purse(organization, member)}


@register.inclusion_tag("accounts/_alert.html")
def limit_alert(member: Membership) -> dict[str, Any]:
    """Show how much of a limit is used, on every page, until the alert is put away."""
    return alerts.shown_to(member)
