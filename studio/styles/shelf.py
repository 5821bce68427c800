"""Look up an organization's styles, and choose those that a run is to be made in. The twelve built-in styles are copied
at the first look, so organizations have them whenever they were founded."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from accounts.models import Membership, Organization, Role
from saas.text.codes import code_or_none
from studio.catalogue.fields import Fault, closest, quote
from studio.models import Style, StyleVersion
from studio.styles import built_in

MOST_CHOSEN = 4
WORDS = ("name", "description", "prompt", "keeps", "frees", "solo", "group", "size", "quality")


def stock(org: Organization) -> None:
    """Copy the built-in styles that this organization has never had. Of two that do it at the same moment, the second
    one waits for the first and finds nothing to do."""
    had = set(Style.objects.filter(org=org).exclude(built_in="").values_list("built_in", flat=True))
    missing = [(place, one) for place, one in enumerate(built_in.STYLES) if one.slug not in had]
    if not missing:
        return
    rows = [Style(org=org, slug=one.slug, built_in=one.slug, position=place) for place, one in missing]
    Style.objects.bulk_create(rows, ignore_conflicts=True)
    stored = {style.built_in: style for style in Style.objects.filter(org=org).exclude(built_in="")}
    versions = [version_of(stored[one.slug], 1, one) for _, one in missing if one.slug in stored]
    StyleVersion.objects.bulk_create(versions, ignore_conflicts=True)


def newest(styles: Iterable[Style]) -> list[StyleVersion]:
    """Return the newest version of each of these styles, in their order."""
    found = StyleVersion.objects.filter(style__in=styles).order_by("style_id", "-number").distinct("style_id")
    versions = list(found.select_related("style", "reference", "maker"))
    return sorted(versions, key=lambda version: (version.style.position, version.style_id))


def all_of(org: Organization) -> list[StyleVersion]:
    """Return the styles of an organization that are not retired, each as it is now, by one question once the built-in
    ones are copied: every look at the studio asks it."""
    styles = Style.objects.filter(org=org)
    found = newest(styles)
    if not {one.slug for one in built_in.STYLES} <= {version.style.built_in for version in found}:
        stock(org)
        found = newest(styles)
    return [version for version in found if version.style.retired_at is None]


def usable_by(member: Membership) -> list[StyleVersion]:
    return [version for version in all_of(member.org) if member.is_at_least(Role(version.style.least_role))]


def choose(
    member: Membership, named: Sequence[str], offered: Sequence[StyleVersion] | None = None
) -> tuple[list[StyleVersion], list[Fault]]:
    """Return the styles with these ids or short names, and what is wrong with the choice. The styles that the member
    may use are read, unless they are `offered`."""
    if len(named) > MOST_CHOSEN:
        return [], [Fault("styles", "too_many", f"{len(named)} styles are too many: {MOST_CHOSEN} at most.")]
    offered = usable_by(member) if offered is None else offered
    by_name: dict[str | UUID, StyleVersion] = {version.style.slug: version for version in offered}
    by_name |= {version.style.code: version for version in offered}
    chosen: list[StyleVersion] = []
    faults: list[Fault] = []
    for name in named:
        version = by_name.get(code_or_none(name) or name)
        if version is None:
            meant = closest(name, [one.style.slug for one in offered])
            sentence = f"There is no style {quote(name)}, or you may not use it."
            faults.append(Fault("styles", "unknown_style", sentence, meant))
        elif version in chosen:
            faults.append(Fault("styles", "twice", f"The style {quote(version.name)} is chosen twice."))
        else:
            chosen.append(version)
    return chosen, faults


def version_of(style: Style, number: int, said: object, **more: Any) -> StyleVersion:
    """Return a version of the style that is not stored yet and says what `said` says."""
    words: dict[str, Any] = {name: getattr(said, name) for name in WORDS}
    words |= {name: list(words[name]) for name in ("keeps", "frees")}
    return StyleVersion(org_id=style.org_id, style=style, number=number, **words, **more)
