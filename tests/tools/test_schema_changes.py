"""Made-up migrations, and what the checker says of them."""

from typing import Any

import pytest
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.functions import RandomUUID
from django.contrib.postgres.operations import AddConstraintNotValid, AddIndexConcurrently, ValidateConstraint
from django.db import migrations, models
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.models.functions import Now

from saas.database.tenancy import Wall
from tools import schema_changes
from tools.schema_changes import faults

ID = ("id", models.BigAutoField(primary_key=True))
AT_LEAST_0 = models.CheckConstraint(condition=models.Q(size__gte=0), name="at_least_0")


def before() -> ProjectState:
    """Two tables as they are: `run` is big, `card` is not."""
    state = ProjectState()
    for name in ("Run", "Card"):
        fields: list[tuple[str, Any]] = [
            ID,
            ("size", models.IntegerField()),
            ("note", models.TextField(null=True)),
            ("title", models.CharField(max_length=80, db_default="")),
            ("parent", models.ForeignKey("studio.Card", models.CASCADE, null=True)),
        ]
        migrations.CreateModel(name, fields).state_forwards("studio", state)
    return state


def said(*given: Operation, was_read: bool = False, atomic: bool = True) -> list[tuple[str, str]]:
    class Made(migrations.Migration):
        operations = list(given)

    Made.atomic = atomic
    found = faults(Made("0099_made_up", "studio"), before(), was_read=was_read)
    return [(fault.operation, fault.why) for fault in found]


def only(*given: Operation, **options: bool) -> str:
    """The one reason that is given."""
    found = said(*given, **options)
    assert len(found) == 1, found
    return found[0][1]


def add(field: Any, model: str = "card") -> Operation:
    return migrations.AddField(model, "extra", field)


def alter(name: str, field: Any, model: str = "card") -> Operation:
    return migrations.AlterField(model, name, field)


def move(apps: Any, schema_editor: Any) -> None: ...


@pytest.mark.parametrize(
    "operation",
    [
        migrations.CreateModel("New", [ID, ("size", models.IntegerField())]),
        add(models.IntegerField(null=True)),
        add(models.IntegerField(db_default=0)),
        add(models.DateTimeField(db_default=Now()), "run"),
        add(ArrayField(models.IntegerField(), db_default=[])),
        add(models.IntegerField(null=True, db_index=True)),
        add(models.ForeignKey("studio.Card", models.CASCADE, null=True)),
        add(models.ManyToManyField("studio.Card")),
        add(models.UUIDField(db_default=RandomUUID())),
        alter("title", models.CharField(max_length=81, db_default="")),
        alter("title", models.TextField(db_default="")),
        alter("size", models.IntegerField(null=True)),
        alter("size", models.IntegerField(default=3, help_text="Choices and defaults are no column's business.")),
        migrations.AddIndex("card", models.Index(fields=["size"], name="by_size")),
        AddIndexConcurrently("run", models.Index(fields=["size"], name="by_size")),
        migrations.RemoveIndex("run", "by_size"),
        AddConstraintNotValid("run", AT_LEAST_0),
        ValidateConstraint("run", "at_least_0"),
        Wall("studio_card"),
    ],
    ids=lambda operation: operation.describe()[:60],
)
def test_it_lets_pass(operation: Operation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operation, "state_forwards", lambda *_: None)  # most of it needs a whole world
    assert said(operation) == []


@pytest.mark.parametrize(
    ("operation", "why"),
    [
        (add(models.IntegerField(default=0)), schema_changes.LEFT_OUT),
        (add(models.BooleanField()), schema_changes.LEFT_OUT),
        (add(models.IntegerField(null=True, unique=True)), schema_changes.LOCKS),
        (add(models.IntegerField(null=True, db_index=True), "run"), schema_changes.LOCKS),
        (add(models.ForeignKey("studio.Card", models.CASCADE, null=True), "run"), schema_changes.LOCKS),
        (add(models.UUIDField(db_default=RandomUUID()), "run"), schema_changes.REWRITES),
        (migrations.RemoveField("card", "size"), schema_changes.REMOVES),
        (migrations.DeleteModel("card"), schema_changes.REMOVES),
        (migrations.RenameField("card", "size", "area"), schema_changes.RENAMES),
        (migrations.RenameModel("card", "sheet"), schema_changes.RENAMES),
        (migrations.AlterModelTable("card", "cards"), schema_changes.RENAMES),
        (alter("note", models.TextField(db_default="")), "still writes null"),
        (alter("title", models.CharField(max_length=79, db_default="")), "the type of the column changes"),
        (alter("title", models.CharField(max_length=80)), schema_changes.LEFT_OUT),
        (alter("size", models.BigIntegerField()), "the type of the column changes"),
        (alter("size", models.TextField()), "the type of the column changes"),
        (alter("note", models.CharField(max_length=80, null=True)), "the type of the column changes"),
        (alter("size", models.IntegerField(unique=True)), schema_changes.LOCKS),
        (alter("size", models.IntegerField(db_index=True), "run"), schema_changes.LOCKS),
        (alter("parent", models.ForeignKey("studio.Run", models.CASCADE, null=True)), "the type of the column changes"),
        (migrations.AddIndex("run", models.Index(fields=["size"], name="by_size")), schema_changes.LOCKS),
        (migrations.AddConstraint("card", AT_LEAST_0), schema_changes.CONSTRAINS),
        (migrations.AlterUniqueTogether("card", {("size", "note")}), schema_changes.LOCKS),
        (migrations.RunSQL("UPDATE studio_card SET size = 0"), schema_changes.UNREAD),
        (migrations.RunPython(move), schema_changes.UNREAD),
    ],
    ids=lambda value: value.describe()[:60] if isinstance(value, Operation) else "",
)
def test_it_refuses(operation: Operation, why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operation, "state_forwards", lambda *_: None)
    assert why in only(operation)


def test_an_operation_that_it_does_not_know_is_refused() -> None:
    class Strange(Operation):
        def state_forwards(self, app_label: str, state: ProjectState) -> None: ...

    assert only(Strange()) == schema_changes.UNKNOWN


def test_code_that_a_person_has_read_passes() -> None:
    assert said(migrations.RunSQL("SELECT 1"), migrations.RunPython(move), was_read=True) == []


def test_data_that_moves_behind_a_changed_tables_lock_is_refused_even_when_it_was_read() -> None:
    operations = [add(models.IntegerField(null=True)), migrations.RunPython(move)]
    assert only(*operations, was_read=True) == schema_changes.SPLIT
    assert said(*operations, was_read=True, atomic=False) == []


def test_a_table_that_the_migration_makes_itself_is_free() -> None:
    new = migrations.CreateModel("New", [ID, ("size", models.IntegerField())])
    index = migrations.AddIndex("new", models.Index(fields=["size"], name="by_size"))
    assert said(new, migrations.AddField("new", "more", models.IntegerField(default=0)), index) == []


def test_a_column_that_the_models_forget_must_be_able_to_be_left_out() -> None:
    def forget(name: str) -> Operation:
        return migrations.SeparateDatabaseAndState(state_operations=[migrations.RemoveField("card", name)])

    assert said(forget("note")) == []
    assert said(forget("title")) == []
    assert "give it one first" in only(forget("size"))


def test_what_the_database_is_told_counts_also_where_the_models_are_told_apart() -> None:
    apart = migrations.SeparateDatabaseAndState(database_operations=[migrations.DeleteModel("card")])
    assert only(apart) == schema_changes.REMOVES


def test_it_names_the_operation() -> None:
    assert said(add(models.IntegerField(default=0)))[0][0] == "AddField card.extra"
    assert said(migrations.RunPython(move))[0][0] == "RunPython move"
    index = models.Index(fields=["size"], name="by_size")
    assert said(migrations.AddIndex("run", index))[0][0] == "AddIndex run.by_size"
