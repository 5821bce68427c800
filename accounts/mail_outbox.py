"""Send e-mails by a worker, so that a slow or absent mail server delays no page and loses no invitation.

Each mail is a row until the mail server has taken it; a message in the queue means only that some row is due. A worker
claims the row with a token of its own and sends it. If the broker loses the message, or the worker dies, the row comes
due again. A mail may then be sent twice, if the worker died after the mail server took the mail and before the row was
deleted."""

import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from smtplib import SMTPDataError, SMTPRecipientsRefused
from typing import TypedDict
from uuid import UUID, uuid4

import dramatiq
import structlog
from django.core.mail import EmailMessage
from django.db import connection
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import Mail
from saas.crypto import sealing
from saas.crypto.sealing import CannotUnseal
from saas.database import release
from saas.database.release import released
from saas.queue import broker, due, lanes
from saas.queue.broker import enqueue

CONTEXT = "mail"
LONGEST_NAME = 40
LINKED = re.compile(r"[:/\\@<>]+|(?<=\w)[.\u3002\uff0e\uff61](?=\w)")  # what joins the parts of an address

WAITS_SECONDS = (15, 60, 300, 900, 1800, 3600)  # after each failed try; later ones wait as long as the last
TRIED_FOR = timedelta(days=1)  # the links in a mail do not work much longer
UNDER_WAY = timedelta(seconds=90)  # the lease: longer than a try may take; afterwards the worker counts as dead
LIMIT_MILLISECONDS = 60_000

CLAIM = """
UPDATE accounts_mail
SET claim = %(claim)s, tries = tries + 1, due_at = clock_timestamp() + make_interval(secs => %(under_way)s)
WHERE id = (
    SELECT id FROM accounts_mail WHERE due_at <= clock_timestamp() ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
)
RETURNING id, claim, sealed, tries, created_at
"""

log = structlog.get_logger("darkroom.mail")


class Content(TypedDict):
    subject: str
    body: str
    to: list[str]


@dataclass(frozen=True)
class Claim:
    """A worker's claim on a mail."""

    id: int
    token: UUID
    sealed: str
    tries: int
    created_at: datetime

    @property
    def is_old(self) -> bool:
        return timezone.now() - self.created_at > TRIED_FOR


def name(text: str) -> str:
    """Return a name as it may appear in a mail to a stranger: short, on one line, without anything that a mail program
    turns into a link."""
    plain = " ".join(LINKED.sub(" ", text).split())
    return plain if len(plain) <= LONGEST_NAME else f"{plain[: LONGEST_NAME - 1].rstrip()}…"


def send(*, subject: str, body: str, to: list[str]) -> None:
    """Write a mail as a row. It is sent after the transaction has committed."""
    content: Content = {"subject": " ".join(subject.split())[:200], "body": body, "to": to}
    _keep(sealing.seal(json.dumps(content), context=CONTEXT))


def _keep(sealed: str) -> None:
    Mail.objects.create(sealed=sealed)
    enqueue(deliver)


def call_due() -> int:
    """Call workers for the mails that are due. Return how many are due, at most `due.MOST_CALLED`."""
    return due.call(deliver, count_due())


def count_due() -> int:
    return due.count(Mail)


@dramatiq.actor(queue_name=lanes.MAIL, max_retries=0, time_limit=LIMIT_MILLISECONDS)
def deliver(sealed: str = "") -> None:
    """Send the next mail that is due, and call a worker if more are due. A message of an earlier version carries its
    mail."""
    if sealed:
        _keep(sealed)
    elif deliver_next() and count_due():
        broker.call(deliver)


def deliver_next() -> bool:
    """Send the mail that has been due longest. Return False if none is due."""
    claim = _claim()
    if claim is None:
        return False
    if claim.is_old and claim.tries > 1:
        log.error("mail abandoned", mail=claim.id, tries=claim.tries - 1)
        _end(claim)
    else:
        _deliver(claim)
    return True


def forget(addresses: Collection[str], *, really: bool) -> int:
    """Count the mails to any of these addresses that have not gone out yet, and delete them if `really`. Return the
    count."""
    found = [mail.pk for mail in Mail.objects.iterator() if _is_to(mail, {each.lower() for each in addresses})]
    if really:
        Mail.objects.filter(pk__in=found).delete()
    return len(found)


def reseal() -> int:
    """Seal all waiting mails under the newest encryption key. Return how many changed."""
    count = 0
    for mail in Mail.objects.iterator():
        try:
            sealed, was_changed = sealing.reseal(mail.sealed, context=CONTEXT)
        except CannotUnseal:
            continue  # the key that sealed it is gone: the next try deletes it
        count += was_changed and Mail.objects.filter(pk=mail.pk).update(sealed=sealed)
    return count


def _claim() -> Claim | None:
    with released(), connection.cursor() as cursor:
        cursor.execute(CLAIM, {"claim": uuid4(), "under_way": UNDER_WAY.total_seconds()})
        row = cursor.fetchone()
    return Claim(*row) if row else None


def _deliver(claim: Claim) -> None:
    try:
        content = _open(claim.sealed)
        release.refuse_to_wait()
        EmailMessage(content["subject"], content["body"], to=content["to"]).send()
    except CannotUnseal:
        log.exception("mail cannot be decrypted", mail=claim.id)
        _end(claim)
    except Exception as error:
        if _is_refused_for_good(error):
            log.warning("mail refused", mail=claim.id, error=type(error).__name__)
            _end(claim)
        else:
            wait = WAITS_SECONDS[min(claim.tries, len(WAITS_SECONDS)) - 1]
            log.warning("mail not sent", mail=claim.id, tries=claim.tries, error=type(error).__name__, again_in=wait)
            _wait(claim, wait)
    else:
        _end(claim)


def _is_refused_for_good(error: Exception) -> bool:
    """Return whether the mail server will never take this mail. Errors about the sender or our password are for the
    operator to fix, and the mail waits meanwhile."""
    if isinstance(error, SMTPRecipientsRefused):
        codes = [code for code, _ in error.recipients.values()]
    elif isinstance(error, SMTPDataError):
        codes = [error.smtp_code]
    else:
        return False
    return all(500 <= code < 600 for code in codes)  # noqa: PLR2004 SMTP's own


def _wait(claim: Claim, seconds: float) -> None:
    with released():
        _claimed(claim).update(due_at=Now() + timedelta(seconds=seconds))


def _end(claim: Claim) -> None:
    with released():
        _claimed(claim).delete()


def _claimed(claim: Claim) -> QuerySet[Mail]:
    return Mail.objects.filter(pk=claim.id, claim=claim.token)


def _open(sealed: str) -> Content:
    content: Content = json.loads(sealing.unseal(sealed, context=CONTEXT).reveal())
    return content


def _is_to(mail: Mail, addresses: Collection[str]) -> bool:
    try:
        to = _open(mail.sealed)["to"]
    except CannotUnseal:
        return False
    return any(address.lower() in addresses for address in to)
