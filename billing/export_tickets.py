"""Keep tickets of exports that are not made yet, for workers of all organizations. A ticket says when its export comes
due again, in case the message that called for it is lost or its worker dies."""

from uuid import UUID

from django.db import connection

from billing.models import Export, ExportTicket
from saas.database.release import released
from saas.queue import due

BEGIN = """
UPDATE billing_exportticket
SET due_at = clock_timestamp() + make_interval(secs => %s), tries = tries + 1 WHERE export_code = %s
RETURNING tries
"""
PUT_OFF = """
UPDATE billing_exportticket SET due_at = clock_timestamp() + make_interval(secs => %s) WHERE export_code = %s
"""


def draw(export: Export, *, due_in_seconds: float) -> None:
    """Note that the export is to be made. Call in the transaction that asks for it."""
    ExportTicket.objects.get_or_create(export_code=export.code, defaults={"org_id": export.org_id})
    put_off(export.code, due_in_seconds)


def put_off(code: UUID | str, seconds: float) -> None:
    with connection.cursor() as cursor:
        cursor.execute(PUT_OFF, [seconds, code])


def begin(code: UUID | str, *, seconds: float) -> int:
    """Note that a worker begins to make the export. Return how often a worker has begun; 0 if the export is made or
    given up."""
    with released(), connection.cursor() as cursor:
        cursor.execute(BEGIN, [seconds, code])
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def forget(code: UUID | str) -> None:
    ExportTicket.objects.filter(export_code=code).delete()


def claim(*, seconds: float) -> ExportTicket | None:
    """Claim the export that has been due longest. The lease is so many seconds; after it, the export comes due
    again."""
    return due.claim(ExportTicket, seconds=seconds)


def count_due() -> int:
    return due.count(ExportTicket)
