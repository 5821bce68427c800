"""The second wall: row-level security.

Who asks is told to PostgreSQL by transaction-local settings, and the policies of each tenant table compare them
with the row. Nothing set means nothing seen. The settings:

    app.org        the organization whose rows may be read and written
    app.user       the person who asks: sees their own memberships, before an organization is chosen
    app.presented  the hash of a secret that somebody shows (an API key, an invitation): opens its row
    app.operator   "on" for the operator, on organizations and people; opens no key, no picture

They end with the transaction; where a wall opens inside a transaction that goes on (a test, a nested wall), the
settings that held before are put back.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from django.db import connection, models, transaction
from django.db.migrations.operations import RunSQL

Setting = Literal["app.org", "app.user", "app.presented", "app.operator"]
Settings = dict[Setting, str]
EVERY_SETTING: tuple[Setting, ...] = ("app.org", "app.user", "app.presented", "app.operator")
APPLY = "SELECT " + ", ".join(f"set_config('{name}', %s, true)" for name in EVERY_SETTING)

BELONGS_TO_ORG = "org_id = (SELECT nullif(current_setting('app.org', true), '')::bigint)"
IS_OPERATOR = "(SELECT current_setting('app.operator', true)) = 'on'"
IS_PERSON = "(SELECT nullif(current_setting('app.user', true), '')::bigint)"
IS_PRESENTED = "(SELECT nullif(current_setting('app.presented', true), ''))"


class BypassesRowSecurity(Exception):
    """The database role could walk through the wall, so Darkroom does not start with it."""


class TenantModel(models.Model):
    """Every row belongs to one organization. The registry finds tenant tables by this base class; each model names
    its own way back from the organization."""

    org = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="+")

    class Meta:
        abstract = True


@contextmanager
def tenant(org_id: int) -> Iterator[None]:
    """Inside, the rows of this organization exist and no others do."""
    with _walls({"app.org": str(org_id)}):
        yield


@contextmanager
def person(user_id: int) -> Iterator[None]:
    """Inside, a person's own memberships and their organizations can be read."""
    with _walls({"app.user": str(user_id)}):
        yield


@contextmanager
def presented(secret_hash: str) -> Iterator[None]:
    """Inside, the row that keeps the hash of this secret can be read."""
    with _walls({"app.presented": secret_hash}):
        yield


@contextmanager
def operator() -> Iterator[None]:
    """Inside, organizations, memberships and the operator's own audit rows can be read, across tenants."""
    with _walls({"app.operator": "on"}):
        yield


@contextmanager
def anybody() -> Iterator[None]:
    """Inside, no tenant's rows exist until one is entered: for a worker that learns from the line whose turn it is."""
    with _walls({}):
        yield


def enter(org_id: int) -> None:
    """Turn the wall that is open already (the person's) into that of one organization, until it ends."""
    if not connection.in_atomic_block:  # PostgreSQL would forget it at once and we would not
        raise transaction.TransactionManagementError("There is no open wall to enter an organization from.")
    _apply({"app.org": str(org_id)})


def current() -> Settings:
    """The settings that hold on this connection, as we set them. Nothing is asked of the database."""
    held: Settings = getattr(connection, "darkroom_walls", {})
    return held


def refuse_bypassing_role() -> None:
    """Superusers and BYPASSRLS roles walk through even a forced policy."""
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
    with transaction.atomic():
        if settings or not is_outermost:
            _apply(settings)  # starts from nothing: what an outer wall opened is not carried in
        try:
            yield
        except BaseException:
            _remember(before)  # the rollback puts the database's own settings back
            raise
        if is_outermost:
            _remember({})  # the commit forgets them
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
    """Migration operation: a tenant table's policies. `reads` lets more rows be seen, and only seen."""

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
