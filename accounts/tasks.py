import dramatiq
from dramatiq.middleware import TimeLimitExceeded

from accounts import mail_outbox
from accounts.connections import probe
from accounts.models import Health, Membership, ProviderConnection
from accounts.webhooks import delivery
from saas.database import tenancy
from saas.database.release import released
from saas.queue import lanes, thread_shares
from saas.queue.broker import enqueue
from saas.queue.thread_shares import Place

WAIT_MILLISECONDS = 1000  # for a thread of the lane, while an organization uses its whole share of them


@dramatiq.actor(queue_name=lanes.CHECKS, max_retries=0, time_limit=30_000)
def test_connection(org_id: int, code: str) -> None:
    with thread_shares.OF_LANE[lanes.CHECKS].place(Place(org_id, None)) as has_place:
        if has_place:
            _test_connection(org_id, code)
        else:
            test_connection.send_with_options(args=(org_id, code), delay=WAIT_MILLISECONDS)


def _test_connection(org_id: int, code: str) -> None:
    with released(), tenancy.tenant(org_id):
        connection = ProviderConnection.objects.select_related("org").filter(code=code).first()
    if connection is None or connection.health != Health.TESTING:
        return  # removed, changed or tested already while the message waited
    if not connection.org.may_work:
        with tenancy.tenant(org_id):
            probe.finish_test(connection, probe.NOT_ASKED)
        return
    try:
        outcome = probe.probe(connection)  # outside of any transaction: the provider may be slow
    except TimeLimitExceeded:  # each byte came in time, but the answer never ended
        outcome = probe.NEVER_ENDED
    with tenancy.tenant(org_id):
        probe.finish_test(connection, outcome)


def request_test(*, connection: ProviderConnection, by: Membership) -> None:
    probe.begin_test(connection=connection, by=by)
    enqueue(test_connection, connection.org_id, str(connection.code))


__all__ = [
    "delivery",
    "mail_outbox",
    "request_test",
    "test_connection",
]  # workers find the tasks of other modules through this one
