"""Submit a run, for pages, the API and the gateway alike. The caller is behind the organization's wall."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import access
from accounts.errors import NotAllowed, Refused
from accounts.models import ApiKey, Membership, Organization, ProviderConnection, Role
from billing.prices import Estimate
from saas.database.transactions import once_more
from studio.catalogue import fingerprint, image_models
from studio.catalogue.fields import SpecRefused
from studio.catalogue.specs import Spec
from studio.inputs import mask_checks
from studio.models import ImageModel, Input, Kind, Relation, Run, RunInput, Slot, Visibility
from studio.money import run_holds
from studio.queue import tickets, wake
from studio.runs import events, outages


class KeyReused(Refused):
    def __init__(self) -> None:
        super().__init__("This request key was used for another request.")


@dataclass(frozen=True, slots=True)
class Found:
    """What the caller has looked up in this transaction already: the connection and the price."""

    connection: ProviderConnection
    price: Estimate


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
    awaited_by: int | None = None,
    is_awaited: bool = False,
    now: datetime | None = None,
) -> Run:
    """Put a run with its slots in the line; a worker calls the provider, the web process never does. If this maker has
    used the request key before, return that run. If `is_awaited` by a caller with an open request, refuse while the
    connection is left alone. Several runs of one transaction share a `now`, so that none of them makes a new day's
    counters behind the locks of another."""
    by = access.read_again(by, api_key)  # rights may have ended since the request began
    if not by.is_at_least(Role.MEMBER):
        raise NotAllowed("Your role does not allow you to make pictures.")
    connection = found.connection if found else org.connections.filter(is_default=True).first()
    if connection is None:
        raise Refused("There is no connection to a provider. An admin can add one.")
    if spec.kind == Kind.RESPOND and not connection.can_respond:
        raise Refused("The team's connection has no Responses API. Generate or edit instead.")
    if faults := mask_checks.mask_faults(mask, references):
        raise SpecRefused(faults)
    new = partial(
        Run,
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
        awaited_by=awaited_by,
    )
    if is_awaited:
        outages.refuse(new(), connection)
    given = [*references, *([mask] if mask else [])]

    def act() -> Run:
        made = new()
        asked = fingerprint.of(made, [one.sha256 for one in given])
        with transaction.atomic():
            made.save(force_insert=True)
            slots = Slot.objects.bulk_create(Slot(org=org, run=made, index=index) for index in range(spec.n))
            _attach(made, references, mask)
            events.record(made, "queued", data={"count": spec.n})
            line_up(made, slots, connection, asked=asked, is_awaited=is_awaited)
            run_holds.hold(
                run=made,
                slots=slots,
                by=by,
                api_key=api_key,
                spec=spec,
                model=model_of(spec),
                connection=connection,
                price=found.price if found else None,
                now=now,
            )
        return made

    try:
        return once_more(act)
    except IntegrityError:
        earlier = _with_key_of(new())
        if earlier is None:
            raise
        return earlier


def model_of(spec: Spec) -> ImageModel:
    """Return the model that a spec names. Raise Refused if it is not available any more."""
    try:
        return image_models.at(timezone.now()).model(spec.model)
    except image_models.UnknownModel:
        raise Refused(f"The model {spec.model} is not available any more.") from None


def _with_key_of(run: Run) -> Run | None:
    """Return the run that has this request key already, if any. Of two made at the same moment, the unique constraint
    lets one through, and the other waits for its commit before it fails."""
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


def line_up(
    run: Run, slots: Sequence[Slot], connection: ProviderConnection, *, asked: int, is_awaited: bool = False
) -> None:
    tickets.join(
        slots,
        maker_id=run.maker_id,
        connection_id=connection.pk,
        org_limit=run.org.most_calls_at_once,
        connection_limit=connection.most_calls_at_once,
        likeness=asked,
        is_awaited=is_awaited,
    )
    for _ in slots:
        wake.soon("develop")
