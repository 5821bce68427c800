"""Improve prompts in a worker: claim a ticket, call the provider once, check the answer, settle the hold."""

import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import structlog
from django.db import transaction
from django.utils import timezone

from accounts.limits import holds
from billing import charging, tokens
from saas.database import tenancy
from saas.database.release import released
from saas.database.transactions import once_more
from saas.queue import due, lanes, thread_shares
from saas.queue.thread_shares import Barred
from studio.models import Charged, Rewrite, RewriteState, RewriteTicket
from studio.prompt.rewrite import INSTRUCTIONS, MOST_TOKENS_OUT
from studio.providers import requests
from studio.providers.outcomes import OUTCOMES, ProviderError
from studio.providers.text_answers import Written
from studio.runs import suspended

DEADLINE_SECONDS = 90.0
TAKEN_SECONDS = 150  # the lease of a claim: longer than the deadline; after that the worker counts as dead
LONGEST_SUGGESTION = 32_000  # as a prompt may be

# These outcomes have other sentences here than for pictures.
SENTENCES = {
    "no_text": "The model returned no text. The call was charged.",
    "cut_short": "The model did not finish. What it wrote was charged.",
    "too_long_text": "What the model wrote is longer than a prompt may be. The call was charged.",
    "moderated": "The provider's safety system refused this prompt.",
    "declined": "The model declined to rewrite this prompt.",
    "too_large": "The answer is larger than any prompt may be. The call may have been charged.",
    "strange_answer": "The server did not answer like a Responses API. Check the connection's base URL.",
    "no_answer": "The provider accepted the request but never answered. The call may have been charged.",
    "cut_off": "The connection was lost before the answer arrived. The call may have been charged.",
    "too_long": "The text model took too long. The call may have been charged.",
    "gateway_timeout": "A proxy in front of the provider timed out. The call may have been charged.",
    "provider_failed": "The provider failed. Try again.",
    "worker_lost": "The worker stopped unexpectedly during the call. The call may have been charged.",
    "bad_request": "The provider did not accept the request. An admin can choose another text model.",
}
PAID = {"no_text", "cut_short", "too_long_text", "declined"}

log = structlog.get_logger("darkroom.rewrites")


def make_next() -> bool:
    """Claim and process the ticket that has waited longest. Return False if none is due, or none may be taken now."""
    with thread_shares.OF_LANE[lanes.WORDS].taking(_take) as claim:
        if claim is None:
            return False
        _make(claim)
    return True


def _take(barred: Barred) -> RewriteTicket | None:
    return due.claim(RewriteTicket, barred, seconds=TAKEN_SECONDS)


def count_due() -> int:
    return due.count(RewriteTicket)


def _make(claim: RewriteTicket) -> None:
    with tenancy.tenant(claim.org_id):
        if not due.is_claimed(claim):
            return
        asked = Rewrite.objects.select_related("connection__org", "org").filter(code=claim.rewrite_code).first()
        if asked is None or asked.state != RewriteState.WAITING:
            due.claimed(claim).delete()
            return
        if asked.sent_at is not None:  # the worker that sent it has died
            _fail(asked, "worker_lost", Charged.PERHAPS)
            return
        if asked.org.deleted_at is not None:
            _fail(asked, "stopped", Charged.NO)
            return
        if not asked.org.may_work:
            suspended.put_off(claim, asked.org)
            return
    try:
        said = _send(asked, claim)
        if said is None:
            return  # the claim was lost to another worker
        text = _suggestion(said)
    except ProviderError as error:
        once_more(partial(_end_badly, asked, claim, error))
    except Exception:
        log.exception("prompt not improved", rewrite=str(claim.rewrite_code))
        broken = ProviderError("broken_late" if asked.sent_at else "broken")
        once_more(partial(_end_badly, asked, claim, broken))
    else:
        once_more(partial(_end_well, asked, said, text))


def _send(asked: Rewrite, claim: RewriteTicket) -> Written | None:
    from studio.providers import openai_sdk  # noqa: PLC0415 with the SDK, which takes half a second to load

    if asked.connection is None:
        raise ProviderError("no_connection")
    with released(), tenancy.tenant(claim.org_id):
        endpoint = replace(requests.endpoint_of(asked.connection), deadline_seconds=DEADLINE_SECONDS)
        if not (due.is_claimed(claim) and asked.begin()):
            return None
    asked.sent_at = timezone.now()  # from here on this worker records the outcome, even if it loses its claim
    return openai_sdk.write(
        endpoint,
        model=asked.model,
        instructions=INSTRUCTIONS,
        prompt=asked.prompt,
        most_tokens=MOST_TOKENS_OUT,
    )


def _suggestion(said: Written) -> str:
    """Return the model's text without control characters. Raise ProviderError if it is empty or too long. Pages show it
    as plain text, never as markup."""
    kept = "".join(one for one in said.text if one in "\n\t" or unicodedata.category(one)[0] != "C")
    text = kept.strip()
    if not text:
        raise ProviderError("no_text", request_id=said.request_id, details={"usage": said.usage})
    if len(text) > LONGEST_SUGGESTION:
        raise ProviderError("too_long_text", request_id=said.request_id, details={"usage": said.usage})
    return text


def _end_well(asked: Rewrite, said: Written, text: str) -> None:
    with tenancy.tenant(asked.org_id):
        _end(asked, RewriteState.READY, suggestion=text)
        _settle(asked, said.usage, said.request_id)


def _end_badly(asked: Rewrite, claim: RewriteTicket, error: ProviderError) -> None:
    """Record a failure. If the request was not sent yet, the failure counts only while this claim is valid; if it was
    sent, it always counts, because the call may have cost money."""
    log.info("prompt not improved", rewrite=str(asked.code), code=error.code, details=error.details)
    with tenancy.tenant(claim.org_id):
        if asked.sent_at is None and not due.is_claimed(claim):
            return
        if error.code in PAID:
            _fail(asked, error.code, Charged.YES, error.details.get("usage"), error.request_id)
        else:
            _fail(asked, error.code, OUTCOMES[error.code].charged, None, error.request_id)


def _fail(
    asked: Rewrite,
    code: str,
    charged: Charged,
    usage: Mapping[str, Any] | None = None,
    request_id: str = "",
) -> None:
    sentence = SENTENCES.get(code) or OUTCOMES[code].sentence
    _end(asked, RewriteState.FAILED, error_code=code, error_sentence=sentence)
    held = holds.newest(asked.code)
    if held is None:
        return
    if charged == Charged.YES:
        _settle(asked, usage, request_id)
    elif charged == Charged.PERHAPS:
        charging.doubt(held, request_id=request_id)
    else:
        charging.release(held)


@transaction.atomic
def _end(asked: Rewrite, state: RewriteState, **values: object) -> None:
    """End the rewrite and delete its ticket: the ticket first, because every claim locks it first."""
    RewriteTicket.objects.filter(rewrite_code=asked.code).delete()
    asked.end(state, **values)


def _settle(asked: Rewrite, usage: Mapping[str, Any] | None, request_id: str) -> None:
    held = holds.newest(asked.code)
    if held is not None:
        charging.settle(held, usage=usage, request_id=request_id, read=tokens.read_text_usage)
