"""A style's sample is painted once for all who ask, by the sandbox's painters, who may be busy."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from accounts.models import Organization, Scope, User
from saas.database import tenancy
from studio.models import StyleVersion
from studio.sandbox import paint_queue
from studio.sandbox.paint_queue import PaintQueue
from studio.styles import samples, shelf
from studio.styles.samples import NotPainted, Samples
from tests.conftest import SignIn
from tests.studio.api.keys import program

pytestmark = pytest.mark.django_db


@pytest.fixture
def version(acme: Organization) -> StyleVersion:
    with tenancy.tenant(acme.pk):
        return shelf.all_of(acme)[0]


@pytest.fixture
def painters(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """One painter, busy with another picture until the event is set."""
    done = threading.Event()
    queue = PaintQueue(painters=1)
    queue.line_up(lambda: done.wait(30), "others")
    monkeypatch.setattr(paint_queue, "_queue", queue)
    monkeypatch.setattr(samples, "_samples", Samples())
    monkeypatch.setattr(samples, "PATIENCE_SECONDS", 0.05)
    yield done
    done.set()


def test_many_who_ask_at_once_have_it_painted_once(
    version: StyleVersion, painters: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    painted = list[str]()
    monkeypatch.setattr(samples, "PATIENCE_SECONDS", 30.0)

    def paint(told: str) -> bytes:
        painted.append(told)
        return b"a sample"

    monkeypatch.setattr(samples, "_paint", paint)
    with ThreadPoolExecutor(20) as callers:
        asked = [callers.submit(samples.sample_of, version) for _ in range(20)]
        painters.set()
        assert {one.result(30) for one in asked} == {b"a sample"}
    assert len(painted) == 1


def test_while_the_painters_are_busy_callers_are_asked_to_come_again(
    acme: Organization, bob: User, sign_in: SignIn, version: StyleVersion, painters: threading.Event
) -> None:
    with pytest.raises(NotPainted):
        samples.sample_of(version)
    page = sign_in(bob).get(f"/o/acme/styles/{version.style.code}/sample/")
    assert (page.status_code, page["Retry-After"]) == (503, "5")
    answer = program(acme, bob, Scope.READ).get(f"styles/{version.style.code}/sample")
    assert (answer.status_code, answer["Retry-After"], answer.json()["error"]["code"]) == (503, "5", "not_painted")


def test_a_sample_that_could_not_be_painted_is_tried_again(
    version: StyleVersion, painters: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    painters.set()
    monkeypatch.setattr(samples, "PATIENCE_SECONDS", 30.0)
    with monkeypatch.context() as broken:
        broken.setattr(samples, "_paint", lambda _: 1 // 0)
        with pytest.raises(ZeroDivisionError):
            samples.sample_of(version)
    assert samples.sample_of(version).startswith(b"RIFF")
