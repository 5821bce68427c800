"""E-mails go out by a worker, so that a slow or absent mail server costs nobody a page and loses no invitation.

They hold links that open accounts; in the queue they lie sealed.
"""

import json
from typing import TypedDict

from django.core.mail import EmailMessage

from saas import sealing
from saas.broker import enqueue

CONTEXT = "mail"


class Mail(TypedDict):
    subject: str
    body: str
    to: list[str]


def send(*, subject: str, body: str, to: list[str]) -> None:
    """When the transaction has committed."""
    from saas import tasks

    mail: Mail = {"subject": " ".join(subject.split())[:200], "body": body, "to": to}
    enqueue(tasks.deliver, sealing.seal(json.dumps(mail), context=CONTEXT))


def deliver(sealed: str) -> None:
    mail: Mail = json.loads(sealing.unseal(sealed, context=CONTEXT).reveal())
    EmailMessage(mail["subject"], mail["body"], to=mail["to"]).send()
