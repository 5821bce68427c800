"""Hostile providers, through the real SDK and the real engine: each call ends honestly and at a bounded cost, and a
neighbour's run beside it succeeds."""

import json
import threading
import time
from contextlib import ExitStack

import pytest
from django.conf import LazySettings
from django.db import connection

from accounts.connections import registry
from accounts.models import Organization, ProviderKind, User
from saas.database import tenancy
from studio.engine import worker
from studio.imaging import decode_turns
from studio.models import Output, Run, RunEvent, Slot
from studio.providers import incoming
from tests.conftest import must_be_member
from tests.storm import bombs, providers
from tests.studio.engine.test_worker import submit
from tests.support.fake_provider import Script, Upstream, completed, partial, pictures, png, upstream

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE = 240.0
MOST_SECONDS = 60.0  # of all cores, for both runs and both providers
SCAN_BOMB = bombs.scans(4096, 4096, 800)
WHOLE = json.dumps({"created": 1, "data": [{"b64_json": "QUJD" * 1000}]}).encode()
GOOD = f"data: {json.dumps(completed(png()))}\n\n".encode()

# What the provider does: how the slot ends, and how many frames were kept on the way.
STORMS: dict[str, tuple[Script, str, int]] = {
    "62 MB that are no picture": (providers.frame_of(providers.BIG), "broken_picture", 0),
    "62 MB on the way": (providers.in_turn(providers.frame_of(providers.BIG, stage="partial_image"), GOOD), "", 0),
    "a scan bomb on the way": (pictures(partial(0, SCAN_BOMB), completed(png())), "", 0),
    "a scan bomb at last": (pictures(completed(SCAN_BOMB)), "broken_picture", 0),
    "a length too large": (providers.announced(len(WHOLE) + 1000, WHOLE), "cut_off", 0),
    "a length too small": (providers.announced(len(WHOLE) - 1000, WHOLE), "strange_answer", 0),
    "base64 cut short": (pictures({**completed(png()), "b64_json": "iVBORw0KGgo"}), "broken_picture", 0),
    "a million tiny lines": (providers.endless(b":\n" * 10_000, count=100, end=GOOD), "too_large", 0),
    "a million tiny events": (providers.endless(b"data: {}\n\n" * 10_000, count=100, end=GOOD), "too_large", 0),
    "a line without end": (providers.endless(b"x" * providers.MEGABYTE, count=80), "too_large", 0),
    "a data line without end": (
        providers.endless(b"x" * providers.MEGABYTE, count=80, start=b"data: "),
        "too_large",
        0,
    ),
    "a thousand frames": (providers.many_partials(1000), "", 32),
    "JSON that swells": (providers.swelling(8 * providers.MEGABYTE), "strange_answer", 0),
    "an error of 80 MB": (
        providers.endless(b"A" * providers.MEGABYTE, count=80, kind="application/json", status=400),
        "bad_request",
        0,
    ),
    "a redirect to itself": (providers.redirect, "bad_request", 0),
}


def lead(org: Organization, by: User, to: Upstream) -> None:
    with tenancy.tenant(org.pk):
        owner = must_be_member(org, by)
        made = registry.add(org=org, by=owner, name="Up", kind=ProviderKind.COMPATIBLE, base_url=to.url, key="k")
        registry.make_default(connection=made, by=owner)


def work() -> None:
    try:
        while worker.develop_next():
            pass
    finally:
        connection.close()


def slot_of(run: Run) -> Slot:
    with tenancy.tenant(run.org_id):
        return Slot.objects.get(run=run)


@pytest.mark.parametrize("storm", STORMS)
def test_it_ends_honestly_and_a_neighbour_gets_its_picture(
    storm: str,
    acme: Organization,
    alice: User,
    rival: Organization,
    charlie: User,
    settings: LazySettings,
    tmp_path: object,
) -> None:
    script, code, frames = STORMS[storm]
    settings.DATA_DIR = settings.MEDIA_ROOT = tmp_path
    with ExitStack() as stack:
        hostile = stack.enter_context(upstream(script))
        honest = stack.enter_context(upstream(pictures(partial(0, png(shade=3)), completed(png(shade=9)))))
        settings.PROVIDER_ALLOWED_HOSTS = [hostile.host, honest.host]
        lead(acme, alice, hostile)
        lead(rival, charlie, honest)
        stormy, quiet = submit(acme, alice), submit(rival, charlie)
        began = time.process_time()
        threads = [threading.Thread(target=work) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE)
        assert time.process_time() - began < MOST_SECONDS
        assert [slot_of(quiet).state, slot_of(quiet).error_code] == ["succeeded", ""]
        assert [slot_of(stormy).error_code, len(hostile.seen)] == [code, 1]
        with tenancy.tenant(acme.pk):
            kept = RunEvent.objects.filter(run=stormy, type="partial").count()
            assert (Output.objects.filter(run=stormy).count(), kept) == (0 if code else 1, frames)
    assert (decode_turns.room().held_bytes, incoming.room().held_bytes) == (0, 0)
