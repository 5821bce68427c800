"""Call functions of the database that do a whole step of a picture's way, behind one organization's wall.

Where no transaction is open, the wall travels in front of the statement, and PostgreSQL runs both as one transaction: a
step costs one round trip, without any for BEGIN, the wall or COMMIT. When `call` returns, the step is committed."""

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Model

from saas.database import tenancy
from saas.fairness import visitors

M = TypeVar("M", bound=Model)

OPEN_WALL = "SELECT set_config('app.org', %(wall)s, true)"


def call(org_id: int, statement: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Run one statement behind the organization's wall and return its rows. Inside a transaction it belongs to that."""
    if connection.in_atomic_block:
        if tenancy.current() == {"app.org": str(org_id)}:
            return _run(statement, values)
        with tenancy.tenant(org_id):
            return _run(statement, values)
    visitors.learn(org_id)
    with visitors.acting_for(org_id), connection.cursor() as cursor:
        cursor.execute(f"{OPEN_WALL};\n{statement}", {**values, "wall": str(org_id)})
        cursor.nextset()
        return list(cursor.fetchall())


def take_turn(org_id: int) -> None:
    """Wait until this thread has a connection, so that a `call` that follows waits for nothing but its locks."""
    with visitors.acting_for(org_id):
        connection.ensure_connection()


def ask(org_id: int, statement: str, values: Mapping[str, Any]) -> Any:
    """Do as `call`, for a statement that returns one value of JSON. Return what it says, or None for NULL."""
    return _said(call(org_id, statement, values))


def ask_whose(statement: str, values: Mapping[str, Any]) -> Any:
    """Do as `ask`, where the function itself finds out which organization's wall to open."""
    with visitors.acting_for(None):
        return _said(_run(statement, values))


def _said(rows: list[tuple[Any, ...]]) -> Any:
    ((said,),) = rows
    return None if said is None else json.loads(said)  # Django leaves JSON to its fields


def row(model: type[M], said: Mapping[str, Any]) -> M:
    """Return a row that a function has returned as JSON."""
    fields = [(one.attname, one.to_python(said[str(one.column)])) for one in model._meta.concrete_fields]
    return model.from_db("default", [name for name, _ in fields], [value for _, value in fields])


def _run(statement: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())
