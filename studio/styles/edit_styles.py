"""Make, change, copy, order and retire styles. A member changes their own; an admin changes all of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.text import slugify

from accounts import audit
from accounts.errors import NotAllowed, Refused
from accounts.models import Membership, Organization, Role
from studio.catalogue.fields import Fault, SpecRefused
from studio.catalogue.rules import AS_PROGRAMS_SAY
from studio.catalogue.specs import AUTO
from studio.models import Input, Style, StyleVersion
from studio.models.styles import DESCRIPTION_CHARACTERS, KEPT_CHARACTERS, NAME_CHARACTERS, SLUG_CHARACTERS
from studio.styles import built_in, shelf

MOST_STYLES = 200
PROMPT_CHARACTERS = 4_000
PEOPLE_CHARACTERS = 1_000
QUALITY_CHARACTERS = 20
MOST_KEPT = 20
USERS = {Role.MEMBER: "Everybody who makes pictures", Role.ADMIN: "Admins only"}


@dataclass(frozen=True, slots=True)
class Saying:
    """What a style says, before it is checked."""

    name: str
    prompt: str
    description: str = ""
    keeps: Sequence[str] = built_in.EVERYTHING
    frees: Sequence[str] = ()
    solo: str = ""
    group: str = ""
    size: str = ""
    quality: str = ""
    reference: Input | None = None

    @classmethod
    def of(cls, version: StyleVersion) -> "Saying":
        words = {name: getattr(version, name) for name in shelf.WORDS}
        words |= {name: tuple(words[name]) for name in ("keeps", "frees")}
        return cls(**words, reference=version.reference)

    def tidy(self) -> "Saying":
        """Return the same without needless white space."""
        return replace(
            self,
            name=_in_one_line(self.name),
            description=_in_one_line(self.description),
            prompt=_in_lines(self.prompt),
            solo=_in_lines(self.solo),
            group=_in_lines(self.group),
            keeps=tuple(dict.fromkeys(filter(None, map(_in_one_line, self.keeps)))),
            frees=tuple(dict.fromkeys(filter(None, map(_in_one_line, self.frees)))),
            size=self.size.strip(),
            quality=self.quality.strip(),
        )

    def faults(self) -> list[Fault]:
        lines = [
            ("name", "The name", self.name, NAME_CHARACTERS, False),
            ("description", "The description", self.description, DESCRIPTION_CHARACTERS, False),
            ("prompt", "The prompt", self.prompt, PROMPT_CHARACTERS, True),
            ("solo", "The wording for one person", self.solo, PEOPLE_CHARACTERS, True),
            ("group", "The wording for a group", self.group, PEOPLE_CHARACTERS, True),
            ("quality", "The quality", self.quality, QUALITY_CHARACTERS, False),
            *(("keeps", "What is kept", one, KEPT_CHARACTERS, False) for one in self.keeps),
            *(("frees", "What is freed", one, KEPT_CHARACTERS, False) for one in self.frees),
        ]
        found = [fault for line in lines if (fault := _fault_of(*line))]
        if not self.name:
            found.append(Fault("name", "required", "Give the style a name."))
        if not self.prompt:
            found.append(
                Fault("prompt", "required", "Say what the style is: a medium, its material, light and colours.")
            )
        if self.size and self.size != AUTO and not AS_PROGRAMS_SAY.fullmatch(self.size):
            found.append(Fault("size", "invalid_value", "Write the size as WIDTHxHEIGHT.", "1024x1536"))
        for field, said in (("keeps", self.keeps), ("frees", self.frees)):
            if len(said) > MOST_KEPT:
                found.append(Fault(field, "too_many", f"{len(said)} are too many: {MOST_KEPT} at most."))
        return found


def make(*, by: Membership, saying: Saying, least_role: Role = Role.MEMBER, action: str = "style.made") -> StyleVersion:
    """Make a style. Raise SpecRefused with all faults of what it says."""
    if not by.is_at_least(Role.MEMBER):
        raise NotAllowed("Your role does not allow you to make styles.")
    saying = _checked(saying)
    shelf.stock(by.org)
    org = Organization.objects.select_for_update(no_key=True).get(pk=by.org_id)  # one at a time: places and short names
    styles = Style.objects.filter(org=org)
    if styles.in_use().count() >= MOST_STYLES:
        raise Refused(f"{MOST_STYLES} styles are the most. Retire one that is no longer used.")
    last = styles.aggregate(last=Max("position"))["last"] or 0
    style = Style.objects.create(
        org=org,
        slug=_free_slug(saying.name, set(styles.values_list("slug", flat=True))),
        position=last + 1,
        least_role=least_role,
        maker=by.user,
    )
    version = _write(style, 1, saying, by)
    audit.record(org=by.org, by=by.user, action=action, target=version.name)
    return version


@transaction.atomic
def change(*, style: Style, by: Membership, saying: Saying, least_role: Role | None = None) -> StyleVersion:
    """Write the next version of a style: runs that used an earlier one keep theirs. Raise SpecRefused. Without any
    difference there is no new version."""
    check_may_change(style, by)
    saying = _checked(saying)
    style = Style.objects.select_for_update(no_key=True).get(pk=style.pk)
    (newest,) = shelf.newest([style])
    if least_role is not None and least_role != style.least_role:
        style.least_role = least_role
        style.save(update_fields=["least_role"])
        audit.record(org=by.org, by=by.user, action="style.opened", target=newest.name, details={"to": least_role})
    if saying == Saying.of(newest):
        return newest
    version = _write(style, newest.number + 1, saying, by)
    details = {"version": version.number}
    audit.record(org=by.org, by=by.user, action="style.changed", target=version.name, details=details)
    return version


def copy(*, version: StyleVersion, by: Membership) -> StyleVersion:
    name = f"{version.name[: NAME_CHARACTERS - 7].strip()} (copy)"
    return make(by=by, saying=replace(Saying.of(version), name=name))


def retire(*, style: Style, by: Membership) -> None:
    """Take a style off the shelf. Runs that were made in it keep it, and it can be restored."""
    check_may_change(style, by)
    if Style.objects.filter(pk=style.pk, retired_at=None).update(retired_at=timezone.now()):
        audit.record(org=by.org, by=by.user, action="style.retired", target=_name(style))


def restore(*, style: Style, by: Membership) -> None:
    check_may_change(style, by)
    if Style.objects.filter(pk=style.pk, retired_at__isnull=False).update(retired_at=None):
        audit.record(org=by.org, by=by.user, action="style.restored", target=_name(style))


def reorder(*, by: Membership, codes: Sequence[UUID]) -> None:
    """Put these styles first, in this order. The others follow as they were."""
    if not by.is_admin:
        raise NotAllowed("Only an admin can order the organization's styles.")
    shelf.stock(by.org)
    styles = list(Style.objects.select_for_update(no_key=True).filter(org=by.org_id).order_by("pk"))
    place = {code: index for index, code in enumerate(dict.fromkeys(codes))}
    styles.sort(key=lambda style: (place.get(style.code, len(place)), style.position, style.pk))
    for position, style in enumerate(styles):
        style.position = position
    Style.objects.bulk_update(styles, ["position"])


def check_may_change(style: Style, by: Membership) -> None:
    if not may_change(style, by):
        raise NotAllowed("Only the person who made this style or an admin can change it.")


def may_change(style: Style, by: Membership) -> bool:
    return by.is_admin or (by.is_at_least(Role.MEMBER) and style.maker_id == by.user_id)


def _checked(saying: Saying) -> Saying:
    saying = saying.tidy()
    if faults := saying.faults():
        raise SpecRefused(faults)
    return saying


def _write(style: Style, number: int, saying: Saying, by: Membership) -> StyleVersion:
    version = shelf.version_of(style, number, saying, reference=saying.reference, maker=by.user)
    version.save(force_insert=True)
    return version


def _name(style: Style) -> str:
    (newest,) = shelf.newest([style])
    return newest.name


def _free_slug(name: str, taken: set[str]) -> str:
    stem = slugify(name)[: SLUG_CHARACTERS - 4].strip("-") or "style"
    return next(
        slug
        for number in range(1, len(taken) + 2)
        if (slug := stem if number == 1 else f"{stem}-{number}") not in taken
    )


def _fault_of(field: str, label: str, text: str, most: int, may_have_lines: bool) -> Fault | None:
    if len(text) > most:
        return Fault(field, "too_long", f"{label} has {len(text):,} characters. The limit is {most:,}.")
    if not all(char.isprintable() or (may_have_lines and char == "\n") for char in text):
        return Fault(field, "invalid_value", f"{label} contains a character that cannot be shown. Remove it.")
    return None


def _in_one_line(text: str) -> str:
    return " ".join(text.split())


def _in_lines(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.replace("\t", " ").splitlines()).strip()
