"""Make, change and read collections: pictures in a chosen order, one of them as the cover."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import BigIntegerField, Count, Max, OuterRef, Subquery
from django.db.models.functions import Coalesce, Lower

from accounts.errors import NotAllowed, Refused
from accounts.models import Membership
from studio.gallery.organize import must_sort, named
from studio.models import Collection, CollectionItem, Output

MOST_COLLECTIONS = 1000
MOST_PICTURES = 5000  # in one of them


def make(*, by: Membership, name: str) -> Collection:
    must_sort(by)
    if by.org.collections.count() >= MOST_COLLECTIONS:
        raise Refused(f"There are already {MOST_COLLECTIONS:,} collections.")
    name = named(name, "the collection")
    try:
        with transaction.atomic():
            return Collection.objects.create(org=by.org, name=name, maker=by.user)
    except IntegrityError:
        raise Refused(f"There is already a collection called “{name}”.") from None


def rename(*, by: Membership, collection: Collection, name: str) -> None:
    must_sort(by)
    name = named(name, "the collection")
    try:
        with transaction.atomic():
            Collection.objects.filter(pk=collection.pk).update(name=name)
    except IntegrityError:
        raise Refused(f"There is already a collection called “{name}”.") from None


def delete(*, by: Membership, collection: Collection) -> None:
    """Delete a collection. Its pictures stay, and so do its share links, which list their pictures themselves."""
    if collection.maker_id != by.user_id and not by.is_admin:
        raise NotAllowed("Only the person who made a collection or an admin can delete it.")
    collection.delete()


def add(*, by: Membership, collection: Collection, outputs: Iterable[Output]) -> int:
    """Append pictures that are not in the collection yet. Return how many. The collection's row is locked, because two
    concurrent calls would otherwise assign the same positions."""
    must_sort(by)
    Collection.objects.select_for_update().get(pk=collection.pk)
    items = collection.items
    inside = set(items.values_list("output_id", flat=True))
    fresh = [output for output in outputs if output.pk not in inside]
    if len(inside) + len(fresh) > MOST_PICTURES:
        raise Refused(f"A collection holds at most {MOST_PICTURES:,} pictures.")
    last = items.aggregate(last=Max("position"))["last"] or 0
    CollectionItem.objects.bulk_create(
        CollectionItem(org=by.org, collection=collection, output=output, position=last + place)
        for place, output in enumerate(fresh, start=1)
    )
    return len(fresh)


def remove(*, by: Membership, collection: Collection, outputs: Iterable[Output]) -> None:
    must_sort(by)
    gone = [output.pk for output in outputs]
    collection.items.filter(output__in=gone).delete()
    Collection.objects.filter(pk=collection.pk, cover__in=gone).update(cover=None)


def reorder(*, by: Membership, collection: Collection, codes: Sequence[UUID]) -> None:
    """Order the pictures as listed. Those not listed (a colleague's private one, one added meanwhile) follow, in their
    old order."""
    must_sort(by)
    Collection.objects.select_for_update().get(pk=collection.pk)
    wanted = {code: place for place, code in enumerate(codes)}
    items = list(collection.items.select_related("output").order_by("position", "pk"))
    items.sort(key=lambda item: wanted.get(item.output.code, len(wanted)))
    for place, item in enumerate(items, start=1):
        item.position = place
    CollectionItem.objects.bulk_update(items, ["position"], batch_size=1000)


def set_cover(*, by: Membership, collection: Collection, output: Output) -> None:
    must_sort(by)
    if not collection.items.filter(output=output).exists():
        raise Refused("The cover must be one of the pictures of the collection.")
    Collection.objects.filter(pk=collection.pk).update(cover=output)


@dataclass(frozen=True)
class Shelved:
    collection: Collection
    count: int
    cover: Output | None


def pictures(member: Membership, collection: Collection) -> list[Output]:
    """Return the collection's pictures that this member may see, in order. Those in the bin are left out; their
    positions stay."""
    visible = Output.objects.filter(org=member.org).visible_to(member).not_in_bin()
    items = (
        collection.items.filter(output__in=visible)
        .select_related("output__run", "output__maker", "output__composite")
        .order_by("position", "pk")
    )
    return [item.output for item in items]


def shelf(member: Membership) -> list[Shelved]:
    """Return all collections by name, each with its cover: the chosen one if visible, else the first visible one."""
    visible = Output.objects.filter(org=member.org).visible_to(member).not_in_bin()
    seen = CollectionItem.objects.filter(collection=OuterRef("pk"), output__in=visible)
    first = seen.order_by("position", "pk").values("output")[:1]
    counted = seen.order_by().values("collection").annotate(count=Count("pk")).values("count")
    chosen = visible.filter(pk=OuterRef("cover")).values("pk")
    found = list(
        member.org.collections.annotate(
            count=Coalesce(Subquery(counted), 0),
            shown=Coalesce(Subquery(chosen), Subquery(first), output_field=BigIntegerField()),
        ).order_by(Lower("name"))
    )
    covers = Output.objects.select_related("composite").in_bulk([each.shown for each in found if each.shown])
    return [Shelved(each, each.count, covers.get(each.shown)) for each in found]
