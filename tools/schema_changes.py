"""Find changes of the schema that a process of the previous version does not survive: it runs on while `migrate` works
and until the last restart, so it reads, writes and waits for locks in the new schema. docs/upgrading.md says what to do
instead of what is refused here."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from django.contrib.postgres.operations import (
    AddConstraintNotValid,
    AddIndexConcurrently,
    CreateExtension,
    RemoveIndexConcurrently,
    ValidateConstraint,
)
from django.db import connection
from django.db.migrations import Migration, operations
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.models import NOT_PROVIDED, CharField, Field, ManyToManyField, Value
from django.db.models.functions import Now

from saas.database.tenancy import Wall

# Tables that grow with every picture, and those that every picture waits for.
BIG = {
    ("accounts", name) for name in ("auditentry", "counter", "delivery", "deliveryticket", "hold", "organization")
} | {
    ("billing", "entry"),
    *(
        ("studio", name)
        for name in (
            "composite", "input", "output", "partial", "run", "runevent", "runinput", "searchentry", "slot", "ticket",
        )
    ),
}  # fmt: skip

HARMLESS = (
    operations.AlterModelManagers,
    operations.AlterModelOptions,
    operations.AlterModelTableComment,
    operations.CreateModel,
    operations.RemoveConstraint,
    operations.RemoveIndex,
    operations.RenameIndex,
    AddConstraintNotValid,
    AddIndexConcurrently,
    CreateExtension,
    RemoveIndexConcurrently,
    ValidateConstraint,
    Wall,
)
REMOVES = (
    "a process of the previous version still reads and writes it: remove it from the models first, a release earlier"
)
RENAMES = "a process of the previous version knows only the old name: add, copy, and remove a release later"
LOCKS = "the index is built behind a lock that every write waits for: use AddIndexConcurrently"
CONSTRAINS = (
    "all rows are read behind a lock, and the previous version may write what it refuses: use AddConstraintNotValid"
)
LEFT_OUT = "a process of the previous version leaves the column out: give it a db_default, or null"
SPLIT = "the lock on the table lasts until the data is moved: move the data in a migration of its own"
REWRITES = "PostgreSQL rewrites the whole table behind a lock"
UNREAD = "the checker cannot read it: list the migration with what was looked at"
UNKNOWN = "the checker does not know this operation"

AnyField = Field[Any, Any]


class Fault(NamedTuple):
    operation: str
    why: str


def faults(migration: Migration, before: ProjectState, *, was_read: bool = False) -> list[Fault]:
    """Return what would break or stop a running process. `was_read`: a person has looked at its SQL and its Python."""
    return list(_faults(migration, before.clone(), was_read=was_read))


def _faults(migration: Migration, state: ProjectState, *, was_read: bool) -> Iterator[Fault]:
    app = migration.app_label
    made: set[tuple[str, str]] = set()
    has_changed = False
    for operation in _flat(migration.operations):
        model, name = _model(operation, app), _name(operation)
        is_code = isinstance(operation, operations.RunPython | operations.RunSQL) and not isinstance(operation, Wall)
        if is_code and not was_read:
            yield Fault(name, UNREAD)
        if isinstance(operation, operations.RunPython) and migration.atomic and has_changed:
            yield Fault(name, SPLIT)
        if not is_code and not isinstance(operation, HARMLESS):
            for why in _reasons(operation, state, model, is_new=model in made):
                yield Fault(name, why)
            has_changed = has_changed or model not in made
        if isinstance(operation, operations.CreateModel):
            made.add(model)
        operation.state_forwards(app, state)


def _flat(given: Sequence[Operation]) -> Iterator[Operation]:
    """Yield the operations that change the database and, as _Forgotten, those that change the models alone."""
    for operation in given:
        if isinstance(operation, operations.SeparateDatabaseAndState):
            yield from operation.database_operations
            yield from (_Forgotten(part) for part in operation.state_operations)
        else:
            yield operation


class _Forgotten(Operation):
    """A change of the models alone."""

    def __init__(self, part: Operation) -> None:
        self.part = part
        self.model_name, self.name = getattr(part, "model_name", ""), getattr(part, "name", "")

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        self.part.state_forwards(app_label, state)


def _reasons(operation: Operation, state: ProjectState, model: tuple[str, str], *, is_new: bool) -> Iterator[str]:
    if isinstance(operation, _Forgotten):
        if isinstance(operation.part, operations.RemoveField):
            field = state.models[model].fields[operation.name]
            if not field.null and not _has_db_default(field):
                yield "the new version leaves the column out, and it has neither db_default nor null: give it one first"
    elif is_new:
        return
    elif isinstance(operation, operations.AlterField):
        yield from _of_alteration(state.models[model].fields[operation.name], operation.field, model)
    elif reasons := _REASONS.get(type(operation)):
        yield from reasons(operation, model)
    else:
        yield UNKNOWN


def _of_addition(operation: Any, model: tuple[str, str]) -> Iterator[str]:
    field: AnyField = operation.field
    if isinstance(field, ManyToManyField):
        return
    if not field.null and not _has_db_default(field):
        yield LEFT_OUT
    if field.unique or (_is_indexed(field) and model in BIG):
        yield LOCKS
    if model in BIG and (getattr(field, "generated", False) or _is_computed_for_each_row(field)):
        yield REWRITES


def _of_alteration(old: AnyField, new: AnyField, model: tuple[str, str]) -> Iterator[str]:
    if old.null and not new.null:
        yield "a process of the previous version still writes null"
    if _has_db_default(old) and not _has_db_default(new) and not new.null:
        yield LEFT_OUT
    if (new.unique and not old.unique) or (_is_indexed(new) and not _is_indexed(old) and model in BIG):
        yield LOCKS
    if _column(old) != _column(new) and not _is_only_longer(old, new):
        yield f"the type of the column changes, and {REWRITES}"


def _of_index(operation: Any, model: tuple[str, str]) -> Iterator[str]:
    if model in BIG:
        yield LOCKS


_REASONS: dict[type[Operation], Callable[[Any, tuple[str, str]], Iterator[str]]] = {
    operations.AddField: _of_addition,
    operations.AddIndex: _of_index,
    operations.AddConstraint: lambda operation, model: iter([CONSTRAINS]),
    operations.AlterIndexTogether: lambda operation, model: iter([LOCKS]),
    operations.AlterModelTable: lambda operation, model: iter([RENAMES]),
    operations.AlterUniqueTogether: lambda operation, model: iter([LOCKS]),
    operations.DeleteModel: lambda operation, model: iter([REMOVES]),
    operations.RemoveField: lambda operation, model: iter([REMOVES]),
    operations.RenameField: lambda operation, model: iter([RENAMES]),
    operations.RenameModel: lambda operation, model: iter([RENAMES]),
}


def _is_indexed(field: AnyField) -> bool:
    return bool(getattr(field, "db_index", False))


def _has_db_default(field: AnyField) -> bool:
    return field.db_default is not NOT_PROVIDED


def _is_computed_for_each_row(field: AnyField) -> bool:
    default = field.db_default
    return hasattr(default, "resolve_expression") and not isinstance(default, Value | Now)


def _column(field: AnyField) -> tuple[str, str]:
    """Return what decides the column: the type, or where a foreign key points."""
    if field.remote_field:
        return type(field).__name__, str(field.deconstruct()[3].get("to"))
    return "", str(field.db_type(connection))


def _is_only_longer(old: AnyField, new: AnyField) -> bool:
    if not isinstance(old, CharField) or old.remote_field or new.remote_field:
        return False
    if isinstance(new, CharField):
        return new.max_length is None or (old.max_length is not None and new.max_length >= old.max_length)
    return new.get_internal_type() == "TextField"


def _model(operation: Operation, app: str) -> tuple[str, str]:
    names = (getattr(operation, name, "") for name in ("model_name", "old_name", "name"))
    return app, next((name.lower() for name in names if name), "")


def _name(operation: Operation) -> str:
    part = operation.part if isinstance(operation, _Forgotten) else operation
    places = [getattr(part, "model_name", ""), getattr(part, "name", "") or getattr(part, "old_name", "")]
    index = getattr(part, "index", None) or getattr(part, "constraint", None)
    code = getattr(part, "code", None)
    places += [index.name] if index is not None else []
    places += [code.__name__] if code is not None else []
    return f"{type(part).__name__} {'.'.join(place for place in places if place)}".strip()
