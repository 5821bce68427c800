"""Replace the labels (name and address) that rows keep beside a person's key. The rows are found by that key, so the
name and address of the time do not matter."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Model

from accounts.models import AuditEntry, Hold
from billing.models import ClosedMonth, DayUse, DimensionUse, Entry
from saas.database import tenancy
from studio.privacy.identity import Person

AT_ONCE = 500

Wall = Callable[[], AbstractContextManager[None]]

RELABEL_HOLDS = """
UPDATE accounts_hold SET terms = jsonb_set(terms, '{purpose,user_label}', to_jsonb(%(label)s::text))
WHERE id = ANY(%(ids)s)
"""


def in_organization(person: Person, org_id: int, *, really: bool) -> int:
    """Relabel the person's rows in one organization, holds included. Return how many had another label."""
    assert person.user is not None  # noqa: S101 the caller has asked
    mine: dict[type[Model], dict[str, Any]] = {
        AuditEntry: {"actor": person.user.pk},
        Entry: {"user": person.user.pk},
        ClosedMonth: {"by": person.user.pk},
        DayUse: {"user_id": person.user.pk},
        DimensionUse: {"dimension": "member", "key": str(person.user.pk)},
    }
    wall = partial(tenancy.tenant, org_id)
    return sum(
        _relabel(model, {**whose, "org": org_id}, _values(model, person.new_label), wall, really=really)
        for model, whose in mine.items()
    ) + _relabel_holds(person, org_id, really=really)


def of_keys(codes: list[UUID], org_id: int, label: str) -> None:
    """Replace the names of API keys beside what the keys were used for."""
    wall, named = partial(tenancy.tenant, org_id), {"org": org_id, "key_code__in": codes}
    for model in (Entry, DayUse):
        _relabel(model, named, {"key_label": label}, wall, really=True)
    summed = {"org": org_id, "dimension": "key", "key__in": [str(code) for code in codes]}
    _relabel(DimensionUse, summed, {"label": label}, wall, really=True)


def in_operators_log(person: Person, *, really: bool) -> int:
    if person.user is None:
        return 0
    values = _values(AuditEntry, person.new_label)
    whose: dict[str, Any] = {"org": None, "actor": person.user.pk}
    return _relabel(AuditEntry, whose, values, tenancy.operator, really=really)


def _values(model: type[Model], label: str) -> dict[str, Any]:
    if model is AuditEntry:
        return {"actor_label": label, "address": None, "agent": ""}
    columns: dict[type[Model], str] = {ClosedMonth: "by_label", DimensionUse: "label"}
    return {columns.get(model, "user_label"): label}


def _relabel(model: type[Model], whose: dict[str, Any], values: dict[str, Any], wall: Wall, *, really: bool) -> int:
    """Set the values in rows that have others, AT_ONCE in each transaction. Return how many; unless `really`, only
    count."""
    found = 0
    while True:
        with wall(), tenancy.erasing():
            stale = model._default_manager.filter(**whose).exclude(**values)
            if not really:
                return stale.count()
            ids = list(stale.order_by("pk").values_list("pk", flat=True)[:AT_ONCE])
            found += model._default_manager.filter(pk__in=ids).update(**values)
        if len(ids) < AT_ONCE:
            return found


def _relabel_holds(person: Person, org_id: int, *, really: bool) -> int:
    """Relabel holds, whose label is copied into the ledger when they are settled. Return how many."""
    found = 0
    while True:
        with tenancy.tenant(org_id):
            mine = Hold.objects.filter(org=org_id, user=person.user, terms__purpose__has_key="user_label")
            stale = mine.exclude(terms__purpose__user_label=person.new_label).order_by("pk")
            if not really:
                return stale.count()
            ids = list(stale.values_list("pk", flat=True)[:AT_ONCE])
            with connection.cursor() as cursor:
                cursor.execute(RELABEL_HOLDS, {"label": person.new_label, "ids": ids})
        found += len(ids)
        if len(ids) < AT_ONCE:
            return found
