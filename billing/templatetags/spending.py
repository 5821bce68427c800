from typing import Any

from django import template
from django.template import Context

from accounts.limits import alerts, overview
from accounts.models import Membership, Organization, Role

register = template.Library()


@register.inclusion_tag("billing/_purse.html", takes_context=True)
def purse(context: Context, organization: Organization, member: Membership) -> dict[str, Any]:
    """Show spent, held and left in the top bar. Viewers make no pictures and so spend nothing: show them nothing. A
    view that has read the limits hands them over as `limits_now`."""
    if member.role == Role.VIEWER:
        return {}
    return {"organization": organization, "purse": overview.purse(organization, member, context.get("limits_now"))}


@register.inclusion_tag("accounts/_alert.html")
def limit_alert(member: Membership) -> dict[str, Any]:
    """Show how much of a limit is used, on every page, until the alert is put away."""
    return alerts.shown_to(member)
