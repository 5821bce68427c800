"""What real calls teach about a connection, that no test may find out without spending."""

import pytest
from django.db import connection as database

from accounts.connections.registry import Terms
from accounts.models import Health, Organization, ProviderConnection, User
from saas.database import tenancy
from studio.models import Run, State
from studio.runs import failover
from tests.studio.engine.test_circuit import backup
from tests.studio.engine.test_connection_terms import set_terms
from tests.studio.engine.test_worker import state, submit, up, work
from tests.support import vanished_session
from tests.support.fake_provider import USAGE, Upstream, completed, error, pictures, png, text_of

pytestmark = pytest.mark.django_db
CONNECTION = "SELECT id FROM accounts_providerconnection WHERE id = %s FOR NO KEY UPDATE"
__all__ = ["backup", "up"]


def parameters() -> dict[str, object]:
    return dict(database.get_connection_params())


def default(org: Organization) -> ProviderConnection:
    with tenancy.tenant(org.pk):
        return org.connections.get(is_default=True)


def test_a_stream_is_noticed_and_so_is_its_absence(acme: Organization, alice: User, up: Upstream) -> None:
    assert default(acme).has_streamed is None
    submit(acme, alice)
    work()
    assert default(acme).has_streamed is True
    up.script = lambda exchange: exchange.whole(200, {"data": [{"b64_json": text_of(png())}], "usage": USAGE})
    submit(acme, alice)
    work()
    assert default(acme).has_streamed is False


@pytest.mark.django_db(transaction=True)
def test_while_another_session_has_the_connection_pictures_come_and_the_next_one_teaches(
    acme: Organization, alice: User, up: Upstream
) -> None:
    """In a first burst, each picture would wait until those before it have written the same."""
    connection = default(acme)
    with vanished_session.held(CONNECTION, connection.pk, parameters(), org_id=acme.pk):
        run = submit(acme, alice)
        work()
        assert state(run) == State.SUCCEEDED
    assert default(acme).has_streamed is None
    submit(acme, alice)
    work()
    assert default(acme).has_streamed is True


@pytest.mark.django_db(transaction=True)
def test_while_another_session_has_the_connection_a_failure_ends_its_run(
    acme: Organization, alice: User, up: Upstream
) -> None:
    up.script = lambda exchange: exchange.whole(401, error("invalid_api_key"))
    with vanished_session.held(CONNECTION, default(acme).pk, parameters(), org_id=acme.pk):
        run = submit(acme, alice)
        work()
        assert state(run) == State.FAILED
    assert default(acme).health == Health.UNKNOWN


def test_who_was_not_asked_to_stream_is_not_judged(acme: Organization, alice: User, up: Upstream) -> None:
    set_terms(acme, alice, Terms(can_stream=False))
    up.script = lambda exchange: exchange.whole(200, {"data": [{"b64_json": text_of(png())}], "usage": USAGE})
    submit(acme, alice)
    work()
    assert default(acme).has_streamed is None


@pytest.mark.parametrize(
    ("status", "body", "word"),
    [
        (429, error("insufficient_quota", "insufficient_quota"), "balance"),
        (403, error(None, message="Your organization must be verified."), "verified"),
        (401, error("invalid_api_key"), "key"),
    ],
)
def test_a_trouble_that_stays_is_shown_until_a_picture_comes(
    status: int, body: object, word: str, acme: Organization, alice: User, up: Upstream
) -> None:
    up.script = lambda exchange: exchange.whole(status, body)
    submit(acme, alice)
    work()
    found = default(acme)
    assert found.health == Health.FAILING
    assert word in found.health_sentence
    up.script = pictures(completed(png()))
    submit(acme, alice)
    work()
    assert (default(acme).health, default(acme).health_sentence) == (Health.OK, "A picture arrived.")


def test_a_refused_prompt_says_nothing_about_the_connection(acme: Organization, alice: User, up: Upstream) -> None:
    up.script = lambda exchange: exchange.whole(400, error("moderation_blocked"))
    submit(acme, alice)
    work()
    assert default(acme).health == Health.UNKNOWN


def test_one_that_does_not_list_the_model_does_not_take_over(
    acme: Organization, alice: User, up: Upstream, backup: ProviderConnection
) -> None:
    run = submit(acme, alice)
    with tenancy.tenant(acme.pk):
        asked = Run.objects.select_related("connection").get(pk=run.pk)
        assert asked.connection is not None
        slot_code = asked.slots.get().code
        assert failover.next_connection(asked, slot_code, asked.connection) == backup
        ProviderConnection.objects.filter(pk=backup.pk).update(image_models=["gpt-image-2.5-flare"])
        assert failover.next_connection(asked, slot_code, asked.connection) is None
