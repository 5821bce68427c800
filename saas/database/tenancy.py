"""Separate tenants by row-level security, the second wall.

Transaction-local settings tell PostgreSQL for whom a query runs, and the policies of each tenant table compare the
settings with the row. Without settings no row is visible. The settings:

    app.org        the organization whose rows may be read and written
    app.user       the person who is signed in: may read their own memberships, before an organization is chosen
    app.presented  the hash of a secret in the request (an API key, an invitation): opens the row with that hash
    app.operator   "on" for the operator: opens organizations and people, but no key and no picture

The settings end with the transaction. When a wall opens inside an outer transaction (a test, a nested wall), the
settings from before are restored at its end.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from django.db import connection, models, transaction
from django.db.migrations.operations import RunSQL

from saas.fairness import visitors

Setting = Literal["app.org", "app.user", "app.presented", "app.operator"]
Settings = dict[Setting, str]
EVERY_SETTING: tuple[Setting, ...] = ("app.org", "app.user", "app.presented", "app.operator")
APPLY = "SELECT " + ", ".join(f"set_config('{name}', %s, true)" for name in EVERY_SETTING)

BELONGS_TO_ORG = "org_id = (SELECT nullif(current_setting('app.org', true), '')::bigint)"
IS_OPERATOR = "(SELECT current_setting('app.operator', true)) = 'on'"
IS_PERSON = "(SELECT nullif(current_setting('app.user', true), '')::bigint)"
IS_PRESENTED = "(SELECT nullif(current_setting('app.presented', true), ''))"


class BypassesRowSecurity(Exception):
    """The database role bypasses row-level security, so Darkroom does not start with it."""


class TenantModel(models.Model):
    """The base of tenant tables: every row belongs to one organization. The registry finds tenant tables by this class;
    each model names its own relation from the organization."""

    org = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="+")

    class Meta:
        abstract = True


@contextmanager
def tenant(org_id: int) -> Iterator[None]:
    """Let the block read and write the rows of this organization, and no others."""
    with _walls({"app.org": str(org_id)}):
        visitors.learn(org_id)
        yield


@contextmanager
def person(user_id: int) -> Iterator[None]:
    """Let the block read a person's own memberships and their organizations."""
    with _walls({"app.user": str(user_id)}):
        yield


@contextmanager
def presented(secret_hash: str) -> Iterator[None]:
    """Let the block read the row that stores this hash."""
    with _walls({"app.presented": secret_hash}):
        yield


@contextmanager
def operator() -> Iterator[None]:
    """Let the block read organizations, memberships and the operator's own audit rows, across tenants."""
    with _walls({"app.operator": "on"}):
        yield


def current() -> Settings:
    """Return the settings of this connection as they were last set, without a query."""
    held: Settings = getattr(connection, "darkroom_walls", {})
    return held


@contextmanager
def erasing() -> Iterator[None]:
    """Let the block remove names from append-only tables, and delete their rows if their organization is deleted: see
    accounts/migrations/sql/only_grows.sql. It must be opened inside a wall, and ends with the wall at the latest."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("There is no open wall to erase behind.")
    with transaction.atomic():
        _set_erasing("on")
        yield
        _set_erasing("")


def _set_erasing(word: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.erasing', %s, true)", [word])


def refuse_bypassing_role() -> None:
    """Raise BypassesRowSecurity for superusers and BYPASSRLS roles, which ignore even a forced policy."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolname, rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        role, may_bypass = cursor.fetchone()
    if may_bypass:
        raise BypassesRowSecurity(
            f"The database role {role} bypasses row-level security. Give Darkroom a plain role: "
            "CREATE ROLE darkroom LOGIN NOSUPERUSER NOBYPASSRLS."
        )


@contextmanager
def _walls(settings: Settings) -> Iterator[None]:
    is_outermost = not connection.in_atomic_block
    before: Settings = {} if is_outermost else current()
    org_id = int(settings["app.org"]) if "app.org" in settings else None
    with visitors.acting_for(org_id), transaction.atomic():
        if settings or not is_outermost:
            _apply(settings)  # replaces all settings: nothing that an outer wall opened stays open
        try:
            yield
        except BaseException:
            _remember(before)  # the rollback restores the settings in PostgreSQL
            raise
        if is_outermost:
            _remember({})  # the commit ends the settings in PostgreSQL
        else:
            _apply(before)


def _apply(settings: Settings) -> None:
    values = [settings.get(name, "") for name in EVERY_SETTING]
    with connection.cursor() as cursor:
        cursor.execute(APPLY, values)
    _remember(settings)


def _remember(settings: Settings) -> None:
    connection.darkroom_walls = settings  # type: ignore[attr-defined]  # lives and dies with the connection


class Wall(RunSQL):
    """The migration operation that creates a tenant table's policies. `reads` makes more rows visible, read-only."""

    def __init__(self, table: str, *, reads: str = "", writes: str = BELONGS_TO_ORG) -> None:
        self.table, self.reads, self.writes = table, reads, writes
        super().__init__(sql=list(self._statements()), reverse_sql=list(self._reverse()))

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        options = {"reads": self.reads, "writes": self.writes}
        return self.__class__.__name__, [self.table], options

    def _statements(self) -> Iterator[str]:
        yield f"ALTER TABLE {self.table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY"
        yield f"CREATE POLICY tenant ON {self.table} USING ({self.writes}) WITH CHECK ({self.writes})"
        if self.reads:
            yield f"CREATE POLICY reads ON {self.table} FOR SELECT USING ({self.reads})"

    def _reverse(self) -> Iterator[str]:
        for policy in ("reads", "tenant"):
            yield f"DROP POLICY IF EXISTS {policy} ON {self.table}"
        yield f"ALTER TABLE {self.table} NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY"
