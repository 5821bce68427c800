import dramatiq
from dramatiq.middleware import TimeLimitExceeded

from accounts import mail_outbox
from accounts.connections import probe, registry
from accounts.models import Health, Membership, ProviderConnection
from accounts.webhooks import delivery
from saas.database import tenancy
from saas.database.release import released
from saas.queue import lanes, thread_shares
from saas.queue.broker import enqueue
from saas.queue.thread_shares import Place

WAIT_MILLISECONDS = 1000  # for a thread of the lane, while an organization uses its whole share of them


@dramatiq.actor(queue_name=lanes.CHECKS, max_retries=0, time_limit=30_000)
def test_connection(org_id: int, code: str, user_id: int | None = None) -> None:  # noqa: PT028 not a test
    with thread_shares.OF_LANE[lanes.CHECKS].place(Place(org_id, None)) as has_place:
        if has_place:
            _test_connection(org_id, code, user_id)
        else:
            test_connection.send_with_options(args=(org_id, code, user_id), delay=WAIT_MILLISECONDS)


def _test_connection(org_id: int, code: str, user_id: int | None) -> None:
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
        if probe.finish_test(connection, outcome) and outcome.health == Health.OK and user_id is not None:
            _use(connection, user_id)


def _use(connection: ProviderConnection, user_id: int) -> None:
    """Make a connection that passed its test the default, if the admin who asked for it still is one."""
    by = connection.org.memberships.filter(user=user_id).select_related("user").first()
    if by is not None and by.is_admin:
        registry.make_default(connection=connection, by=by)


def request_test(*, connection: ProviderConnection, by: Membership) -> None:
    probe.begin_test(connection=connection, by=by)
    enqueue(test_connection, connection.org_id, str(connection.code))


def request_test_and_use(*, connection: ProviderConnection, by: Membership) -> None:
    """Let a worker test the connection and make it the default if it works."""
    probe.begin_test(connection=connection, by=by)
    enqueue(test_connection, connection.org_id, str(connection.code), by.user_id)


__all__ = [
    "delivery",
    "mail_outbox",
    "request_test",
    "request_test_and_use",
    "test_connection",
]  # workers find the tasks of other modules through this one
