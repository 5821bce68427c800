"""Keep the content of a person's prompt bar while they type."""

from dataclasses import replace

from django.utils import timezone

from accounts.models import Membership
from studio.models import Draft
from studio.prompt.prompt_form import PromptForm


def save_draft(*, by: Membership, values: PromptForm) -> None:
    """Save the draft. A person has one draft, so with two tabs the one that saved last counts."""
    draft = Draft(org_id=by.org_id, maker_id=by.user_id, values=values.to_json(), saved_at=timezone.now())
    Draft.objects.bulk_create(
        [draft], update_conflicts=True, unique_fields=["org", "maker"], update_fields=["values", "saved_at"]
    )


def clear_sent(*, by: Membership, values: PromptForm) -> None:
    """Clear prompt and pictures of the draft after it was submitted, and keep its settings. Remix of the new run brings
    prompt and pictures back."""
    save_draft(by=by, values=replace(values, prompt="", reference=(), mask="", parent=""))


def draft_of(member: Membership) -> PromptForm | None:
    draft = Draft.objects.filter(org=member.org_id, maker=member.user_id).first()
    return PromptForm.stored(draft.values) if draft else None
