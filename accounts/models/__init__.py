from accounts.models.api_keys import ApiKey, Scope
from accounts.models.audit import AuditEntry
from accounts.models.circuits import Circuit
from accounts.models.connections import Health, ProviderConnection, ProviderKind
from accounts.models.invitations import Invitation
from accounts.models.organizations import Membership, Organization, Role
from accounts.models.people import Look, User

__all__ = [
    "ApiKey",
    "AuditEntry",
    "Circuit",
    "Health",
    "Invitation",
    "Look",
    "Membership",
    "Organization",
    "ProviderConnection",
    "ProviderKind",
    "Role",
    "Scope",
    "User",
]
