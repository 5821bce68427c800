"""What somebody is about to ask, kept while they type."""

from dataclasses import replace

from django.utils import timezone

from accounts.models import Membership
from studio.models import Draft
from studio.prompting import Values


def keep(*, by: Membership, values: Values) -> None:
    """Of two tabs, the one that was typed in last is kept."""
    draft = Draft(org_id=by.org_id, maker_id=by.user_id, values=values.to_json(), saved_at=timezone.now())
    Draft.objects.bulk_create(
        [draft], update_conflicts=True, unique_fields=["org", "maker"], update_fields=["values", "saved_at"]
    )


def sent(*, by: Membership, values: Values) -> None:
    """It has become a run, whose words and pictures Remix brings back. The next visit begins with a blank sheet, and
    with the settings as they were."""
    keep(by=by, values=replace(values, prompt="", reference=(), mask="", parent=""))


def of(member: Membership) -> Values | None:
    draft = Draft.objects.filter(org=member.org_id, maker=member.user_id).first()
    return Values.stored(draft.values) if draft else None
