"""Sheets of the test world: made by a program, and driven as workers do it."""

import io
from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts.models import Organization
from saas.database import tenancy
from studio.engine import worker
from studio.models import Run, SheetRow, SheetTicket
from studio.sheets import drive
from tests.studio.api.keys import Program

LAMPS = [{"prompt": "A red lamp"}, {"prompt": "A blue lamp"}, {"prompt": "A green lamp"}]


def file_of(data: bytes | str, name: str = "table.csv") -> io.BytesIO:
    file = io.BytesIO(data.encode() if isinstance(data, str) else data)
    file.name = name
    return file


def make(api: Program, rows: Any = None, **more: Any) -> dict[str, Any]:
    answer = api.post("sheets", {"rows": rows if rows is not None else LAMPS, **more})
    assert answer.status_code == 201, answer.content
    found: dict[str, Any] = answer.json()
    return found


def send(api: Program, data: bytes | str, name: str = "table.csv", **more: Any) -> Any:
    return api.give("sheets", file=file_of(data, name), **more)


def drive_sheets() -> int:
    """Begin and end rows, as messages would have workers do it. Return how many runs ended meanwhile."""
    ended = 0
    while True:
        SheetTicket.objects.update(due_at=timezone.now())
        moved = 0
        while SheetTicket.objects.filter(due_at__lte=timezone.now()).exists() and drive.go_on():
            moved += 1
        made = 0
        while worker.develop_next():
            made += 1
        ended += made
        if not made:
            return ended


def drive_once() -> None:
    SheetTicket.objects.update(due_at=timezone.now())
    assert drive.go_on()


def rows_of(org: Organization, sheet: dict[str, Any]) -> list[SheetRow]:
    with tenancy.tenant(org.pk):
        found = SheetRow.objects.filter(sheet__code=UUID(sheet["id"])).select_related("run")
        return list(found.order_by("number", "variant"))


def states(org: Organization, sheet: dict[str, Any]) -> list[str]:
    return [row.state for row in rows_of(org, sheet)]


def count_runs(org: Organization) -> int:
    with tenancy.tenant(org.pk):
        return Run.objects.count()
