"""Submit a run, for pages, the API and the gateway alike.

A function of the database (studio/migrations/sql/submit.sql) does all of it in one round trip: it reads the rights
again, compares the connections and prices that the run was planned with, writes the run with its slots, inputs, event
and tickets, and holds the money, its counters last. When it refuses, it has changed nothing and says why; then this
module words the refusal, plans again, or puts right what stood in the way. A caller that has more to write opens the
organization's wall around both; for any other the function is a transaction of its own."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

import structlog
from django.db.models import QuerySet
from psycopg.types.json import Jsonb

from accounts import access
from accounts.errors import NotAllowed, Refused
from accounts.limits.hold_requests import ASKED, MOST_TIMES, NeverSettled, Part
from accounts.models import ApiKey, Budget, Membership, Organization, ProviderConnection, Role, User
from saas.database import functions, tenancy
from saas.database.release import released
from studio.catalogue import fingerprint
from studio.models import Lane, Relation, Run, RunEvent, Slot, Visibility
from studio.money import offers, run_holds
from studio.queue import tickets, wake
from studio.runs import events, lanes, outages
from studio.runs.plan import Pictures, Plan, make_from

SUBMIT = f"""
SELECT studio_submit(
    ROW(%(member)s, %(role)s, %(time_zone)s, %(calls_at_once)s, %(has_usual_loan)s,
        %(api_key)s, %(scopes)s, %(now)s)::studio_caller,
    {ASKED}, %(fields)s, %(inputs)s::bigint[], %(numbers)s::int[], %(line)s, %(offer)s, %(is_awaited)s, %(may_wait)s)
"""

log = structlog.get_logger("darkroom.transactions")


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
    budget: Budget | None = None,
    parent: Run | None = None,
    relation: Relation = Relation.NONE,
    request_key: str = "",
    request_hash: str = "",
    awaited_by: int | None = None,
    is_awaited: bool = False,
    about_to: Callable[[Run], object] = lambda _: None,
    now: datetime | None = None,
) -> Run:
    """Put a planned run with its slots in the line; a worker calls the provider, the web process never does. If this
    maker has used the request key before, return that run. A `budget` counts beside every other limit. If `is_awaited`
    by a caller with an open request, refuse while the connection is left alone. Raise SpecRefused if the offer has
    changed and the request no longer fits it.

    `about_to` gets the run each time right before the database is asked, when this thread has a connection and its
    turn; what it raises gives the run up. Several runs of one transaction share a `now`, so that none of them makes a
    new day's counters behind the locks of another."""
    if not by.is_at_least(Role.MEMBER):
        by = _read_again(by, api_key)
    spec = plan.spec
    run = Run(
        org=by.org,
        maker=by.user,
        api_key=api_key,
        connection=plan.connection,
        kind=spec.kind,
        model=spec.model,
        prompt=spec.title,
        asked=spec.to_json(),
        count=spec.pictures,
        visibility=visibility,
        project=project,
        end_user=end_user,
        budget=budget,
        parent=parent,
        relation=relation,
        lane=plan.lane,
        request_key=request_key,
        request_hash=request_hash,
        awaited_by=awaited_by,
        last_seq=1,
    )
    slots = [Part(uuid4()) for _ in range(spec.pictures)]
    may_wait = not is_awaited
    for _ in range(MOST_TIMES):
        request = run_holds.request(
            run=run,
            parts=slots,
            by=by,
            api_key=api_key,
            spec=spec,
            model=plan.model,
            connection=plan.connection,
            standbys=plan.standbys,
            price=plan.price,
            price_list=plan.offer.prices,
            reserve=plan.reserve,
            now=now,
        )
        values = {**request.parameters, **_caller(by, run), **_inputs(plan.pictures), "fields": Jsonb(_fields(run))}
        values |= {"line": Jsonb(_line(run, plan)), "offer": plan.offer.version}
        values |= {"is_awaited": is_awaited, "may_wait": may_wait}
        with released():
            functions.take_turn(run.org_id)
            about_to(run)
            told = functions.ask(run.org_id, SUBMIT, values)
        match told:
            case {"id": int(number), "at": str(at)}:
                return _made(run, number, datetime.fromisoformat(at))
            case {"by": "rights"}:
                by = _read_again(by, api_key)
                run.org = by.org
            case {"by": "offer", "offer": said}:
                offer = offers.learn(run.org, said)
                before = plan
                plan = make_from(offer, spec=spec, pictures=plan.pictures, route=plan.route)
                if before.lane == Lane.OVERNIGHT:
                    plan = lanes.overnight(plan, goes_live=before.reserve is not None)
                run.connection, may_wait = plan.connection, not is_awaited
            case {"by": "outage"}:
                with tenancy.tenant(run.org_id):
                    outages.refuse(run, plan.connection)
                may_wait = True  # another connection takes over, or the outage has just ended
            case {"by": "request key"}:
                return _with_key_of(run)
            case {"by": "deadlock"}:
                log.warning("transaction is tried once more", reason="deadlock")
            case why:
                request.resolve(why)
    raise NeverSettled


def _read_again(by: Membership, api_key: ApiKey | None) -> Membership:
    """Return the member as stored now. Raise RightsEnded or NotAllowed if this member may not make pictures."""
    with tenancy.tenant(by.org_id):
        now = access.read_again(by, api_key)
    if not now.is_at_least(Role.MEMBER):
        raise NotAllowed("Your role does not allow you to make pictures.")
    return now


def _made(run: Run, number: int, at: datetime) -> Run:
    run.pk, run._state.adding = number, False
    events.announce(run, RunEvent(org_id=run.org_id, run=run, seq=1, at=at, type="queued", data={"count": run.count}))
    if run.lane == Lane.NOW:
        _call_workers(run.count)
    return run


def _with_key_of(run: Run) -> Run:
    """Return the run that has this request key already. Of two made at the same moment, the unique index lets one
    through, and the other has waited for its commit."""
    with tenancy.tenant(run.org_id):
        made = _of_key(run.org, run.maker, run.request_key).get()
    return _same(made, run.request_hash)


def earlier(*, by: Membership, request_key: str, request_hash: str) -> Run | None:
    """Return the run that this member has asked for by the same request key. Raise KeyReused if it is another one."""
    found = _of_key(by.org, by.user, request_key).first()
    return None if found is None else _same(found, request_hash)


def _of_key(org: Organization, maker: User, request_key: str) -> QuerySet[Run]:
    return Run.objects.select_related("connection", "org").filter(org=org, maker=maker, request_key=request_key)


def _same(run: Run, request_hash: str) -> Run:
    if run.request_hash != request_hash:
        raise KeyReused
    return run


def _caller(by: Membership, run: Run) -> dict[str, Any]:
    """Return what was known of the rights behind this request, to be compared with what is stored now."""
    org, key = by.org, run.api_key
    return {
        "member": by.pk,
        "time_zone": org.time_zone,
        "calls_at_once": org.calls_at_once,
        "has_usual_loan": org.has_usual_loan,
        "scopes": key.scopes if key else None,
        "now": run.created_at,
    }


def _fields(run: Run) -> dict[str, Any]:
    names = ("kind", "model", "prompt", "asked", "visibility", "project", "end_user", "relation", "lane", "request_key")
    fields = {name: getattr(run, name) for name in names}
    return {**fields, "request_hash": run.request_hash, "awaited_by": run.awaited_by, "parent": run.parent_id}


def _inputs(pictures: Pictures) -> dict[str, list[int]]:
    numbered = pictures.numbered
    return {"inputs": [one.pk for one, _ in numbered], "numbers": [number for _, number in numbered]}


def _line(run: Run, plan: Plan) -> dict[str, int]:
    """Return what the tickets hold of this run."""
    return {
        "connection": plan.connection.pk,
        "org_limit": run.org.most_calls_at_once,
        "connection_limit": plan.connection.most_calls_at_once,
        "likeness": fingerprint.fingerprint_of(run, [one.sha256 for one in plan.pictures.all]),
    }


def line_up(run: Run, slots: Sequence[Slot], connection: ProviderConnection, *, asked: int) -> None:
    """Put slots of a run back in the line."""
    tickets.join(
        slots,
        maker_id=run.maker_id,
        connection_id=connection.pk,
        org_limit=run.org.most_calls_at_once,
        connection_limit=connection.most_calls_at_once,
        likeness=asked,
    )
    _call_workers(len(slots))


def _call_workers(count: int) -> None:
    for _ in range(count):
        wake.soon("develop")
