import dramatiq
from dramatiq.middleware import TimeLimitExceeded

from accounts import deliveries, health
from accounts.models import Health, Membership, ProviderConnection
from saas import tenancy
from saas.broker import enqueue


@dramatiq.actor(max_retries=0, time_limit=30_000)
def test_connection(org_id: int, code: str) -> None:
    with tenancy.tenant(org_id):
        connection = ProviderConnection.objects.select_related("org").filter(code=code).first()
    if connection is None or connection.health != Health.TESTING:
        return  # removed, changed or tested already while the message waited
    try:
        outcome = health.probe(connection)  # between two transactions: the provider may take its time
    except TimeLimitExceeded:  # each byte came in time, and the last one never
        outcome = health.NEVER_ENDED
    with tenancy.tenant(org_id):
        health.finish_test(connection, outcome)


def request_test(*, connection: ProviderConnection, by: Membership) -> None:
    health.begin_test(connection=connection, by=by)
    enqueue(test_connection, connection.org_id, str(connection.code))


__all__ = [
    "deliveries",
    "request_test",
    "test_connection",
]  # a task that lives beside its verbs is found by way of here
