from typing import Any

from django import template

from accounts import alerts, standings
from accounts.models import Membership, Organization, Role

register = template.Library()


@register.inclusion_tag("billing/_purse.html")
def purse(organization: Organization, member: Membership) -> dict[str, Any]:
    """Spent, held and left, for the top bar. Whoever makes no pictures spends nothing."""
    if member.role == Role.VIEWER:
        return {}
    return {"organization": organization, "purse": standings.purse(organization, member)}


@register.inclusion_tag("accounts/_alert.html")
def limit_alert(member: Membership) -> dict[str, Any]:
    """So much of a limit is used: on every page, until it is put away."""
    return alerts.shown_to(member)
