"""A process that is to end claims no ticket, and leaves its message to another one."""

import pytest

from accounts.models import Organization, User
from saas.queue import lanes, thread_shares
from saas.queue.thread_shares import Shares
from studio.models import State, Ticket
from studio.tasks import develop
from tests.studio.engine.test_worker import events, slots, submit, up

__all__ = ["up"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("up")]


def test_a_message_for_a_process_that_is_to_end_is_sent_again_and_claims_nothing(
    acme: Organization, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = list[str]()
    shares = Shares(8)
    monkeypatch.setitem(thread_shares.OF_LANE, lanes.PICTURES, shares)
    monkeypatch.setattr(develop, "send", lambda: sent.append("develop"))
    run = submit(acme, alice)
    sent.clear()
    shares.close()
    develop()
    assert sent == ["develop"]
    assert (slots(run)[0].state, slots(run)[0].tries, events(run)) == (State.QUEUED, 0, ["queued"])
    assert Ticket.objects.get().worker is None
