"""New migrations leave the processes of the version before alive. docs/upgrading.md has the rules and the ways."""

from collections.abc import Iterator

import pytest
from django.db import connection
from django.db.migrations import AddField, CreateModel, Migration
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState

from tools.schema_changes import faults

# The last migration of each app that a release has brought, or that a first release begins with.
SHIPPED = {"accounts": "0002_walls_and_functions", "billing": "0003_rows", "studio": "0003_rows"}

# SQL and Python that was read by a person, who says why a process of the version before lives through it.
WAS_READ: dict[str, str] = {}

# A fault that is taken on purpose: (migration, operation) → why.
ON_PURPOSE: dict[tuple[str, str], str] = {}


def new_migrations() -> Iterator[tuple[str, Migration, ProjectState]]:
    """Each with its name and the models before it."""
    loader = MigrationLoader(None)
    state = ProjectState(real_apps=loader.unmigrated_apps)
    for app, name in loader.graph._generate_plan(loader.graph.leaf_nodes(), at_end=True):
        migration = loader.graph.nodes[app, name]
        if app in SHIPPED and name > SHIPPED[app]:
            yield f"{app}.{name}", migration, state.clone()
        state = migration.mutate_state(state, preserve=False)


def new_faults() -> dict[tuple[str, str], str]:
    return {
        (name, fault.operation): fault.why
        for name, migration, before in new_migrations()
        for fault in faults(migration, before, was_read=name in WAS_READ)
    }


@pytest.fixture(scope="module")
def found() -> dict[tuple[str, str], str]:
    return new_faults()


def test_no_new_migration_breaks_or_stops_a_running_process(found: dict[tuple[str, str], str]) -> None:
    assert {place: why for place, why in found.items() if place not in ON_PURPOSE} == {}


def test_no_exception_outlives_its_reason(found: dict[tuple[str, str], str]) -> None:
    assert set(ON_PURPOSE) <= set(found)
    names = {".".join(node) for node in MigrationLoader(None, replace_migrations=False).graph.nodes}
    assert set(WAS_READ) <= names
    assert {f"{app}.{name}" for app, name in SHIPPED.items()} <= names


@pytest.mark.django_db
def test_the_version_before_can_leave_out_every_new_column() -> None:
    """In the database itself, whatever the models say."""
    added, made = set(), set()
    for _, migration, _ in new_migrations():
        app = migration.app_label
        for operation in migration.operations:
            if isinstance(operation, CreateModel):
                made.add(f"{app}_{operation.name_lower}")
            if isinstance(operation, AddField):
                added.add((f"{app}_{operation.model_name_lower}", operation.field.db_column or operation.name))
    with connection.cursor() as cursor:
        cursor.execute("""
            SELECT table_name, column_name FROM information_schema.columns
            WHERE table_schema = 'public' AND is_nullable = 'NO' AND column_default IS NULL AND is_identity = 'NO'""")
        needed = set(cursor.fetchall())
    assert {column for column in added & needed if column[0] not in made} == set()
