"""How far a turn's picture strayed, in percent and as a heat map."""

import hashlib
from io import BytesIO
from typing import Any

import pytest
from django.core.files.storage import default_storage

from accounts.models import Organization, User
from saas.database import tenancy
from studio.models import Output
from tests.conftest import SignIn
from tests.support import picture_bytes
from tests.support.threads import finish, said, started

pytestmark = pytest.mark.django_db
SIZE = (64, 48)


def paint(output: Output, *, changed: int) -> None:
    """Make a picture of which so many columns of 64 are black and the others white."""
    white = picture_bytes.painting(*SIZE) * 0 + 255
    if changed:
        white = white.cast("uchar").draw_rect([0, 0, 0], 0, 0, changed, SIZE[1], fill=True)
    data = picture_bytes.saved(white.cast("uchar"), ".png")
    default_storage.delete(output.file)
    default_storage.save(output.file, BytesIO(data))
    with tenancy.tenant(output.org_id):
        Output.objects.filter(pk=output.pk).update(sha256=hashlib.sha256(data).hexdigest())


def test_it_is_measured_from_the_parent_and_from_the_start(acme: Organization, bob: User, sign_in: SignIn) -> None:
    api, thread = started(acme, bob, SIZE)
    first = said(api, thread, "White")
    paint(finish(acme, first, size=SIZE), changed=0)
    second = said(api, thread, "A quarter black")
    paint(finish(acme, second, size=SIZE), changed=16)
    client = sign_in(bob)
    since_parent = client.get(f"/o/acme/threads/turns/{second['id']}/drift/")
    assert (since_parent.status_code, since_parent["Content-Type"]) == (200, "image/webp")
    assert float(since_parent["Drift"]) == pytest.approx(25, abs=4)  # the edge is soft
    heat = picture_bytes.opened(since_parent.content)
    assert (heat(4, 24)[3] > 0, heat(50, 24)[3]) == (True, 0)
    since_start = client.get(f"/o/acme/threads/turns/{second['id']}/drift/?against=start")
    assert float(since_start["Drift"]) != float(since_parent["Drift"])


def test_what_cannot_be_measured_says_why(acme: Organization, bob: User, charlie: User, sign_in: SignIn) -> None:
    api, thread = started(acme, bob, SIZE)
    wide = said(api, thread, "Wide")
    output = finish(acme, wide, size=(96, 24))
    fresh = said(api, thread, "New", fresh=True)
    finish(acme, fresh, size=SIZE)
    live = said(api, thread, "Next")
    client = sign_in(bob)

    def told(turn: Any) -> str:
        answer = client.get(f"/o/acme/threads/turns/{turn['id']}/drift/")
        assert answer.status_code == 409, answer.content
        return str(answer.json()["error"]["message"])

    assert "different shapes" in told(wide)
    assert "started from words alone" in told(fresh)
    assert "still being made" in told(live)
    assert sign_in(charlie).get(f"/o/acme/threads/turns/{wide['id']}/drift/").status_code == 404
    default_storage.delete(output.file)
    with tenancy.tenant(acme.pk):
        Output.objects.filter(pk=output.pk).update(width=64, height=48)
    assert "missing in storage" in told(wide)
