"""Entries as a team's months leave them, written straight into the ledger."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

from accounts.models import Organization, User
from billing.models import Entry
from saas.database import tenancy


def entry(org: Organization, user: User, day: date, micros: int, **fields: Any) -> Entry:
    values: dict[str, Any] = {
        "kind": "charge",
        "images": 1,
        "run_code": uuid4(),
        "slot_code": uuid4(),
        "attempt": 1,
        "run_kind": "generate",
        "model": "gpt-image-2",
        "quality": "low",
        "size": "1024x1024",
        "user_label": user.display_name,
        "connection_code": UUID(int=1),
        "connection_label": "OpenAI",
        **fields,
    }
    with tenancy.tenant(org.pk):
        return Entry.objects.create(org=org, user_id=user.pk, counted_on=day, micros=micros, **values)
