"""The steps of a batch: no line is lost or made twice, whatever happens between two of them."""

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.test import override_settings
from django.utils import timezone
from openai.types import Batch as SdkBatch

from accounts import api_keys
from accounts.connections import registry
from accounts.models import ApiKey, Hold, HoldState, Organization, ProviderKind, Subject, User
from billing.models import Entry
from saas.database import tenancy
from studio.batches import batches
from studio.engine import overnight, worker
from studio.gateway import batch_results, batch_worker
from studio.models import Batch, BatchFile, BatchLine, BatchTicket, ChunkTicket, Input, Run, Ticket
from studio.runs import submit_run
from tests.conftest import must_be_member
from tests.studio.gateway import upstreams
from tests.studio.gateway.inside import Inside, sdk
from tests.support import fake_batches
from tests.support.fake_provider import Upstream, completed, pictures, png, upstream
from tests.support.picture_bytes import plain
from tests.support.text_holds import allow

pytestmark = pytest.mark.django_db
GENERATIONS = "/v1/images/generations"


@pytest.fixture
def up(acme: Organization, alice: User) -> Iterator[Upstream]:
    with upstream(upstreams.by_prompt) as found, override_settings(PROVIDER_ALLOWED_HOSTS=[found.host]):
        with tenancy.tenant(acme.pk):
            owner = must_be_member(acme, alice)
            connection = registry.add(
                org=acme, by=owner, name="Up", kind=ProviderKind.COMPATIBLE, base_url=found.url, key="sk-test-key"
            )
            registry.make_default(connection=connection, by=owner)
        yield found


def begin(org: Organization, by: User, *prompts: str, url: str = GENERATIONS, **more: Any) -> SdkBatch:
    said = {"model": "gpt-image-2", "size": "1024x1024", "quality": "low", **more}
    lines = [
        json.dumps({"custom_id": prompt, "method": "POST", "url": url, "body": {**said, "prompt": prompt}})
        for prompt in prompts
    ]
    client = sdk(Inside(), org, by)
    file = client.files.create(file=("requests.jsonl", "\n".join(lines).encode()), purpose="batch")
    asked: Any = {"endpoint": url, "completion_window": "24h"}
    return client.batches.create(input_file_id=file.id, **asked)


def step() -> bool:
    """Take the next step now, however long it would have to wait."""
    BatchTicket.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    return batch_worker.drive_next()


def work() -> int:
    count = 0
    while worker.develop_next():
        count += 1
    return count


def finish() -> int:
    """Return how many pictures were asked for until no batch has a next step."""
    made = 0
    for _ in range(50):
        if not step():
            return made
        made += work()
    raise AssertionError("the batch never ends")


def batch_of(org: Organization) -> Batch:
    with tenancy.tenant(org.pk):
        return Batch.objects.select_related("org", "output_file", "error_file", "input_file").get(org=org)


def counts(org: Organization) -> tuple[str, int, int, int]:
    batch = batch_of(org)
    return batch.state, batch.total, batch.completed, batch.failed


def read(file: BatchFile | None) -> dict[str, dict[str, Any]]:
    assert file is not None
    data = b"".join(batch_results.chunks(file))
    assert len(data) == file.size_bytes
    return {one["custom_id"]: one for one in map(json.loads, data.splitlines())}


def holds(org: Organization) -> list[str]:
    with tenancy.tenant(org.pk):
        return list(Hold.objects.order_by("pk").values_list("state", flat=True))


def test_each_line_is_held_charged_and_kept_like_a_call(acme: Organization, bob: User, up: Upstream) -> None:
    begin(acme, bob, "a lamp", "a boat", "moderated")
    step()
    assert (counts(acme), holds(acme)) == (("in_progress", 3, 0, 0), [])
    step()
    assert (holds(acme), Ticket.objects.count()) == ([HoldState.OPEN] * 3, 3)
    assert finish() == 3
    assert counts(acme) == ("completed", 3, 2, 1)
    assert holds(acme) == [HoldState.SETTLED, HoldState.SETTLED, HoldState.RELEASED]
    batch = batch_of(acme)
    with tenancy.tenant(acme.pk):
        runs = list(Run.objects.order_by("pk"))
        assert {run.maker_id for run in runs} == {bob.pk}
        assert all(run.api_key_id for run in runs)
        assert Entry.objects.count() == 2
    found = read(batch.output_file)
    assert {one["response"]["body"]["usage"]["total_tokens"] for one in found.values()} == {308}
    assert batch.usage is not None
    assert batch.usage["total_tokens"] == 2 * 308
    assert read(batch.error_file)["moderated"]["response"]["body"]["error"]["code"] == "moderation_blocked"
    assert not BatchTicket.objects.exists()


def test_no_more_lines_are_in_work_than_may_be(
    acme: Organization, bob: User, up: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_worker, "AT_ONCE", 2)
    begin(acme, bob, *(f"a lamp {number}" for number in range(5)))
    seen = []
    while step():
        seen.append(Ticket.objects.count())
        work()
    assert max(seen) == 2
    assert counts(acme) == ("completed", 5, 5, 0)


def test_a_worker_that_dies_before_its_commit_has_begun_nothing(
    acme: Organization, bob: User, up: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It dies after the run was submitted and before the line is bound to it."""
    begin(acme, bob, "a lamp")
    step()
    with monkeypatch.context() as patch:
        patch.setattr("studio.batches.lines.bind", lambda *_: (_ for _ in ()).throw(SystemExit))
        with pytest.raises(SystemExit):
            step()
    with tenancy.tenant(acme.pk):
        assert (Run.objects.count(), Ticket.objects.count(), Hold.objects.count()) == (0, 0, 0)
    assert finish() == 1
    assert counts(acme) == ("completed", 1, 1, 0)


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_make_each_line_once(acme: Organization, bob: User, up: Upstream) -> None:
    """As when the lease of the first has ended although it lives."""
    begin(acme, bob, *(f"a lamp {number}" for number in range(6)))
    step()
    batch, ready = batch_of(acme), threading.Barrier(3)

    def begin_lines() -> None:
        with tenancy.tenant(acme.pk):
            found = batches.of_ticket(BatchTicket.objects.get())
            assert found is not None
            caller = batch_worker._caller(found)
        ready.wait(60)
        batch_worker._begin_lines(found, caller)
        connections.close_all()

    threads = [threading.Thread(target=begin_lines) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with tenancy.tenant(acme.pk):
        assert Run.objects.count() == Ticket.objects.count() == 6
        assert BatchLine.objects.filter(batch=batch.pk, run=None).count() == 0
        assert len(set(BatchLine.objects.values_list("run", flat=True))) == 6


def test_an_edit_keeps_its_pictures_once(acme: Organization, bob: User, up: Upstream) -> None:
    up.script = pictures(completed(png(shade=9)))
    client = sdk(Inside(), acme, bob)
    sent = client.files.create(file=("photo.png", plain(".png", 320, 320), "image/png"), purpose="vision")
    begin(acme, bob, "a lamp", url="/v1/images/edits", images=[{"file_id": sent.id}])
    assert finish() == 1
    assert counts(acme) == ("completed", 1, 1, 0)
    assert up.seen[-1].path == "/v1/images/edits"
    with tenancy.tenant(acme.pk):
        (run,) = Run.objects.all()
        assert [given.input.code.hex for given in run.inputs.select_related("input")] == [sent.id.removeprefix("file-")]
        assert Input.objects.count() == 1


def test_a_line_beyond_the_limit_fails_and_the_rest_is_made(
    acme: Organization, alice: User, bob: User, up: Upstream
) -> None:
    allow(acme, alice, Subject.ORGANIZATION, images_day=2)
    begin(acme, bob, "one", "two", "three")
    assert finish() == 2
    assert counts(acme) == ("completed", 3, 2, 1)
    (refused,) = read(batch_of(acme).error_file).values()
    assert (refused["custom_id"], refused["response"]["status_code"]) == ("three", 429)
    assert refused["response"]["body"]["error"]["code"] == "organization_images_day"


def test_a_pace_makes_lines_wait_and_none_fails(acme: Organization, alice: User, bob: User, up: Upstream) -> None:
    allow(acme, alice, Subject.ORGANIZATION, runs_at_once=1)
    begin(acme, bob, "one", "two")
    step()
    step()
    assert Ticket.objects.count() == 1
    assert finish() == 2
    assert counts(acme) == ("completed", 2, 2, 0)


def test_a_revoked_key_begins_no_more_lines(acme: Organization, alice: User, bob: User, up: Upstream) -> None:
    begin(acme, bob, "a lamp", "a boat")
    step()
    with tenancy.tenant(acme.pk):
        for key in ApiKey.objects.filter(maker=bob):
            api_keys.revoke(key=key, by=must_be_member(acme, alice))
    assert finish() == 0
    assert counts(acme) == ("completed", 2, 0, 2)
    found = read(batch_of(acme).error_file)
    assert {one["response"]["body"]["error"]["code"] for one in found.values()} == {"invalid_api_key"}
    assert up.seen == []


def test_a_batch_past_its_window_expires_and_keeps_what_is_finished(
    acme: Organization, bob: User, up: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_worker, "AT_ONCE", 2)
    begin(acme, bob, "one", "two", "three")
    step()
    step()
    assert worker.develop_next()
    with tenancy.tenant(acme.pk):
        Batch.objects.update(expires_at=timezone.now())
    assert finish() == 0
    assert counts(acme) == ("expired", 3, 1, 2)
    batch = batch_of(acme)
    assert set(read(batch.output_file)) == {"one"}
    assert {name: one["error"]["code"] for name, one in read(batch.error_file).items()} == {
        "two": "batch_expired",
        "three": "batch_expired",
    }
    assert batch.expired_at is not None
    assert sorted(holds(acme)) == sorted([HoldState.SETTLED, HoldState.RELEASED])


def test_a_cancelled_batch_keeps_what_is_finished(
    acme: Organization, bob: User, up: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_worker, "AT_ONCE", 2)
    batch = begin(acme, bob, "one", "two", "three")
    step()
    step()
    assert worker.develop_next()
    assert sdk(Inside(), acme, bob).batches.cancel(batch.id).status == "cancelling"
    assert finish() == 0
    assert counts(acme) == ("cancelled", 3, 1, 2)
    done = batch_of(acme)
    assert set(read(done.output_file)) == {"one"}
    assert {one["error"]["code"] for one in read(done.error_file).values()} == {"batch_cancelled"}
    assert sorted(holds(acme)) == sorted([HoldState.SETTLED, HoldState.RELEASED])


def test_a_picture_that_was_deleted_is_not_in_the_results(acme: Organization, bob: User, up: Upstream) -> None:
    begin(acme, bob, "a lamp")
    finish()
    with tenancy.tenant(acme.pk):
        acme.outputs.update(purged_at=timezone.now(), binned_at=timezone.now())
    file = batch_of(acme).output_file
    assert file is not None
    (one,) = map(json.loads, b"".join(batch_results.chunks(file)).splitlines())
    assert (one["response"], one["error"]["code"]) == (None, "picture_deleted")


def test_a_step_that_breaks_is_taken_again(
    acme: Organization, bob: User, up: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(acme, bob, "a lamp")
    step()
    with monkeypatch.context() as patch:
        patch.setattr(submit_run, "submit", lambda **_: (_ for _ in ()).throw(RuntimeError))
        assert step()
    assert counts(acme) == ("in_progress", 1, 0, 0)
    assert finish() == 1
    assert counts(acme) == ("completed", 1, 1, 0)


def test_the_file_of_an_open_batch_cannot_be_deleted(acme: Organization, bob: User, up: Upstream) -> None:
    batch = begin(acme, bob, "a lamp")
    client = sdk(Inside(), acme, bob)
    answer = client.files.with_raw_response.retrieve(batch.input_file_id)
    assert answer.status_code == 200
    with pytest.raises(Exception, match="still reads this file"):
        client.files.delete(batch.input_file_id)
    finish()
    assert client.files.delete(batch.input_file_id).deleted
    assert client.batches.retrieve(batch.id).input_file_id == batch.input_file_id


def test_a_colleague_sees_neither_the_batch_nor_its_files(
    acme: Organization, alice: User, bob: User, up: Upstream
) -> None:
    batch = begin(acme, bob, "a lamp")
    alices = sdk(Inside(), acme, alice)
    for ask in (
        lambda: alices.batches.retrieve(batch.id),
        lambda: alices.batches.cancel(batch.id),
        lambda: alices.files.delete(batch.input_file_id),
    ):
        with pytest.raises(Exception, match="404"):
            ask()
    assert alices.batches.list().data == []
    assert counts(acme)[0] == "validating"


def test_lines_go_to_the_providers_batches_and_expire_with_them(acme: Organization, alice: User, bob: User) -> None:
    """At half price, and with the provider's word for what it did not execute."""
    with fake_batches.provider() as found, override_settings(PROVIDER_ALLOWED_HOSTS=[found.host]):
        with tenancy.tenant(acme.pk):
            owner = must_be_member(acme, alice)
            connection = registry.add(
                org=acme, by=owner, name="Up", kind=ProviderKind.OPENAI, base_url=found.url, key="sk-test-key"
            )
            registry.make_default(connection=connection, by=owner)
        batch = begin(acme, bob, "one", "two")
        step()
        step()
        assert (Ticket.objects.count(), batch_of(acme).lane) == (0, "overnight")
        drive_chunks(2)
        one, two = found.lines(found.only())
        found.end("expired", [fake_batches.answered(one)], [fake_batches.expired(two)])
        drive_chunks(1)
        assert finish() == 0
    assert counts(acme) == ("expired", 2, 1, 1)
    done = batch_of(acme)
    assert set(read(done.output_file)) == {"one"}
    (left,) = read(done.error_file).values()
    assert (left["response"], left["error"]["code"]) == (None, "batch_expired")
    assert sorted(holds(acme)) == sorted([HoldState.SETTLED, HoldState.RELEASED])
    with tenancy.tenant(acme.pk):
        assert Entry.objects.get().micros == 4470
    shown = sdk(Inside(), acme, bob).batches.retrieve(batch.id)
    assert shown.model_extra is not None
    assert "half" in shown.model_extra["darkroom"]["price"]


def drive_chunks(count: int) -> None:
    for _ in range(count):
        ChunkTicket.objects.update(due_at=timezone.now() - timedelta(seconds=1))
        assert overnight.drive_next()
