import dramatiq

from accounts import health
from accounts.models import Membership, ProviderConnection
from saas import tenancy
from saas.broker import enqueue


@dramatiq.actor(max_retries=0, time_limit=60_000)
def test_connection(org_id: int, code: str) -> None:
    with tenancy.tenant(org_id):
        connection = ProviderConnection.objects.select_related("org").filter(code=code).first()
    if connection is None:
        return  # removed while the message waited
    outcome = health.probe(connection)  # between two transactions: the provider may take its time
    with tenancy.tenant(org_id):
        health.finish_test(connection, *outcome)


def request_test(*, connection: ProviderConnection, by: Membership) -> None:
    health.begin_test(connection=connection, by=by)
    enqueue(test_connection, connection.org_id, str(connection.code))
