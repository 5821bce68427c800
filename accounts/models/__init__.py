"""Define the rows of accounts: people, organizations, keys, connections, limits, webhooks, audit rows."""

from accounts.models.api_keys import ApiKey, Scope
from accounts.models.audit import AuditEntry
from accounts.models.circuits import Circuit
from accounts.models.connections import Health, ProviderConnection
from accounts.models.foundings import Founding
from accounts.models.invitations import Invitation
from accounts.models.limit_requests import Ask, AskState, LimitAlert, SeenAlert, Threshold
from accounts.models.limits_and_holds import Budget, Counter, Hold, HoldState, Period, Quota, Subject, Unit
from accounts.models.loans import PastLoan
from accounts.models.mails import Mail
from accounts.models.organizations import Membership, Organization, Role
from accounts.models.people import Look, User
from accounts.models.provider_kinds import ProviderKind
from accounts.models.webhooks import Attempt, Delivery, DeliveryState, DeliveryTicket, OffReason, Webhook, WebhookEvent

__all__ = [
    "ApiKey",
    "Ask",
    "AskState",
    "Attempt",
    "AuditEntry",
    "Budget",
    "Circuit",
    "Counter",
    "Delivery",
    "DeliveryState",
    "DeliveryTicket",
    "Founding",
    "Health",
    "Hold",
    "HoldState",
    "Invitation",
    "LimitAlert",
    "Look",
    "Mail",
    "Membership",
    "OffReason",
    "Organization",
    "PastLoan",
    "Period",
    "ProviderConnection",
    "ProviderKind",
    "Quota",
    "Role",
    "Scope",
    "SeenAlert",
    "Subject",
    "Threshold",
    "Unit",
    "User",
    "Webhook",
    "WebhookEvent",
]
