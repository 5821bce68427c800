"""Keep the content of a person's prompt bar while they type."""

from dataclasses import replace

from django.utils import timezone
from psycopg.types.json import Jsonb

from accounts.models import Membership
from saas.database import functions
from studio.models import Draft
from studio.prompt.prompt_form import PromptForm

SAVE = """
INSERT INTO studio_draft (org_id, maker_id, "values", saved_at) VALUES (%(org)s, %(maker)s, %(values)s, %(now)s)
ON CONFLICT (org_id, maker_id) DO UPDATE SET "values" = excluded."values", saved_at = excluded.saved_at
RETURNING id
"""


def save_draft(*, by: Membership, values: PromptForm) -> None:
    """Save the draft. A person has one draft, so with two tabs the one that saved last counts."""
    row = {"org": by.org_id, "maker": by.user_id, "values": Jsonb(values.to_json()), "now": timezone.now()}
    functions.call(by.org_id, SAVE, row)


def clear_sent(*, by: Membership, values: PromptForm) -> None:
    """Clear prompt and pictures of the draft after it was submitted, and keep its settings. Remix of the new run brings
    prompt and pictures back."""
    save_draft(by=by, values=replace(values, prompt="", reference=(), mask="", parent=""))


def draft_of(member: Membership) -> PromptForm | None:
    draft = Draft.objects.filter(org=member.org_id, maker=member.user_id).first()
    return PromptForm.stored(draft.values) if draft else None
