"""Keep settings of the prompt bar under a name. A preset is its maker's alone, or shared with the organization; its
maker or an admin can remove it."""

from dataclasses import replace

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from accounts.errors import NotAllowed, Refused
from accounts.models import Membership, Role
from studio.models import Preset
from studio.prompt.prompt_form import PromptForm

NAME_CHARACTERS = 60
MOST_PRESETS = 100


def visible_to(member: Membership) -> QuerySet[Preset]:
    return Preset.objects.filter(Q(is_shared=True) | Q(maker=member.user_id), org=member.org_id)


def make(
    *, by: Membership, name: str, values: PromptForm, is_shared: bool = False, with_prompt: bool = False
) -> Preset:
    if not by.is_at_least(Role.MEMBER):
        raise NotAllowed("Your role does not allow you to make presets.")
    name = " ".join(name.split())
    if not name or not name.isprintable():
        raise Refused("Give the preset a name.")
    if len(name) > NAME_CHARACTERS:
        raise Refused(f"A name has at most {NAME_CHARACTERS} characters.")
    if visible_to(by).count() >= MOST_PRESETS:
        raise Refused(f"{MOST_PRESETS} presets are the most. Remove one that is no longer used.")
    kept = {**values.settings(), **({"prompt": values.prompt} if with_prompt else {})}
    try:
        with transaction.atomic():
            return Preset.objects.create(org=by.org, maker=by.user, name=name, is_shared=is_shared, values=kept)
    except IntegrityError:
        raise Refused(f"There is already a preset “{name}”. Choose another name.") from None


def remove(*, preset: Preset, by: Membership) -> None:
    if preset.maker_id != by.user_id and not by.is_admin:
        raise NotAllowed("Only the person who made this preset or an admin can remove it.")
    preset.delete()


def apply(preset: Preset, values: PromptForm) -> PromptForm:
    """Return the values with the preset's settings. Pictures and styles stay, and so does a prompt that it lacks."""
    parts = ("settings", "prompt") if "prompt" in preset.values else ("settings",)
    return replace(values.recalling(PromptForm.stored(preset.values), parts), style=values.style, parent=values.parent)
