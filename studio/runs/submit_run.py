"""Submit a run, for pages, the API and the gateway alike. The caller is behind the organization's wall."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from django.db import IntegrityError, transaction

from accounts import access
from accounts.errors import NotAllowed, Refused
from accounts.models import ApiKey, Membership, ProviderConnection, Role
from saas.database.transactions import once_more
from studio.catalogue import fingerprint
from studio.models import Relation, Run, RunInput, Slot, Visibility
from studio.money import run_holds
from studio.queue import tickets, wake
from studio.runs import events, outages
from studio.runs.plan import Pictures, Plan


class KeyReused(Refused):
    def __init__(self) -> None:
        super().__init__("This request key was used for another request.")


def submit(
    *,
    by: Membership,
    plan: Plan,
    api_key: ApiKey | None = None,
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
    """Put a planned run with its slots in the line; a worker calls the provider, the web process never does. If this
    maker has used the request key before, return that run. If `is_awaited` by a caller with an open request, refuse
    while the connection is left alone. Several runs of one transaction share a `now`, so that none of them makes a new
    day's counters behind the locks of another."""
    by = access.read_again(by, api_key)  # rights may have ended since the request began
    if not by.is_at_least(Role.MEMBER):
        raise NotAllowed("Your role does not allow you to make pictures.")
    spec, connection = plan.spec, plan.connection
    new = partial(
        Run,
        org=by.org,
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

    def act() -> Run:
        made = new()
        asked = fingerprint.fingerprint_of(made, [one.sha256 for one in plan.pictures.all])
        with transaction.atomic():
            made.save(force_insert=True)
            slots = Slot.objects.bulk_create(Slot(org=made.org, run=made, index=index) for index in range(spec.n))
            _attach(made, plan.pictures)
            events.record(made, "queued", data={"count": spec.n})
            line_up(made, slots, connection, asked=asked, is_awaited=is_awaited)
            run_holds.hold(
                run=made,
                slots=slots,
                by=by,
                api_key=api_key,
                spec=spec,
                model=plan.model,
                connection=connection,
                price=plan.price,
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


def _with_key_of(run: Run) -> Run | None:
    """Return the run that has this request key already, if any. Of two made at the same moment, the unique constraint
    lets one through, and the other waits for its commit before it fails."""
    if not run.request_key:
        return None
    earlier = Run.objects.filter(org=run.org, maker=run.maker, request_key=run.request_key).first()
    if earlier is not None and earlier.request_hash != run.request_hash:
        raise KeyReused from None
    return earlier


def _attach(run: Run, pictures: Pictures) -> None:
    numbered = list(enumerate(pictures.references, start=1))
    if pictures.mask:
        numbered.append((RunInput.MASK, pictures.mask))
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
