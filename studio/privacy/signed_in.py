"""End a person's sessions, and those that contain one of the person's addresses, for example during sign-up."""

import json
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session

from studio.privacy.identity import Person

AT_ONCE = 500


def end(person: Person, *, really: bool) -> int:
    """Delete the sessions through the session store, which also closes their sockets. Return how many there are."""
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    keys = list(_of(person))
    for key in keys if really else []:
        store.delete(key)
    return len(keys)


def _of(person: Person) -> Iterator[str]:
    last = ""
    while rows := list(Session.objects.filter(pk__gt=last).order_by("pk")[:AT_ONCE]):
        yield from (row.pk for row in rows if _is_of(person, row.get_decoded()))
        last = rows[-1].pk


def _is_of(person: Person, data: dict[str, Any]) -> bool:
    if person.user is not None and data.get(SESSION_KEY) == str(person.user.pk):
        return True
    said = json.dumps(data, default=str, ensure_ascii=False).lower()
    return any(address in said for address in person.addresses)
