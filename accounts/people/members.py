"""Change roles, remove members and hand over ownership. Each function takes the organization's lock and reads the
actor's rights again behind it: of two admins who remove each other at the same moment, the second one is refused."""

from accounts import api_keys, audit
from accounts.errors import LastOwner, NotAllowed
from accounts.limits import rules
from accounts.models import Membership, Organization, Role, User
from saas import broadcast
from saas.database.transactions import after_commit

LOST_RIGHTS = "You no longer have the right to do this."


def change_role(*, member: Membership, by: Membership, role: Role) -> None:
    org, actor, target = _locked(member, by)
    if not may_change(actor, target, role):
        raise NotAllowed(f"Your role does not allow you to make {target.user.display_name} {role.label.lower()}.")
    if target.role == role:
        return
    if target.is_owner:
        _keep_an_owner(org, target)
    before = target.role
    target.role = role
    target.save(update_fields=["role"])
    rules.refresh(org)
    audit.record(
        org=org,
        by=actor.user,
        action="member.role_changed",
        target=_label(target),
        details={"before": before, "after": role.value},
    )
    _end_sockets(target)


def remove(*, member: Membership, by: Membership) -> None:
    org, actor, target = _locked(member, by)
    if not may_remove(actor, target):
        raise NotAllowed(f"Your role does not allow you to remove {target.user.display_name}.")
    _end(org, target, by=actor.user, action="member.removed")


def leave(*, member: Membership) -> None:
    org, actor, _ = _locked(member, member)
    _end(org, actor, by=actor.user, action="member.left")


def transfer(*, by: Membership, to: Membership) -> None:
    """Make the receiver owner and the giver admin, in this order: the organization always has an owner."""
    org, actor, target = _locked(to, by)
    if not actor.is_owner:
        raise NotAllowed("Only an owner can transfer ownership.")
    if target.pk == actor.pk:
        raise NotAllowed("You already own the organization.")
    target.role = Role.OWNER
    target.save(update_fields=["role"])
    actor.role = Role.ADMIN
    actor.save(update_fields=["role"])
    rules.refresh(org)
    audit.record(org=org, by=actor.user, action="organization.transferred", target=_label(target))
    _end_sockets(target)
    _end_sockets(actor)


def may_change(actor: Membership, target: Membership, role: Role) -> bool:
    """Return whether the actor may give this role to the target: admins may up to admin, owners to all. No actor gives
    a higher role than their own."""
    return actor.is_admin and max(target.rank, role.rank) <= actor.rank


def may_remove(actor: Membership, target: Membership) -> bool:
    return actor.is_admin and target.rank <= actor.rank


def _locked(member: Membership, by: Membership) -> tuple[Organization, Membership, Membership]:
    org = by.org.locked()
    people = {found.pk: found for found in org.memberships.filter(pk__in=[member.pk, by.pk]).select_related("user")}
    if by.pk not in people:
        raise NotAllowed(LOST_RIGHTS)
    if member.pk not in people:
        raise NotAllowed("This person is no longer a member.")
    return org, people[by.pk], people[member.pk]


def _keep_an_owner(org: Organization, leaver: Membership) -> None:
    if not org.memberships.filter(role=Role.OWNER).exclude(pk=leaver.pk).exists():
        raise LastOwner


def erase(*, member: Membership) -> None:
    """Remove a member while the operator erases the person. Raise LastOwner if the organization would have no owner."""
    org = member.org.locked()
    target = org.memberships.filter(pk=member.pk).select_related("user").first()
    if target is None:
        return
    if target.is_owner and org.deleted_at is None:
        _keep_an_owner(org, target)
    api_keys.revoke_all(org=org, maker=target.user, by=None)
    _end_sockets(target)
    audit.record(org=org, by=None, action="operator.person_erased", details={"role": target.role})
    target.delete()


def _end(org: Organization, target: Membership, *, by: User, action: str) -> None:
    if target.is_owner:
        _keep_an_owner(org, target)
    api_keys.revoke_all(org=org, maker=target.user, by=by)
    _end_sockets(target)
    audit.record(org=org, by=by, action=action, target=_label(target), details={"role": target.role})
    target.delete()


def _end_sockets(target: Membership) -> None:
    """End the person's sockets. A person who still has the right connects again, and the right is checked again."""
    after_commit(broadcast.announce, broadcast.person_group(target.org_id, target.user_id), {"type": "access.ended"})


def _label(member: Membership) -> str:
    return f"{member.user.display_name} <{member.user.email}>"
