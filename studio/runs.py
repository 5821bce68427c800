"""Verbs on runs: the same for the page, the API and the gateway. Whoever calls has opened the organization's wall."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.errors import NotAllowed, Refused
from accounts.models import ApiKey, Membership, Organization, ProviderConnection, Role
from billing.prices import Estimate
from saas.broker import enqueue
from studio import catalogue, endings, events, line, masks, spending
from studio.asking import SpecRefused
from studio.models import LIVE, ImageModel, Input, Kind, Relation, Run, RunInput, Slot, Visibility
from studio.outcomes import ENDINGS
from studio.specs import Spec


class NothingToStop(Refused):
    def __init__(self) -> None:
        super().__init__("This has ended already.")


class StillStopping(Refused):
    def __init__(self) -> None:
        super().__init__("This is being stopped. Try again when all of it has ended.")


class KeyReused(Refused):
    def __init__(self) -> None:
        super().__init__("This request key was used for another request.")


@dataclass(frozen=True, slots=True)
class Found:
    """What a caller has looked up in this transaction already: where it goes, and what it costs."""

    connection: ProviderConnection
    price: Estimate


def visible_to(member: Membership) -> QuerySet[Run]:
    """The team's runs, and one's own private ones."""
    return Run.objects.filter(Q(visibility=Visibility.TEAM) | Q(maker=member.user_id), org=member.org_id)


def submit(
    *,
    org: Organization,
    by: Membership,
    spec: Spec,
    found: Found | None = None,
    api_key: ApiKey | None = None,
    references: Sequence[Input] = (),
    mask: Input | None = None,
    visibility: Visibility = Visibility.TEAM,
    project: str = "",
    end_user: str = "",
    parent: Run | None = None,
    relation: Relation = Relation.NONE,
    request_key: str = "",
    request_hash: str = "",
) -> Run:
    """Puts a run with its slots in the line. The web process never calls a provider; a worker will. With a request key
    that this maker has used already, the run of then is the answer."""
    if not by.is_at_least(Role.MEMBER):
        raise NotAllowed("Your role does not allow you to make pictures.")
    connection = found.connection if found else org.connections.filter(is_default=True).first()
    if connection is None:
        raise Refused("There is no connection to a provider. An admin can add one.")
    if spec.kind == Kind.RESPOND and not connection.can_respond:
        raise Refused("The team's connection has no Responses API. Generate or edit instead.")
    if faults := masks.mask_faults(mask, references):
        raise SpecRefused(faults)
    run = Run(
        org=org,
        maker=by.user,
        api_key=api_key,
        connection=connection,
        kind=spec.kind,
        model=spec.model,
        prompt=spec.prompt,
        asked=spec.to_json(),
        count=spec.n,
        visibility=visibility,
        project=project,
        end_user=end_user,
        parent=parent,
        relation=relation,
        request_key=request_key,
        request_hash=request_hash,
    )
    try:
        with transaction.atomic():
            run.save(force_insert=True)
            slots = Slot.objects.bulk_create(Slot(org=org, run=run, index=index) for index in range(spec.n))
            _attach(run, references, mask)
            events.record(run, "queued", data={"count": spec.n})
            _line_up(run, slots, connection)
            spending.hold(
                run=run,
                slots=slots,
                by=by,
                api_key=api_key,
                spec=spec,
                model=_model(spec),
                connection=connection,
                price=found.price if found else None,
            )
    except IntegrityError:
        earlier = _with_key_of(run)
        if earlier is None:
            raise
        return earlier
    return run


def cancel(*, run: Run, by: Membership) -> None:
    """What waits ends at once; what a provider works on ends at its next sign, and may still be charged."""
    if run.maker_id != by.user_id and not by.is_admin:
        raise NotAllowed("Only its maker or an admin can stop this.")
    with transaction.atomic():  # a refusal takes back what was locked and left
        waiting = _stop_tickets(run)
        slots = list(run.slots.select_for_update(no_key=True).order_by("index"))
        live = Run.objects.filter(pk=run.pk, state__in=LIVE, cancel_asked_at=None)
        if not live.update(cancel_asked_at=timezone.now()):
            raise NothingToStop
        endings.stop(run, [slot for slot in slots if slot.code in waiting])


def _stop_tickets(run: Run) -> set[UUID]:
    """Answers which slots nobody has begun. Tickets, then slots, then the run: the order in which workers lock them."""
    codes = list(run.slots.filter(state__in=LIVE).values_list("code", flat=True))
    waiting = line.give_up(codes)
    line.ask_to_stop(codes)
    return set(waiting)


@transaction.atomic
def retry(*, slot: Slot, by: Membership, api_key: ApiKey | None = None) -> None:
    """One slot again; the others stay as they are. Whoever asks again pays, with the key that they ask by."""
    run = slot.run
    if run.maker_id != by.user_id and not by.is_admin:
        raise NotAllowed("Only its maker or an admin can try this again.")
    if run.connection is None:
        raise Refused(ENDINGS["no_connection"].sentence)
    # The slot and then the run, in the order in which workers lock them: a sibling that ends now would close the run
    # over this one.
    slot = Slot.objects.select_for_update(no_key=True).get(pk=slot.pk)
    locked = Run.objects.select_for_update(no_key=True).get(pk=run.pk)
    if locked.is_live and locked.cancel_asked_at:
        raise StillStopping  # else what still runs would be stopped no more
    if not slot.reopen():
        raise Refused("Only what ended without a picture can be tried again.")
    run.reopen()
    Run.objects.filter(pk=run.pk).update(cancel_asked_at=None)
    events.record(run, "queued", slot=slot.index)
    _line_up(run, [slot], run.connection)
    spec = replace(Spec.from_json(run.asked), n=1)
    spending.hold(
        run=run, slots=[slot], by=by, api_key=api_key, spec=spec, model=_model(spec), connection=run.connection
    )


def _model(spec: Spec) -> ImageModel:
    try:
        return catalogue.at(timezone.now()).model(spec.model)
    except catalogue.UnknownModel:
        raise Refused(f"The model {spec.model} is not available any more.") from None


def _with_key_of(run: Run) -> Run | None:
    """Who has the request key of one that could not be made. Of two at the same moment, the constraint lets one through
    and makes the other wait for it."""
    if not run.request_key:
        return None
    earlier = Run.objects.filter(org=run.org, maker=run.maker, request_key=run.request_key).first()
    if earlier is not None and earlier.request_hash != run.request_hash:
        raise KeyReused from None
    return earlier


def _attach(run: Run, references: Sequence[Input], mask: Input | None) -> None:
    numbered = list(enumerate(references, start=1)) + ([(RunInput.MASK, mask)] if mask else [])
    RunInput.objects.bulk_create(
        RunInput(org_id=run.org_id, run=run, input=given, number=number) for number, given in numbered
    )


def _line_up(run: Run, slots: Sequence[Slot], connection: ProviderConnection) -> None:
    from studio.tasks import develop

    line.join(
        slots,
        maker_id=run.maker_id,
        connection_id=connection.pk,
        org_limit=run.org.most_calls_at_once,
        connection_limit=connection.most_calls_at_once,
    )
    for _ in slots:
        enqueue(develop)
