"""E-mails: a row until the mail server has taken each, whatever becomes of queue, worker and mail server."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from smtplib import SMTPDataError, SMTPRecipientsRefused, SMTPSenderRefused, SMTPServerDisconnected
from typing import Any, NoReturn

import dramatiq
import pytest
from django.core import mail as outgoing
from django.core.mail import EmailMessage
from django.db import connection, transaction
from django.db.models.functions import Now
from django.test import Client
from django.utils import timezone

from accounts import mail_outbox
from accounts.models import Mail, User

pytestmark = pytest.mark.django_db(transaction=True)

BODY = "https://darkroom.example/reset/secret-code"


@pytest.fixture(autouse=True)
def unsent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """No worker is called; each test says when one comes."""
    found: list[str] = []
    monkeypatch.setattr(mail_outbox.deliver, "send", lambda: found.append("deliver"))
    return found


def write(to: str = "ada@example.com") -> Mail:
    with transaction.atomic():
        mail_outbox.send(subject="Your\nlink", body=BODY, to=[to])
    return Mail.objects.latest("pk")


def come_due() -> None:
    Mail.objects.update(due_at=Now())


def failing(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fail(message: EmailMessage) -> NoReturn:
        raise error

    monkeypatch.setattr(EmailMessage, "send", fail)


def test_a_mail_is_a_row_until_it_has_gone_out(unsent: list[str]) -> None:
    write()
    assert unsent == ["deliver"]
    assert (Mail.objects.count(), len(outgoing.outbox)) == (1, 0)
    assert mail_outbox.deliver_next()
    assert [(one.subject, one.body, one.to) for one in outgoing.outbox] == [("Your link", BODY, ["ada@example.com"])]
    assert not Mail.objects.exists()
    assert not mail_outbox.deliver_next()
    assert len(outgoing.outbox) == 1


def test_what_it_says_and_to_whom_lies_sealed() -> None:
    write()
    with connection.cursor() as cursor:
        cursor.execute("SELECT m::text FROM accounts_mail m")
        (text,) = cursor.fetchone()
    assert "v1." in text
    assert "ada@" not in text
    assert "secret-code" not in text


def test_a_mail_of_a_transaction_that_is_rolled_back_is_never_sent(unsent: list[str]) -> None:
    def write_and_break() -> None:
        with transaction.atomic():
            mail_outbox.send(subject="x", body=BODY, to=["ada@example.com"])
            raise KeyError

    with pytest.raises(KeyError):
        write_and_break()
    assert (unsent, Mail.objects.count()) == ([], 0)


def test_a_queue_that_takes_nothing_loses_no_mail(client: Client, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> NoReturn:
        raise ConnectionError("no queue")

    monkeypatch.setattr(mail_outbox.deliver, "send", refuse)
    assert client.post("/accounts/password/reset/", {"email": alice.email}).status_code == 302
    assert (Mail.objects.count(), len(outgoing.outbox)) == (1, 0)
    assert mail_outbox.deliver_next()
    (sent,) = outgoing.outbox
    assert sent.to == [alice.email]
    assert "/accounts/password/reset/key/" in sent.body


def test_two_workers_never_have_the_same_one() -> None:
    write()
    first = mail_outbox._claim()
    assert first is not None
    assert mail_outbox._claim() is None


def test_a_worker_that_died_in_the_middle_costs_a_while_and_no_mail() -> None:
    write()
    assert mail_outbox._claim() is not None  # its worker is killed now
    assert not mail_outbox.deliver_next()
    row = Mail.objects.get()
    assert timedelta(0) < row.due_at - timezone.now() <= mail_outbox.UNDER_WAY
    come_due()
    assert mail_outbox.deliver_next()
    assert (Mail.objects.count(), len(outgoing.outbox)) == (0, 1)


def test_a_worker_that_was_thought_dead_takes_nothing_from_the_one_that_followed() -> None:
    write()
    late = mail_outbox._claim()
    assert late is not None
    come_due()
    other = mail_outbox._claim()
    assert other is not None
    mail_outbox._end(late)
    assert Mail.objects.count() == 1
    mail_outbox._end(other)
    assert Mail.objects.count() == 0


@pytest.mark.parametrize(
    "error",
    [
        ConnectionRefusedError(),
        SMTPServerDisconnected(),
        SMTPDataError(451, b"later"),
        SMTPRecipientsRefused({"ada@example.com": (450, b"busy")}),
        SMTPSenderRefused(550, b"not from here", "darkroom@example.com"),
    ],
    ids=["away", "hung up", "data later", "recipient later", "sender"],
)
def test_a_mail_that_the_server_does_not_take_now_is_tried_with_growing_pauses_for_a_day(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    write()
    with monkeypatch.context() as patch:
        failing(patch, error)
        pauses = []
        for _ in range(len(mail_outbox.WAITS_SECONDS) + 1):
            assert mail_outbox.deliver_next()
            pauses.append(round((Mail.objects.get().due_at - timezone.now()).total_seconds() / 15) * 15)
            assert not mail_outbox.deliver_next(), "not before its time"
            come_due()
        assert pauses == [*mail_outbox.WAITS_SECONDS, mail_outbox.WAITS_SECONDS[-1]]
    assert mail_outbox.deliver_next()
    assert (Mail.objects.count(), len(outgoing.outbox)) == (0, 1)


@pytest.mark.parametrize(
    "error",
    [SMTPDataError(554, b"spam"), SMTPRecipientsRefused({"ada@example.com": (550, b"no such box")})],
    ids=["data", "recipient"],
)
def test_a_mail_that_the_server_refuses_for_good_is_logged_and_dropped(
    error: Exception, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    write()
    failing(monkeypatch, error)
    assert mail_outbox.deliver_next()
    assert not Mail.objects.exists()
    told = [record.getMessage() for record in caplog.records if "mail refused" in record.getMessage()]
    assert len(told) == 1
    assert "ada@" not in told[0]


def test_a_mail_that_fails_for_longer_than_a_day_is_given_up() -> None:
    row = write()
    assert mail_outbox._claim() is not None
    Mail.objects.filter(pk=row.pk).update(created_at=timezone.now() - mail_outbox.TRIED_FOR - timedelta(minutes=1))
    come_due()
    assert mail_outbox.deliver_next()
    assert (Mail.objects.count(), len(outgoing.outbox)) == (0, 0)


def test_a_mail_that_waited_longer_than_a_day_for_a_worker_is_still_sent() -> None:
    row = write()
    Mail.objects.filter(pk=row.pk).update(created_at=timezone.now() - mail_outbox.TRIED_FOR - timedelta(days=1))
    assert mail_outbox.deliver_next()
    assert len(outgoing.outbox) == 1


def test_a_mail_that_does_not_open_is_dropped() -> None:
    Mail.objects.create(sealed="v1.nonsense")
    assert mail_outbox.deliver_next()
    assert (Mail.objects.count(), len(outgoing.outbox)) == (0, 0)


def test_thirty_at_once_go_out_once_each() -> None:
    for number in range(30):
        write(f"person{number}@example.com")
    with at_once(4, _deliver_all):
        pass
    assert sorted(to for one in outgoing.outbox for to in one.to) == sorted(f"person{n}@example.com" for n in range(30))
    assert not Mail.objects.exists()


def _deliver_all() -> None:
    try:
        while mail_outbox.deliver_next():
            pass
    finally:
        connection.close()


@contextmanager
def at_once(count: int, act: Callable[[], Any]) -> Iterator[None]:
    threads = [threading.Thread(target=act) for _ in range(count)]
    for thread in threads:
        thread.start()
    yield
    for thread in threads:
        thread.join()


def test_one_message_sends_one_mail_and_calls_for_the_next(unsent: list[str]) -> None:
    write()
    write("ben@example.com")
    unsent.clear()
    mail_outbox.deliver.fn()
    assert (len(outgoing.outbox), unsent) == (1, ["deliver"])
    mail_outbox.deliver.fn()
    assert (len(outgoing.outbox), unsent) == (2, ["deliver"])


def test_the_sweeper_calls_for_what_is_due(unsent: list[str]) -> None:
    write()
    write("ben@example.com")
    unsent.clear()
    assert mail_outbox.call_due() == 2
    assert unsent == ["deliver", "deliver"]


def test_a_message_of_an_earlier_version_brings_its_mail_along() -> None:
    write()
    sealed = Mail.objects.get().sealed
    Mail.objects.all().delete()
    mail_outbox.deliver.fn(sealed)
    assert mail_outbox.deliver_next()
    assert len(outgoing.outbox) == 1


def test_nothing_of_the_database_is_held_while_the_mail_server_takes_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    held: list[object] = []
    monkeypatch.setattr(EmailMessage, "send", lambda message: held.append(connection.connection))
    write()
    connection.close()
    assert mail_outbox.deliver_next()
    assert held == [None]


def test_mails_to_an_erased_person_are_forgotten_and_others_stay() -> None:
    write("Ada@example.com")
    write("ben@example.com")
    assert mail_outbox.forget({"ada@example.com"}, really=False) == 1
    assert Mail.objects.count() == 2
    assert mail_outbox.forget({"ada@example.com"}, really=True) == 1
    while mail_outbox.deliver_next():
        pass
    assert [one.to for one in outgoing.outbox] == [["ben@example.com"]]


def test_rotating_the_keys_seals_what_waits_anew(settings: Any) -> None:
    from saas.crypto import sealing

    write()
    new = sealing.generate_key()
    settings.ENCRYPTION_KEYS = [new, *settings.ENCRYPTION_KEYS]
    assert (mail_outbox.reseal(), mail_outbox.reseal()) == (1, 0)
    settings.ENCRYPTION_KEYS = [new]
    assert mail_outbox.deliver_next()
    assert len(outgoing.outbox) == 1


def test_mails_have_their_own_lane() -> None:
    actor = dramatiq.get_broker().get_actor("deliver")
    assert actor.queue_name == "mail"
