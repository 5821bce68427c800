"""Erase what a person alone has in one organization: private runs, uploads, drafts, exports and the like."""

from contextlib import suppress
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.models import ApiKey, Membership, User
from billing.models import Export
from saas.database import tenancy
from studio.files import discarded
from studio.gallery import clear_runs, purge
from studio.models import (
    LIVE,
    Batch,
    BatchFile,
    BatchTicket,
    Comment,
    Input,
    Output,
    Partial,
    Preset,
    Rewrite,
    RewriteState,
    Run,
    Slot,
    Thread,
    Visibility,
)
from studio.privacy import labels
from studio.privacy.identity import Person
from studio.privacy.receipts import Receipt
from studio.privacy.rules import OF_A_PERSON, Fate, is_of_tenant
from studio.runs import stop_run

AT_ONCE = 50
UPLOAD_NAME = "picture"
KEY_NAME = "Key of an erased person"
UNFINISHED = "still being made"
UNDELETED = "files that storage did not delete yet"


def has_any(person: Person, org_id: int) -> bool:
    """Return whether the person is a member, or has uploads or private runs here. Needs the organization's wall."""
    return person.user is not None and (
        Membership.objects.filter(org=org_id, user=person.user).exists()
        or Input.objects.filter(org=org_id, giver=person.user).exists()
        or BatchFile.objects.filter(org=org_id, giver=person.user).exists()
        or _private(person.user, org_id).exists()
    )


def erase(user: User, org_id: int, receipt: Receipt, *, really: bool) -> None:
    _drop_rows(user, org_id, receipt, really=really)
    _drop_exports(user, org_id, receipt, really=really)
    _drop_batches(user, org_id, receipt, really=really)
    _drop_private(user, org_id, receipt, really=really)
    _drop_uploads(user, org_id, receipt, really=really)
    _rename_keys(user, org_id, really=really)


def _drop_rows(user: User, org_id: int, receipt: Receipt, *, really: bool) -> None:
    goes: list[tuple[Any, Q]] = [
        (model, Q(**{field: user}))
        for (model, field), fate in OF_A_PERSON.items()
        if fate == Fate.GOES and is_of_tenant(model)
    ]
    goes.append((Preset, Q(maker=user, is_shared=False)))
    goes.append((Thread, Q(maker=user, visibility=Visibility.PRIVATE)))
    goes.append((Rewrite, Q(maker=user) & ~Q(state=RewriteState.WAITING)))
    with tenancy.tenant(org_id):
        for model, whose in goes:
            rows = model._default_manager.filter(whose, org=org_id)
            receipt.counts[model._meta.label_lower] += rows.count()
            if really:
                rows.delete()
        receipt.stays[UNFINISHED] += Rewrite.objects.filter(org=org_id, maker=user).count() if really else 0


def _drop_exports(user: User, org_id: int, receipt: Receipt, *, really: bool) -> None:
    with tenancy.tenant(org_id):
        exports = list(Export.objects.filter(org=org_id, maker=user))
    receipt.counts["exports"] += len(exports)
    if not really:
        return
    names = [export.file for export in exports]
    with tenancy.tenant(org_id):
        Export.objects.filter(org=org_id, pk__in=[export.pk for export in exports]).delete()
        discarded.add(org_id, names)
    _delete_files(names, receipt)


def _drop_batches(user: User, org_id: int, receipt: Receipt, *, really: bool) -> None:
    """Delete the person's batches and the files of their requests. The runs that came of them are treated like any
    others; an open batch begins no more."""
    with tenancy.tenant(org_id):
        found = Batch.objects.filter(org=org_id, maker=user)
        files = BatchFile.objects.filter(org=org_id, giver=user)
        receipt.counts["batches"] += found.count()
        receipt.counts["files of batches"] += files.count()
        if not really:
            return
        names = [name for name in files.values_list("file", flat=True) if name]
        BatchTicket.objects.filter(batch_code__in=list(found.values_list("code", flat=True))).delete()
        found.delete()
        files.delete()
        discarded.add(org_id, names)
    _delete_files(names, receipt)


def _drop_private(user: User, org_id: int, receipt: Receipt, *, really: bool) -> None:
    """Erase the person's private runs: stop those that are live, and clear those that have ended. Their cost stays in
    the ledger."""
    with tenancy.tenant(org_id):
        receipt.counts["private runs"] += _private(user, org_id).count()
    if not really:
        return
    _stop(user, org_id)
    while True:
        with tenancy.tenant(org_id):
            found = list(_ended(user, org_id).order_by("pk")[:AT_ONCE])
            locked = list(Run.objects.select_for_update(of=["self"], no_key=True).filter(pk__in=[r.pk for r in found]))
            names = [*_files_of(locked), *_forget(locked)]
            discarded.add(org_id, names)
        receipt.counts["files"] += len(names)
        _delete_files(names, receipt)
        if len(found) < AT_ONCE:
            break
    with tenancy.tenant(org_id):
        receipt.stays[UNFINISHED] += _private(user, org_id).count()


def _private(user: User, org_id: int) -> QuerySet[Run]:
    """Return the person's private runs of which pictures, prompt, frames or inputs are left."""
    kept = Output.objects.filter(run=OuterRef("pk"), purged_at=None)
    mine = Run.objects.filter(org=org_id, maker=user, visibility=Visibility.PRIVATE)
    return mine.filter(Exists(kept) | ~Q(prompt="") | Q(cleared_at=None))


def _ended(user: User, org_id: int) -> QuerySet[Run]:
    return _private(user, org_id).filter(~Exists(Slot.objects.filter(run=OuterRef("pk"), state__in=LIVE)))


def _stop(user: User, org_id: int) -> None:
    with tenancy.tenant(org_id):
        member = Membership.objects.filter(org=org_id, user=user).select_related("org", "user").first()
        if member is None:
            return
        live = list(_private(user, org_id).filter(state__in=LIVE).select_related("org"))
    for run in live:
        with tenancy.tenant(org_id), suppress(stop_run.NothingToStop):
            stop_run.cancel(run=run, by=member)


def _files_of(found: list[Run]) -> list[str]:
    outputs = Output.objects.filter(run__in=found).select_related("composite")
    names = [name for output in outputs for name in purge.files_of(output)]
    for partial in Partial.objects.filter(slot__run__in=found):
        names += [partial.file, partial.preview]
    return names


def _forget(found: list[Run]) -> list[str]:
    """Purge the runs' pictures, delete their comments and clear them. Return the files of frames and inputs that no row
    names any more."""
    if not found:
        return []
    outputs = list(Output.objects.filter(run__in=found))
    Output.objects.filter(run__in=found, binned_at=None).update(binned_at=timezone.now())
    purge.forget(outputs)
    Comment.objects.filter(run__in=found).delete()
    return clear_runs.clear(found[0].org, found, forgets_words=True)


def _drop_uploads(user: User, org_id: int, receipt: Receipt, *, really: bool) -> None:
    """Delete the person's uploads. Those that a run of the team uses stay, renamed to UPLOAD_NAME."""
    with tenancy.tenant(org_id):
        mine = Input.objects.filter(org=org_id, giver=user).select_related("org")
        receipt.counts["uploads"] += mine.count()
        first = mine.first()
        if first is None or not really:
            return
        names = clear_runs.drop_inputs(first.org, mine)
        mine.exclude(name=UPLOAD_NAME).update(name=UPLOAD_NAME)
        receipt.stays["uploads of the team's runs"] += mine.count()
        discarded.add(org_id, names)
    receipt.counts["files"] += len(names)
    _delete_files(names, receipt)


def _delete_files(names: list[str], receipt: Receipt) -> None:
    """Delete these files. Count those that storage does not delete now; `bin/manage tidy` tries them again."""
    receipt.stays[UNDELETED] += discarded.delete(names)


def _rename_keys(user: User, org_id: int, *, really: bool) -> None:
    if not really:
        return
    with tenancy.tenant(org_id):
        keys = ApiKey.objects.filter(org=org_id, maker=user)
        codes = list(keys.values_list("code", flat=True))
        keys.update(name=KEY_NAME)
    labels.of_keys(codes, org_id, KEY_NAME)
