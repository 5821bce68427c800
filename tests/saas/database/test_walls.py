"""The second wall over every tenant table that the model registry knows, in raw SQL. A new tenant model without a Wall
in its migration, or without a row in `furnish`, fails here."""

import json

import pytest
from django.apps import apps
from django.db import ProgrammingError, connection, models
from django.db.utils import IntegrityError
from django.test.utils import isolate_apps

from accounts.models import AuditEntry, Organization
from billing.models import ClosedMonth, Entry, Snapshot
from saas.database import tenancy
from saas.database.tenancy import TenantModel
from tests.saas.conftest import House
from tests.support import raw_walls
from tests.support.raw_walls import NOBODY

TABLES = raw_walls.tenant_tables()
ONLY_GROWS = {model._meta.db_table for model in (AuditEntry, ClosedMonth, Entry, Snapshot)}


def test_the_registry_knows_the_tenant_tables() -> None:
    assert set(TABLES) >= {
        "accounts_organization",
        "accounts_membership",
        "accounts_invitation",
        "accounts_apikey",
        "accounts_providerconnection",
        "accounts_auditentry",
    }


def test_every_tenant_table_has_its_wall_and_the_owner_of_the_table_is_not_spared(db: None) -> None:
    assert raw_walls.without_wall(TABLES) == []


def test_what_hangs_on_a_tenants_row_is_a_tenants_row_too() -> None:
    tenants = set(raw_walls.tenant_models())
    hanging = {
        model._meta.label
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.get_fields()
        if isinstance(field, models.ForeignKey) and field.related_model in tenants and model not in tenants
    }
    assert hanging == set()


@pytest.mark.parametrize(
    "statements",
    [
        [],
        ["ALTER TABLE fresh ENABLE ROW LEVEL SECURITY"],
        ["ALTER TABLE fresh ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY"],
        [*tenancy.Wall("fresh")._statements(), "ALTER TABLE fresh NO FORCE ROW LEVEL SECURITY"],
        [*tenancy.Wall("fresh")._statements(), "CREATE POLICY door ON fresh USING (true)"],
        tenancy.Wall("fresh", writes="true")._statements(),
    ],
)
def test_a_table_without_a_whole_wall_is_found(db: None, statements: list[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE fresh (id bigint PRIMARY KEY, org_id bigint)")
        for statement in statements:
            cursor.execute(statement)
    assert raw_walls.without_wall(["fresh"]) == ["fresh"]


def test_a_table_with_a_wall_passes(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE fresh (id bigint PRIMARY KEY, org_id bigint)")
        for statement in tenancy.Wall("fresh", reads="true")._statements():
            cursor.execute(statement)
    assert raw_walls.without_wall(["fresh"]) == []


def test_a_new_tenant_model_is_found_by_its_base_class() -> None:
    with isolate_apps("accounts") as registry:
        assert registry is not None

        class Fresh(TenantModel):
            class Meta:
                app_label = "accounts"

        assert raw_walls.tenant_models(registry) == [Organization, Fresh]


def test_a_wall_can_be_taken_down_by_migrating_back(db: None) -> None:
    wall = tenancy.Wall("fresh", reads="true")
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE fresh (id bigint PRIMARY KEY, org_id bigint)")
        for statement in [*wall._statements(), *wall._reverse()]:
            cursor.execute(statement)
        cursor.execute("SELECT relrowsecurity OR relforcerowsecurity FROM pg_class WHERE relname = 'fresh'")
        assert cursor.fetchone() == (False,)
        cursor.execute("SELECT count(*) FROM pg_policies WHERE tablename = 'fresh'")
        assert cursor.fetchone() == (0,)


@raw_walls.over_every_table
def test_nothing_set_means_nothing_seen_and_nothing_changed(table: str, ours: House, theirs: House) -> None:
    assert raw_walls.ids_seen(table, ours.settings), f"furnish() makes no row of {table}"
    assert raw_walls.ids_seen(table, NOBODY) == set()
    assert raw_walls.updated(table, NOBODY) == 0
    assert raw_walls.deleted(table, NOBODY) == 0


@raw_walls.over_every_table
def test_an_organization_sees_its_own_rows_alone(table: str, ours: House, theirs: House) -> None:
    column = raw_walls.owner_column(table)
    with raw_walls.asking(ours.settings) as cursor:
        cursor.execute(f"SELECT DISTINCT {column} FROM {table}")  # noqa: S608
        assert cursor.fetchall() == [(ours.org.pk,)]
        cursor.execute(f"SELECT count(*) FROM {table} WHERE {column} = %s", [theirs.org.pk])  # noqa: S608
        assert cursor.fetchone() == (0,)
    assert raw_walls.ids_seen(table, ours.settings).isdisjoint(raw_walls.ids_seen(table, theirs.settings))


@raw_walls.over_every_table
def test_changes_reach_an_organizations_own_rows_alone(table: str, ours: House, theirs: House) -> None:
    own = len(raw_walls.ids_seen(table, ours.settings))
    for act in (raw_walls.updated, raw_walls.deleted):
        if table in ONLY_GROWS:
            with pytest.raises(ProgrammingError, match="only grows"):
                act(table, ours.settings)
        else:
            assert act(table, ours.settings) == own


@raw_walls.over_every_table
def test_a_row_is_inserted_by_its_own_organization_alone(table: str, ours: House, theirs: House) -> None:
    row = raw_walls.a_row(table, ours.settings)
    for settings in (NOBODY, theirs.settings):
        with pytest.raises(ProgrammingError, match="row-level security"):
            raw_walls.insert(table, row, settings)
    with pytest.raises(IntegrityError, match="duplicate key"):  # past the wall, and there it is already
        raw_walls.insert(table, row, ours.settings)


@raw_walls.over_every_table
def test_a_row_cannot_be_handed_to_another_organization(table: str, ours: House, theirs: House) -> None:
    column = raw_walls.owner_column(table)
    with (
        pytest.raises(ProgrammingError, match=r"row-level security|only grows"),
        raw_walls.asking(ours.settings) as cursor,
    ):
        cursor.execute(f"UPDATE {table} SET {column} = %s", [theirs.org.pk])  # noqa: S608


@raw_walls.over_every_table
def test_an_upsert_does_not_reach_another_organizations_row(table: str, ours: House, theirs: House) -> None:
    """ON CONFLICT asks the unique index, and that knows every tenant's rows."""
    before = raw_walls.a_row(table, theirs.settings)
    own = {"org_id": ours.org.pk} if raw_walls.owner_column(table) == "org_id" else {}
    row = json.dumps({**json.loads(before), **own})
    with pytest.raises(ProgrammingError, match="row-level security"), raw_walls.asking(ours.settings) as cursor:
        cursor.execute(
            f"INSERT INTO {table} SELECT * FROM json_populate_record(NULL::{table}, %s)"  # noqa: S608
            " ON CONFLICT (id) DO UPDATE SET id = excluded.id",
            [row],
        )
    assert raw_walls.a_row(table, theirs.settings) == before


def test_the_database_role_of_the_tests_cannot_bypass_the_wall(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == (False, False)
    tenancy.refuse_bypassing_role()


@pytest.mark.parametrize("flag", ["rolsuper", "rolbypassrls"])
def test_a_role_that_could_bypass_the_wall_is_refused(db: None, flag: str) -> None:
    """No such role is at hand, so the very same query reads a catalogue that lies about ours."""
    flags = ", ".join(f"{name} OR {name == flag} AS {name}" for name in ("rolsuper", "rolbypassrls"))
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY VIEW pg_roles AS SELECT rolname, {flags} FROM pg_catalog.pg_roles")  # noqa: S608
        cursor.execute("SET LOCAL search_path = pg_temp, pg_catalog, public")
    with pytest.raises(tenancy.BypassesRowSecurity, match="NOSUPERUSER NOBYPASSRLS"):
        tenancy.refuse_bypassing_role()
