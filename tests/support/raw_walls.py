"""Raw SQL against the second wall, as the program's own database role and without help from saas.database.tenancy."""

import inspect
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

from django.apps import apps
from django.apps.registry import Apps
from django.db import connection, models, transaction

from accounts.models import Organization
from saas.database.tenancy import EVERY_SETTING, TenantModel

# Who asks without being of the organization. Each may see little and write nothing.
NOBODY: dict[str, str] = {}


def tenant_models(registry: Apps = apps) -> list[type[models.Model]]:
    found = [model for model in registry.get_models() if issubclass(model, TenantModel)]
    return [Organization, *found]


def tenant_tables() -> list[str]:
    return [model._meta.db_table for model in tenant_models()]


def owner_column(table: str) -> str:
    """Which column says whose row it is."""
    return "id" if table == Organization._meta.db_table else "org_id"


@contextmanager
def asking(settings: dict[str, str]) -> Iterator[Any]:
    """A cursor with just these settings; whatever was done is undone at the end."""
    with transaction.atomic(), connection.cursor() as cursor:
        for name in EVERY_SETTING:
            cursor.execute("SELECT set_config(%s, %s, true)", [name, settings.get(name, "")])
        yield cursor
        transaction.set_rollback(True)


def over_every_table(test: Callable[..., None]) -> Callable[..., None]:
    """One test for all tables instead of one for each: what they need is dear to furnish."""

    @wraps(test)
    def over_all(**fixtures: Any) -> None:
        for table in tenant_tables():
            try:
                test(table=table, **fixtures)
            except BaseException as failure:
                failure.add_note(f"The table is {table}.")
                raise

    asked = inspect.signature(test)
    wanted = [parameter for name, parameter in asked.parameters.items() if name != "table"]
    over_all.__signature__ = asked.replace(parameters=wanted)  # type: ignore[attr-defined]  # read by pytest
    return over_all


def ids_seen(table: str, settings: dict[str, str]) -> set[int]:
    with asking(settings) as cursor:
        cursor.execute(f"SELECT id FROM {table}")  # noqa: S608 a table's name from the registry
        return {row[0] for row in cursor.fetchall()}


def a_row(table: str, settings: dict[str, str]) -> str:
    with asking(settings) as cursor:
        cursor.execute(f"SELECT row_to_json(t)::text FROM {table} t LIMIT 1")  # noqa: S608
        return str(cursor.fetchone()[0])


def insert(table: str, row: str, settings: dict[str, str]) -> None:
    with asking(settings) as cursor:
        cursor.execute(f"INSERT INTO {table} SELECT * FROM json_populate_record(NULL::{table}, %s)", [row])  # noqa: S608


def updated(table: str, settings: dict[str, str]) -> int:
    column = owner_column(table)
    with asking(settings) as cursor:
        cursor.execute(f"UPDATE {table} SET {column} = {column}")  # noqa: S608
        return int(cursor.rowcount)


def deleted(table: str, settings: dict[str, str]) -> int:
    with asking(settings) as cursor:
        cursor.execute(f"DELETE FROM {table}")  # noqa: S608
        return int(cursor.rowcount)


def without_wall(tables: Iterable[str]) -> list[str]:
    """Tables on which row-level security is off, spares the owner, or has other policies than a Wall makes."""
    return [table for table in tables if not (_is_forced(table) and _has_policies_of_a_wall(table))]


def _is_forced(table: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relrowsecurity AND relforcerowsecurity FROM pg_class WHERE oid = %s::text::regclass", [table]
        )
        return bool(cursor.fetchone()[0])


def _has_policies_of_a_wall(table: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT policyname, cmd, qual, with_check FROM pg_policies WHERE tablename = %s", [table])
        policies = {name: rest for name, *rest in cursor.fetchall()}
    if "tenant" not in policies or not set(policies) <= {"tenant", "reads"}:
        return False
    command, sees, may_write = policies["tenant"]
    is_for_reading = "reads" not in policies or policies["reads"][0] == "SELECT"
    return command == "ALL" and sees == may_write and "app.org" in sees and is_for_reading
