"""Test whether a provider connection works: a worker asks the provider for its models, which costs nothing."""

import time
from dataclasses import asdict, dataclass
from http import HTTPStatus

import httpx2
from django.db.models import Q
from django.utils import timezone

from accounts import audit
from accounts.connections import registry
from accounts.errors import Refused
from accounts.models import Health, Membership, ProviderConnection
from accounts.models.connections import TEST_IS_LOST_AFTER
from saas import broadcast
from saas.crypto import sealing
from saas.database.transactions import after_commit
from saas.outbound import cancellation, guarded_http

TIMEOUT_SECONDS = 15
ANSWER_LIMIT_BYTES = 4 * 1024 * 1024

SENTENCES = {
    401: "The provider rejected the key. Enter a valid one.",
    403: "The key is valid, but the provider does not let it list models.",
    404: "There is no OpenAI-compatible API at this address. Check the base URL and its version.",
    429: "The key works, but it has reached a rate limit or its balance is used up.",
}
UNVERIFIED = "The provider requires a verified organization. Verify yours in the provider's settings."
MOST_MODELS, LONGEST_NAME = 50, 80


@dataclass(frozen=True)
class Findings:
    health: Health
    sentence: str
    latency_milliseconds: int | None = None
    image_models: list[str] | None = None


def _failing(sentence: str) -> Findings:
    return Findings(Health.FAILING, sentence)


NEVER_ENDED = _failing("The answer did not end in time.")
NOT_ASKED = Findings(Health.UNKNOWN, "Not tested, because the organization was suspended. Test it again.")
UNREACHABLE = _failing(
    "The connection failed. Check the address and whether the provider is up. Addresses inside a private network are "
    "refused, unless the operator allows them."
)


class TestedJustNow(Refused):
    def __init__(self) -> None:
        super().__init__("A test is already running.")


def begin_test(*, connection: ProviderConnection, by: Membership) -> None:
    """Mark a test as begun. Raise TestedJustNow if one is under way: a connection has one test at a time."""
    if not connection.traits.has_model_list:
        raise Refused(f"{connection.traits.title} needs no test.")
    now = timezone.now()
    idle = ~Q(health=Health.TESTING) | Q(health_checked_at__lt=now - TEST_IS_LOST_AFTER)
    was_begun = connection.org.connections.filter(idle, pk=connection.pk).update(
        health=Health.TESTING, health_sentence="", health_checked_at=now
    )
    if not was_begun:
        raise TestedJustNow
    connection.refresh_from_db(fields=registry.HEALTH_FIELDS)
    audit.record(org=connection.org, by=by.user, action="connection.tested", target=connection.name)


def finish_test(connection: ProviderConnection, findings: Findings) -> bool:
    """Write down what a test found. Return False if the findings say nothing about the connection any more."""
    is_noted = registry.note_health(connection, **asdict(findings))
    if is_noted:
        after_commit(
            broadcast.announce,
            broadcast.org_group(connection.org_id),
            {"type": "org.event", "event": {"type": "connection", "connection": str(connection.code)}},
        )
    return is_noted


def probe(connection: ProviderConnection) -> Findings:
    """Ask for the models with one GET: no redirects, only to public addresses and allowed hosts, with a bounded
    answer."""
    try:
        began = time.monotonic()
        answer = _ask_for_models(connection)
        return _judge(answer, round((time.monotonic() - began) * 1000))
    except registry.NothingLent:
        return _failing("The operator's key is no longer available.")
    except sealing.CannotUnseal:  # the key of ENCRYPTION_KEYS that sealed it is gone
        return _failing("The stored key can no longer be read. Enter it again.")
    except guarded_http.AddressRefused:  # same words as any failure, or it would reveal which internal names exist
        return UNREACHABLE
    except guarded_http.UnsafeURL as refusal:
        return _failing(str(refusal))
    except httpx2.TimeoutException:
        return _failing(f"No answer within {TIMEOUT_SECONDS} seconds.")
    except httpx2.HTTPError:
        return UNREACHABLE


def has_answered(connection: ProviderConnection) -> bool:
    """Ask the provider for its models. Return whether it is up: any answer but a server error counts, since the next
    call finds out whether the key is good."""
    try:
        return _ask_for_models(connection).status_code < HTTPStatus.INTERNAL_SERVER_ERROR
    except guarded_http.AddressRefused:  # like a server that is away, or it would reveal which internal names exist
        return False
    except (registry.NothingLent, sealing.CannotUnseal, guarded_http.UnsafeURL):
        return True  # no outage: every call fails at once and says why
    except httpx2.HTTPError:
        return False


def _ask_for_models(connection: ProviderConnection) -> httpx2.Response:
    """Ask for the models within the deadline, from the first packet to the last byte, whatever the server does."""
    address = registry.address_of(connection)
    client = guarded_http.guarded_client(
        timeout=TIMEOUT_SECONDS,
        deadline_seconds=TIMEOUT_SECONDS,
        allowed_hosts=address.allowed_hosts,
        limit_bytes=ANSWER_LIMIT_BYTES,
    )
    with cancellation.waiting() as wait, client:
        wait.end_in(TIMEOUT_SECONDS)
        return client.get(f"{address.base_url.rstrip('/')}/models", headers=_headers(connection, address))


def _headers(connection: ProviderConnection, address: registry.Address) -> dict[str, str]:
    headers = {"Accept": "application/json"}
    if address.key is not None:
        headers["Authorization"] = f"Bearer {address.key.reveal()}"
    if connection.openai_organization:
        headers["OpenAI-Organization"] = connection.openai_organization
    if connection.openai_project:
        headers["OpenAI-Project"] = connection.openai_project
    return headers


def _judge(answer: httpx2.Response, milliseconds: int) -> Findings:
    if answer.status_code == HTTPStatus.FORBIDDEN and "verif" in answer.text.lower():
        return _failing(UNVERIFIED)
    if answer.status_code in SENTENCES:
        return _failing(SENTENCES[answer.status_code])
    if not answer.is_success:
        return _failing(f"The provider answered with status {answer.status_code}.")
    try:
        models = answer.json()["data"]
        names = {str(model["id"]) for model in models}
    except (ValueError, KeyError, TypeError, RecursionError):
        return _failing("The server did not answer like an OpenAI-compatible API. Check the base URL.")
    image_models = sorted(name for name in names if "image" in name and len(name) <= LONGEST_NAME)[:MOST_MODELS]
    return Findings(Health.OK, _sentence(image_models), milliseconds, image_models)


def _sentence(image_models: list[str]) -> str:
    if not any(name.startswith("gpt-image") for name in image_models):
        return "The key works. The provider lists no GPT Image model, so pictures may fail."
    return "The key works, and GPT Image models are available."
