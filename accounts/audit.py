"""The only writer of audit rows, and the words that a person reads for each action."""

from typing import Any

from accounts.models import AuditEntry, Organization, User
from saas import requests

ACTIONS = {
    "organization.founded": "founded the organization",
    "organization.renamed": "renamed the organization",
    "organization.second_factor_required": "required a second factor",
    "organization.second_factor_optional": "made the second factor optional",
    "organization.deleted": "deleted the organization",
    "organization.time_zone_set": "set the time zone of",
    "member.joined": "joined",
    "member.role_changed": "changed the role of",
    "member.removed": "removed",
    "member.left": "left",
    "organization.transferred": "handed ownership to",
    "invitation.sent": "invited",
    "invitation.sent_again": "invited again",
    "invitation.revoked": "took back the invitation of",
    "api_key.made": "made the API key",
    "api_key.revoked": "revoked the API key",
    "webhook.added": "added the webhook",
    "webhook.changed": "changed the webhook",
    "webhook.removed": "removed the webhook",
    "webhook.switched_on": "switched on the webhook",
    "webhook.switched_off": "switched off the webhook",
    "connection.added": "added the connection",
    "connection.changed": "changed the connection",
    "connection.key_replaced": "replaced the key of the connection",
    "connection.made_default": "made default the connection",
    "connection.removed": "removed the connection",
    "connection.price_set": "set the price of the connection",
    "connection.tested": "tested the connection",
    "month.closed": "closed the month",
    "ledger.exported": "exported the ledger of",
    "runs.exported": "exported the runs of",
    "export.subscribed": "subscribed to the monthly export:",
    "export.unsubscribed": "ended the monthly export:",
    "ledger.reconciled": "found differences in the books of",
    "charge.resolved": "resolved an uncertain charge of the run",
    "charge.corrected": "corrected a charge of the run",
    "limits.changed": "changed the limits of",
    "limits.asked": "asked for",
    "limits.granted": "granted more to",
    "limits.declined": "declined more for",
    "limits.imported": "imported limits of",
    "limits.removed": "removed the limits of",
    "run.made_private": "made private the run",
    "run.given_to_team": "gave the team the run",
    "rewriter.changed": "changed who improves prompts of",
    "share.made": "shared pictures by the link",
    "share.revoked": "took back the link",
    "retention.changed": "changed the retention of",
    "retention.held": "held all deletion:",
    "retention.released": "ended the hold of",
    "operator.listed": "looked at a list (operator)",
    "operator.looked": "looked at the organization (operator)",
    "operator.suspended": "suspended the organization (operator)",
    "operator.loan_set": "set what the lent key may spend for (operator)",
    "operator.restored": "restored the organization (operator)",
    "operator.calls_limited": "limited the pictures at once of the organization (operator)",
    "operator.person_changed": "changed the person (operator)",
    "price.added": "added a price (operator)",
    "price.ended": "ended a price (operator)",
    "audit.exported": "exported the audit log",
}


def record(
    *,
    org: Organization | None,
    by: User | None,
    action: str,
    target: str = "",
    details: dict[str, Any] | None = None,
) -> AuditEntry:
    if action not in ACTIONS:
        raise ValueError(f"{action} has no words in ACTIONS")
    request = requests.current.get()
    return AuditEntry.objects.create(
        org=org,
        actor=by,
        actor_label=f"{by.display_name} <{by.email}>"[:254] if by else "Darkroom",
        action=action,
        target=target[:254],
        details=details or {},
        address=request.address,
        agent=request.agent,
        request_id=request.id,
    )
