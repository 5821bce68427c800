"""Rebuild search entries that were made with another key than the newest of ENCRYPTION_KEYS: those of versions that
used no such key, and all of them after a rotation. The words come from the prompts, so the old key is not needed."""

from collections import defaultdict

from django.db.models import F, Q, QuerySet

from saas.database import tenancy
from studio.gallery import search
from studio.models import Output, SearchEntry

AT_ONCE = 200


def reindex() -> int:
    """Rebuild all entries made with another key, a few per transaction. Return how many there were."""
    changed, last_id = 0, 0
    while stale := _stale(last_id):
        of_org: dict[int, list[int]] = defaultdict(list)
        for output_id, org_id in stale:
            of_org[org_id].append(output_id)
        for org_id, output_ids in of_org.items():
            changed += _reindex(org_id, output_ids)
        last_id = stale[-1][0]
    return changed


def _stale(after_id: int) -> list[tuple[int, int]]:
    another_key = ~Q(key_id=search.current_key_id())
    found = SearchEntry.objects.filter(another_key, output_id__gt=after_id).order_by("output_id")
    return list(found.values_list("output_id", "org_id")[:AT_ONCE])


def _reindex(org_id: int, output_ids: list[int]) -> int:
    """Rebuild the entries of these outputs. Delete entries whose picture is purged or missing; do not restore an entry
    that was deleted meanwhile."""
    with tenancy.tenant(org_id):
        kept = refresh(Output.objects.filter(pk__in=output_ids))
        SearchEntry.objects.filter(output_id__in=set(output_ids) - kept).delete()
        return len(output_ids)


def refresh(outputs: "QuerySet[Output]") -> set[int]:
    """Rebuild the entries of these outputs from their runs' current prompts. Return the ids of those not purged. Needs
    the organization's wall."""
    said = outputs.filter(purged_at=None).select_related("org").annotate(prompt=F("run__prompt"))
    entries = [search.entry_of(output, output.prompt, output.revised_prompt) for output in said]
    SearchEntry.objects.bulk_update(entries, ["words", "key_id"])
    return {entry.output_id for entry in entries}
