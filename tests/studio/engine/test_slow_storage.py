"""Storage is slow, refuses, or has done what it never answered: what was paid for is not lost, and is kept once."""

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings

from accounts.models import Hold, HoldState, Organization, User
from saas.database import tenancy
from saas.database.release import ConnectionHeld
from saas.storage.disk import WholeFileStorage
from studio.engine import caretaker, rescue
from studio.files import discarded, storage
from studio.models import DiscardedFile, Output, Partial, Run, RunEvent, State
from tests.scaled.services import S3
from tests.studio.engine.test_worker import events, slots, state, submit, up, work
from tests.support.fake_provider import Exchange, Script, Upstream, completed, partial, png
from tests.support.faulty_s3 import Fault, FaultyS3, always, faulty, losing, storages

pytestmark = pytest.mark.django_db
__all__ = ["up"]

DEADLINE_SECONDS = 1
THREE = [partial(index, png(shade=10 * index)) for index in range(3)]


class SlowStorage(WholeFileStorage):
    """Takes its time for what comes on the way, or refuses it."""

    seconds = 0.0
    is_refusing = False
    asked: list[str] = []

    def _save(self, name: str, content: Any) -> str:
        if found := re.search(r"partial-\d+\.png$", name):
            self.asked.append(found[0])
            if self.is_refusing:
                raise OSError("No space left on device")
            time.sleep(self.seconds)
        return super()._save(name, content)


@pytest.fixture(autouse=True)
def _own_disk(settings: LazySettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DATA_DIR, settings.MEDIA_ROOT = tmp_path, str(tmp_path / "media")
    monkeypatch.setattr("studio.engine.job.KEEP_WAITS_SECONDS", (0.0, 0.0, 0.0))
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "2")  # boto's own tries are five, with pauses


@pytest.fixture
def slow(settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> type[SlowStorage]:
    backend = {"BACKEND": f"{__name__}.SlowStorage"}
    settings.STORAGES = {**settings.STORAGES, "default": backend, "impatient": backend}
    monkeypatch.setattr(SlowStorage, "asked", [])
    return SlowStorage


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3]:
    service = S3(tmp_path_factory.mktemp("s3"))
    service.start()
    try:
        service.wait()
        yield service
    finally:
        service.stop()


@pytest.fixture
def bucket(s3: S3, settings: LazySettings) -> Iterator[FaultyS3]:
    with faulty(s3.url) as found:
        settings.STORAGES = {**settings.STORAGES, **storages(found.url)}
        yield found


def frames(*sent: dict[str, Any]) -> Script:
    """Each on its own, so that none lies in the reader's hands while another is stored."""

    def script(exchange: Exchange) -> None:
        exchange.begin()
        for frame in sent:
            exchange.frame(frame)
            exchange.wait(0.1)

    return script


def holds(run: Run) -> list[str]:
    with tenancy.tenant(run.org_id):
        return list(Hold.objects.filter(run_code=run.code).values_list("state", flat=True))


def lost(run: Run) -> list[int]:
    with tenancy.tenant(run.org_id):
        told = RunEvent.objects.filter(run=run, type="partial_lost").order_by("seq")
        return [event.data["index"] for event in told]


def endings(bucket: FaultyS3, run: Run) -> list[str]:
    """The names of its files in the bucket, without their folders."""
    return [name.rpartition("/")[2] for name in bucket.names() if str(run.code) in name]


def must_be_kept_once(bucket: FaultyS3, run: Run, up: Upstream) -> None:
    assert (state(run), len(up.seen), holds(run)) == (State.SUCCEEDED, 1, [HoldState.SETTLED])
    found = [name for name in endings(bucket, run) if name.startswith("output")]
    assert found == ["output-preview.webp", "output-thumbnail.webp", "output.png"]
    with tenancy.tenant(run.org_id):
        output = Output.objects.get(run=run)
    assert storage.load(output.file) == png(shade=200)


def test_storing_what_comes_on_the_way_costs_the_provider_none_of_its_time(
    acme: Organization, alice: User, up: Upstream, slow: type[SlowStorage], settings: LazySettings
) -> None:
    settings.PROVIDER_DEADLINE_SECONDS = DEADLINE_SECONDS
    slow.seconds = DEADLINE_SECONDS + 0.3
    up.script = frames(*THREE, completed(png(shade=200)))
    run = submit(acme, alice, partial_images=3)
    work()
    assert events(run) == ["queued", "started", "partial", "partial", "partial", "output", "ended"]
    assert (state(run), len(up.seen), holds(run)) == (State.SUCCEEDED, 1, [HoldState.SETTLED])
    with tenancy.tenant(acme.pk):
        assert storage.load(Output.objects.get(run=run).file) == png(shade=200)


@pytest.mark.django_db(transaction=True)
def test_the_lease_is_renewed_while_storage_takes_its_time(
    acme: Organization, alice: User, up: Upstream, slow: type[SlowStorage], settings: LazySettings
) -> None:
    settings.LEASE_SECONDS = 1
    slow.seconds = 3.0
    run = submit(acme, alice)
    caretaker.start()  # which also sweeps what is held by workers that are not heard of
    try:
        work()
    finally:
        caretaker.stop()
    assert events(run) == ["queued", "started", "partial", "output", "ended"]
    assert (state(run), len(up.seen), holds(run)) == (State.SUCCEEDED, 1, [HoldState.SETTLED])


def test_a_provider_that_takes_too_long_ends_all_the_same(
    acme: Organization, alice: User, up: Upstream, slow: type[SlowStorage], settings: LazySettings
) -> None:
    def hang(exchange: Exchange) -> None:
        exchange.begin()
        exchange.frame(THREE[0])
        exchange.wait(60)

    settings.PROVIDER_DEADLINE_SECONDS = DEADLINE_SECONDS
    slow.seconds = DEADLINE_SECONDS + 0.3
    up.script = hang
    run = submit(acme, alice)
    began = time.monotonic()
    work()
    assert [slot.error_code for slot in slots(run)] == ["too_long"]
    assert time.monotonic() - began < 30


def test_after_one_that_storage_did_not_take_it_is_asked_no_more_on_the_way(
    acme: Organization, alice: User, up: Upstream, slow: type[SlowStorage], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slow, "is_refusing", True)
    up.script = frames(*THREE, THREE[1], completed(png(shade=200)))
    run = submit(acme, alice, partial_images=3)
    work()
    assert slow.asked == ["partial-0.png"]
    assert lost(run) == [0, 1, 2]
    assert (state(run), len(up.seen), holds(run)) == (State.SUCCEEDED, 1, [HoldState.SETTLED])


def test_what_hangs_on_the_way_is_given_up_within_seconds(
    acme: Organization, alice: User, up: Upstream, bucket: FaultyS3, settings: LazySettings
) -> None:
    settings.PROVIDER_DEADLINE_SECONDS = DEADLINE_SECONDS
    bucket.fault = always(Fault.SILENT, part="partial")
    up.script = frames(*THREE, completed(png(shade=200)))
    run = submit(acme, alice, partial_images=3)
    began = time.monotonic()
    work()
    assert time.monotonic() - began < 25
    assert sum(method == "PUT" and "partial" in name for method, name in bucket.asked) == 1
    assert lost(run) == [0, 1, 2]
    must_be_kept_once(bucket, run, up)


@pytest.mark.parametrize("ending", ["output.png", "output-preview.webp", "output-thumbnail.webp"])
@pytest.mark.parametrize("times", [1, 2, 4])
def test_a_final_whose_answer_was_lost_is_kept_once(
    times: int, ending: str, acme: Organization, alice: User, up: Upstream, bucket: FaultyS3
) -> None:
    bucket.fault = losing(times, ending=ending)
    run = submit(acme, alice)
    work()
    must_be_kept_once(bucket, run, up)


def test_a_final_that_was_put_aside_although_storage_has_it_is_kept_once(
    acme: Organization, alice: User, up: Upstream, bucket: FaultyS3
) -> None:
    taken: list[str] = []

    def falls_over(method: str, name: str) -> Fault | None:
        if taken:
            return Fault.BROKEN
        if method == "PUT" and name.endswith("output.png"):
            taken.append(name)
            return Fault.LOST
        return None

    bucket.fault = falls_over
    run = submit(acme, alice)
    work()
    assert [slot.error_code for slot in slots(run)] == ["put_aside"]
    assert "output.png" in endings(bucket, run)
    bucket.is_well()
    assert rescue.take_up() == 1
    must_be_kept_once(bucket, run, up)


def test_a_storage_that_forbids_everything_loses_nothing_that_was_paid(
    acme: Organization, alice: User, up: Upstream, bucket: FaultyS3
) -> None:
    bucket.fault = always(Fault.FORBIDDEN)
    run = submit(acme, alice)
    work()
    assert (lost(run), [slot.error_code for slot in slots(run)]) == ([0], ["put_aside"])
    bucket.is_well()
    assert rescue.take_up() == 1
    must_be_kept_once(bucket, run, up)


def test_what_storage_kept_of_a_lost_partial_is_deleted_later(
    acme: Organization, alice: User, up: Upstream, bucket: FaultyS3
) -> None:
    bucket.fault = losing(1, ending="partial-0.png")
    run = submit(acme, alice)
    work()
    must_be_kept_once(bucket, run, up)
    assert lost(run) == [0]
    assert "partial-0.png" in endings(bucket, run)
    assert discarded.sweep() == 0
    assert "partial-0.png" in endings(bucket, run), "its upload may still be under way"
    DiscardedFile.objects.update(due_at="2026-01-01T00:00:00Z")
    assert discarded.sweep() == 0
    assert endings(bucket, run) == ["output-preview.webp", "output-thumbnail.webp", "output.png"]
    assert not DiscardedFile.objects.exists()


def test_a_frame_that_comes_again_and_is_lost_then_leaves_the_first_one_alone(
    acme: Organization, alice: User, up: Upstream, bucket: FaultyS3
) -> None:
    seen: list[str] = []

    def second_is_lost(method: str, name: str) -> Fault | None:
        if method == "PUT" and "partial" in name and name.endswith(".png"):
            seen.append(name)
            return Fault.LOST if len(seen) == 2 else None
        return None

    bucket.fault = second_is_lost
    up.script = frames(THREE[0], THREE[0], completed(png(shade=200)))
    run = submit(acme, alice)
    work()
    DiscardedFile.objects.update(due_at="2026-01-01T00:00:00Z")
    assert discarded.sweep() == 0
    with tenancy.tenant(acme.pk):
        kept = Partial.objects.get(slot__run=run)
    assert storage.load(kept.file) == png(shade=0)


@pytest.mark.parametrize("ask", [storage.load, storage.exists, storage.delete, lambda name: storage.save(name, b"x")])
def test_in_tests_the_bucket_is_asked_by_nobody_who_holds_a_connection(
    acme: Organization, bucket: FaultyS3, ask: Callable[[str], object]
) -> None:
    storage.save("probe", b"x")
    asked = len(bucket.asked)
    with tenancy.tenant(acme.pk), pytest.raises(ConnectionHeld):
        ask("probe")
    assert len(bucket.asked) == asked
    ask("probe")
