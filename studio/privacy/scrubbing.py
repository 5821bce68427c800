"""Remove a person's addresses from all text columns of all tables, and the person's name from what the person wrote.
The columns come from the model registry, so new tables are searched, too."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from allauth.account.models import EmailAddress
from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.contrib.sessions.models import Session
from django.db import IntegrityError, transaction
from django.db.models import CharField, JSONField, Model, TextField

from accounts.models import AuditEntry, Organization, User
from saas.database import tenancy
from studio.gallery import reindex
from studio.models import Output, Run
from studio.privacy.identity import NAME, Person, forms_of
from studio.privacy.rules import OWN_WORDS, is_of_tenant

AT_ONCE = 200
BEFORE, AFTER = r"(?<![\w.+%-])", r"(?![\w-]|\.\w)"  # “jim@here.org” must not match inside “jimjim@here.org”
ELSEWHERE: tuple[type[Model], ...] = (Session, EmailAddress)  # have steps of their own

Wall = Callable[[], AbstractContextManager[None]]


@dataclass(frozen=True)
class Needles:
    """The texts to search for, in lower case unless `minds_case`, and the function that replaces them."""

    texts: frozenset[str]
    replace: Callable[[str], str]
    minds_case: bool = False


def addresses_of(person: Person) -> Needles:
    forms = {form for address in person.addresses for form in forms_of(address)}
    labels = sorted(person.labels, key=len, reverse=True)
    whole = re.compile("|".join(map(re.escape, labels)) or r"(?!)", re.IGNORECASE)
    alone = re.compile(BEFORE + "(?:" + "|".join(map(re.escape, sorted(forms))) + ")" + AFTER, re.IGNORECASE)

    def without(text: str) -> str:
        return alone.sub(person.new_email, whole.sub(person.new_label, text))

    return Needles(frozenset(forms | {label.lower() for label in labels}), without)


def names_of(person: Person) -> Needles:
    """Return the needles for the person's names. Case counts, because many names are also words."""
    names = sorted(person.names, key=len, reverse=True)
    whole = re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, names)) + r")(?!\w)")
    return Needles(frozenset(names), lambda text: whole.sub(NAME, text), minds_case=True)


def everywhere(person: Person, org_id: int, *, really: bool) -> int:
    """Scrub the tables of one organization. Return how many rows contained an address, or a name where names are
    removed."""
    needles = addresses_of(person)
    wall = partial(tenancy.tenant, org_id)
    found = sum(
        _scrub(model, _texts(model), needles, wall, really=really, where=_of(model, org_id))
        for model in apps.get_models(include_auto_created=True)
        if is_of_tenant(model)
    )
    return found + _own_words(person, org_id, really=really)


def beside_organizations(person: Person, *, really: bool) -> int:
    """Scrub the tables that belong to no organization, and the operator's log. Return how many rows contained an
    address."""
    needles = addresses_of(person)
    found = sum(
        _scrub(model, _texts(model), needles, transaction.atomic, really=really, where=_but_for(model, person))
        for model in apps.get_models(include_auto_created=True)
        if not is_of_tenant(model) and model not in ELSEWHERE
    )
    where: dict[str, Any] = {"org": None}
    return found + _scrub(AuditEntry, _texts(AuditEntry), needles, tenancy.operator, really=really, where=where)


def _own_words(person: Person, org_id: int, *, really: bool) -> int:
    if person.user is None or not person.names:
        return 0
    needles, wall, found = names_of(person), partial(tenancy.tenant, org_id), 0
    for (model, maker), columns in OWN_WORDS.items():
        fields = [field for field in _texts(model) if field.name in columns]
        where = {"org": org_id, maker: person.user.pk}
        found += _scrub(model, fields, needles, wall, really=really, where=where)
    return found + _scrub_log(person, org_id, really=really)


def _scrub_log(person: Person, org_id: int, *, really: bool) -> int:
    """Scrub the person's name from the organization's audit log, where entries of others name things that the person
    named. Names of one word are skipped there: they may mean something else."""
    full = names_of(replace(person, names=frozenset(name for name in person.names if " " in name.strip())))
    fields = [field for field in _texts(AuditEntry) if field.name in {"target", "details"}]
    wall = partial(tenancy.tenant, org_id)
    return _scrub(AuditEntry, fields, full, wall, really=really, where={"org": org_id})


def _scrub(model: Any, fields: list[Any], needles: Needles, wall: Wall, *, really: bool, where: dict[str, Any]) -> int:
    """Scrub the fields of a table, AT_ONCE rows in each transaction. Return how many rows changed or, unless `really`,
    would change."""
    if not fields or not needles.texts:
        return 0
    found, last = 0, None
    while True:
        with wall(), tenancy.erasing() if really else nullcontext():
            rows = _candidates(model, fields, needles, where, last, locked=really)
            found += sum(_change(row, fields, needles, really=really) for row in rows)
        if len(rows) < AT_ONCE:
            return found
        last = rows[-1].pk


def _candidates(
    model: Any, fields: list[Any], needles: Needles, where: dict[str, Any], last: Any, *, locked: bool
) -> list[Any]:
    """Return the next rows that contain one of the needles, also as part of a longer word."""
    table = model._meta.db_table
    text = "%s::text" if needles.minds_case else "lower(%s::text)"
    columns = [text % f'"{table}"."{field.column}"' for field in fields]
    said = " OR ".join(f"strpos({column}, %s) > 0" for column in columns for _ in needles.texts)
    values = [_as_stored(field, needle) for field in fields for needle in needles.texts]
    found = model._base_manager.filter(**{name: value for name, value in where.items() if name != "not"})
    found = found.exclude(pk=where["not"]) if where.get("not") else found
    found = found.filter(pk__gt=last) if last is not None else found
    found = found.extra(where=[f"({said})"], params=values).order_by("pk")  # noqa: S610 columns of our own models
    if locked:
        found = found.select_for_update(of=["self"], no_key=True)
    return list(found[:AT_ONCE])


def _as_stored(field: Any, needle: str) -> str:
    """Return the needle as JSON and array columns contain it, with quotes and backslashes escaped."""
    return needle.replace("\\", "\\\\").replace('"', '\\"') if isinstance(field, JSONField | ArrayField) else needle


def _change(row: Any, fields: list[Any], needles: Needles, *, really: bool) -> bool:
    changed = {}
    for field in fields:
        before = getattr(row, field.attname)
        after = _replaced(before, needles.replace)
        if after != before:
            changed[field.attname] = _fitted(field, after)
    if changed and really:
        _write(row, changed)
        _find_anew(row)
    return bool(changed)


def _replaced(value: Any, replace: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return replace(value)
    if isinstance(value, list):
        return [_replaced(each, replace) for each in value]
    if isinstance(value, dict):
        return {_replaced(name, replace): _replaced(each, replace) for name, each in value.items()}
    return value


def _fitted(field: Any, value: Any) -> Any:
    if isinstance(field, CharField) and isinstance(value, str) and field.max_length:
        return value[: field.max_length]
    return value


def _write(row: Any, changed: dict[str, Any]) -> None:
    """Save the row. If it would now equal another row in a unique column, append the row's key to its texts."""
    mine = type(row)._base_manager.filter(pk=row.pk)
    try:
        with transaction.atomic():
            mine.update(**changed)
    except IntegrityError:
        apart = {name: f"{value[:40]} {row.pk}" if isinstance(value, str) else value for name, value in changed.items()}
        mine.update(**apart)


def _find_anew(row: Any) -> None:
    """Rebuild the search entries of a changed run or output, which contain the old words."""
    if isinstance(row, Run):
        reindex.refresh(Output.objects.filter(run=row))
    if isinstance(row, Output):
        reindex.refresh(Output.objects.filter(pk=row.pk))


def _texts(model: Any) -> list[Any]:
    return [field for field in model._meta.concrete_fields if _holds_text(field)]


def _holds_text(field: Any) -> bool:
    if isinstance(field, ArrayField):
        return _holds_text(field.base_field)
    return isinstance(field, CharField | TextField | JSONField)


def _of(model: type[Model], org_id: int) -> dict[str, Any]:
    return {"pk": org_id} if model is Organization else {"org": org_id}


def _but_for(model: type[Model], person: Person) -> dict[str, Any]:
    """Exclude the person's own account, which is changed last: an interrupted erasure finds the person by it."""
    return {"not": person.user.pk} if model is User and person.user else {}
