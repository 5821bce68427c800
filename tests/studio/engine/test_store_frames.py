"""What was paid for is kept: storage fails, a worker was thought dead, two tries both bring a picture."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest
from django.conf import LazySettings

from accounts.models import Hold, Organization, User
from billing.models import Entry
from saas.database import tenancy
from studio.engine import leases, lost_workers, record_picture, rescue, take_frames, try_again, worker
from studio.files import storage as files_storage
from studio.models import Output, Partial, Run, Slot, State, Ticket
from studio.providers.answers import Final
from studio.providers.outcomes import ProviderError
from studio.runs import retry_slot, stop_run
from tests.conftest import SignIn, must_be_member
from tests.studio.engine.test_worker import events, slots, state, submit, up, work
from tests.support.fake_provider import Exchange, Upstream, completed, partial, pictures, png, text_of

pytestmark = pytest.mark.django_db
__all__ = ["up"]


class Storage:
    """Fails as often as it is told."""

    def __init__(self, failures: int, only: str = "") -> None:
        self.failures, self.only, self.save = failures, only, files_storage.save

    def __call__(self, name: str, data: bytes = b"") -> str:
        if self.failures and self.only in name:
            self.failures -= 1
            raise OSError("No space left on device")
        return self.save(name, data)


@pytest.fixture(autouse=True)
def _own_disk(settings: LazySettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DATA_DIR = tmp_path
    monkeypatch.setattr("studio.engine.job.KEEP_WAITS_SECONDS", (0.0, 0.0, 0.0))
    monkeypatch.setattr("studio.engine.job.ROOM_WAITS_SECONDS", (0.0, 0.0))


class Killed(BaseException):
    """As by kill -9: nothing of ours that catches exceptions sees it."""


def die(*_: object) -> NoReturn:
    raise Killed


def killed_at(monkeypatch: pytest.MonkeyPatch, place: object, name: str, act: Callable[..., object]) -> None:
    with monkeypatch.context() as dying:
        dying.setattr(place, name, act)
        with pytest.raises(Killed):
            worker.develop_next()


def sweep() -> None:
    Ticket.objects.update(lease_until="2020-01-01T00:00:00Z")
    assert lost_workers.sweep() == 1


@pytest.mark.parametrize("last", ["output.png", "output-preview.webp", "output-thumbnail.webp"])
def test_a_picture_that_a_killed_worker_had_stored_is_found_and_paid_at_what_was_held(
    acme: Organization, alice: User, up: Upstream, monkeypatch: pytest.MonkeyPatch, last: str
) -> None:
    save = files_storage.save

    def save_and_die(name: str, data: bytes) -> str:
        found = save(name, data)
        if name.endswith(last):
            die()
        return found

    up.script = pictures(completed(png(shade=77)))
    run = submit(acme, alice)
    killed_at(monkeypatch, files_storage, "save", save_and_die)
    assert state(run) == State.RUNNING
    sweep()
    assert (state(run), events(run)[-2:], len(up.seen)) == (State.SUCCEEDED, ["output", "ended"], 1)
    with tenancy.tenant(acme.pk):
        output, hold, entry = Output.objects.get(), Hold.objects.get(), Entry.objects.get()
        assert files_storage.load(output.file) == png(shade=77)
        assert all(files_storage.load(name)[:4] == b"RIFF" for name in (output.preview, output.thumbnail))
    assert (hold.state, entry.kind, entry.is_estimated) == ("settled", "charge", True)
    assert entry.micros == hold.micros


def test_a_worker_that_is_killed_before_it_stores_the_picture_leaves_an_unknown(
    acme: Organization, alice: User, up: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = submit(acme, alice)
    killed_at(monkeypatch, take_frames, "take_final", die)
    sweep()
    assert (state(run), slots(run)[0].error_code, slots(run)[0].charged) == ("unknown", "worker_lost", "perhaps")


def test_a_file_that_was_cut_short_by_the_kill_is_no_picture(
    acme: Organization, alice: User, up: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    save = files_storage.save

    def save_half_and_die(name: str, data: bytes) -> str:
        if name.endswith("output.png"):
            save(name, data[: len(data) // 2])
            die()
        return save(name, data)

    run = submit(acme, alice)
    killed_at(monkeypatch, files_storage, "save", save_half_and_die)
    sweep()
    assert (state(run), slots(run)[0].error_code) == ("unknown", "worker_lost")


def test_a_storage_that_does_not_answer_the_sweeper_leaves_an_unknown(
    acme: Organization, alice: User, up: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = submit(acme, alice)
    killed_at(monkeypatch, record_picture, "record_at_once", die)
    with monkeypatch.context() as broken:
        broken.setattr(files_storage, "exists", Storage(1))
        sweep()
    assert (state(run), slots(run)[0].error_code) == ("unknown", "worker_lost")


def retry(run: Run, by: User) -> None:
    with tenancy.tenant(run.org_id):
        slot = Slot.objects.select_related("run__connection").get(run=run, index=0)
        retry_slot.retry(slot=slot, by=must_be_member(run.org, by))


def test_a_final_is_kept_by_a_storage_that_fails_for_a_moment(
    acme: Organization, alice: User, up: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files_storage, "save", Storage(2, only="output"))
    run = submit(acme, alice)
    work()
    assert (state(run), len(up.seen)) == (State.SUCCEEDED, 1)


def test_a_final_that_storage_refuses_waits_on_the_disk_and_says_so(
    acme: Organization, alice: User, up: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = Storage(1000)
    monkeypatch.setattr(files_storage, "save", storage)
    run = submit(acme, alice)
    work()
    (slot,) = slots(run)
    assert (slot.state, slot.error_code, slot.charged) == ("unknown", "put_aside", "yes")
    assert (rescue.take_up(), Ticket.objects.count()) == (0, 0)
    storage.failures = 0
    assert (rescue.take_up(), rescue.take_up()) == (1, 0)
    (slot,) = slots(run)
    assert (slot.state, slot.error_code, slot.request_id) == ("succeeded", "", "req_upstream_1")
    assert (state(run), slot.usage is not None, list(rescue.folder().iterdir())) == (State.SUCCEEDED, True, [])
    with tenancy.tenant(acme.pk):
        assert files_storage.load(Output.objects.get(run=run).file) == png(shade=200)


def test_a_final_that_no_disk_takes_says_so(
    acme: Organization, alice: User, up: Upstream, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "rescued").write_text("no folder")
    monkeypatch.setattr(files_storage, "save", Storage(1000))
    run = submit(acme, alice)
    work()
    (slot,) = slots(run)
    assert (slot.state, slot.error_code, slot.charged) == ("failed", "not_kept", "yes")


def test_a_final_waits_for_room_on_a_disk_that_is_full(
    acme: Organization, alice: User, up: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_aside, refused = rescue.put_aside, list[str]()

    def put_aside_where_there_is_room(slot: Slot, frame: Final) -> None:
        if len(refused) < 2:
            refused.append(frame.request_id)
            raise OSError("No space left on device")
        put_aside(slot, frame)

    storage = Storage(1000)
    monkeypatch.setattr(files_storage, "save", storage)
    monkeypatch.setattr(rescue, "put_aside", put_aside_where_there_is_room)
    run = submit(acme, alice)
    work()
    (slot,) = slots(run)
    assert (slot.state, slot.error_code, len(refused)) == ("unknown", "put_aside", 2)
    storage.failures = 0
    assert rescue.take_up() == 1
    assert (state(run), len(up.seen)) == (State.SUCCEEDED, 1)


def test_a_partial_that_cannot_be_kept_does_not_cost_the_final(
    acme: Organization, alice: User, up: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files_storage, "save_soon", Storage(1000, only="partial"))
    run = submit(acme, alice)
    work()
    assert (state(run), events(run)) == (State.SUCCEEDED, ["queued", "started", "partial_lost", "output", "ended"])


def test_a_worker_that_loses_its_lease_between_frames_still_brings_the_final(
    acme: Organization, alice: User, up: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep: Any = take_frames.keep_partial

    def swept(*given: Any) -> None:
        Ticket.objects.update(lease_until="2020-01-01T00:00:00Z")
        lost_workers.sweep()
        keep(*given)

    monkeypatch.setattr(take_frames, "keep_partial", swept)
    run = submit(acme, alice)
    work()
    assert (state(run), slots(run)[0].state) == (State.SUCCEEDED, "succeeded")


def test_two_tries_that_both_bring_a_picture_keep_both(acme: Organization, alice: User, up: Upstream) -> None:
    run = submit(acme, alice)
    first = worker.begin()
    assert first is not None
    worker.note_sent(first)
    Ticket.objects.update(lease_until="2020-01-01T00:00:00Z")
    lost_workers.sweep()
    retry(run, alice)
    second = worker.begin()
    assert second is not None
    worker.note_sent(second)
    take_frames.take_final(first, Final(png(shade=1)))
    take_frames.take_final(second, Final(png(shade=2)))
    take_frames.take_final(second, Final(png(shade=1)))  # the same once more is nothing new
    with tenancy.tenant(acme.pk):
        assert files_storage.load(Output.objects.get(run=run).file) == png(shade=1)
        assert files_storage.load(Partial.objects.get(slot__run=run, tried=2).file) == png(shade=2)
    assert (state(run), Ticket.objects.count()) == (State.SUCCEEDED, 0)


def test_a_late_final_of_a_stopped_slot_makes_no_state_a_lie(acme: Organization, alice: User, up: Upstream) -> None:
    run = submit(acme, alice)
    first = worker.begin()
    assert first is not None
    worker.note_sent(first)
    Ticket.objects.update(lease_until="2020-01-01T00:00:00Z")
    lost_workers.sweep()
    retry(run, alice)
    with tenancy.tenant(acme.pk):
        stop_run.cancel(run=Run.objects.get(pk=run.pk), by=must_be_member(acme, alice))
    assert state(run) == State.CANCELLED
    take_frames.take_final(first, Final(png()))
    assert (state(run), slots(run)[0].state, slots(run)[0].charged) == (State.SUCCEEDED, "succeeded", "yes")


def test_a_final_is_not_kept_waiting_by_a_provider_that_talks_on(acme: Organization, alice: User, up: Upstream) -> None:
    def talks_on(exchange: Exchange) -> None:
        exchange.begin()
        exchange.frame(partial(0, png()))
        exchange.frame(completed(png()))
        for _ in range(300):
            exchange.send(": still here\n\n")
            exchange.wait(0.1)

    up.script = talks_on
    run = submit(acme, alice)
    job = worker.begin()
    assert job is not None
    began = time.monotonic()
    worker.develop(job)
    assert time.monotonic() - began < 15
    assert state(run) == State.SUCCEEDED


def test_a_retry_waits_until_all_of_a_stopped_run_has_ended(
    acme: Organization, alice: User, up: Upstream, sign_in: SignIn
) -> None:
    run = submit(acme, alice, n=2)
    assert worker.begin() is not None
    with tenancy.tenant(acme.pk):
        stop_run.cancel(run=Run.objects.get(pk=run.pk), by=must_be_member(acme, alice))
    answer = sign_in(alice).post(f"/o/acme/runs/{run.code}/slots/1/retry/")
    assert answer.status_code == 409
    assert [slot.state for slot in slots(run)] == ["running", "cancelled"]
    with tenancy.tenant(acme.pk):
        assert Run.objects.get(pk=run.pk).cancel_asked_at is not None


def test_a_try_whose_slot_was_ended_by_an_earlier_one_leaves_the_line(
    acme: Organization, alice: User, up: Upstream
) -> None:
    run = submit(acme, alice)
    job = worker.begin()
    assert job is not None
    with tenancy.tenant(acme.pk):
        Slot.objects.filter(run=run).update(state=State.SUCCEEDED)
    try_again.handle_failure(job, ProviderError("outage"))
    assert Ticket.objects.count() == 0


def test_an_enormous_sequence_is_no_error(acme: Organization, alice: User, up: Upstream, sign_in: SignIn) -> None:
    run = submit(acme, alice)
    answer = sign_in(alice).get(f"/o/acme/runs/{run.code}/events/", {"after": "9" * 5000})
    assert answer.status_code == 200


def test_a_stopped_slot_does_not_wait_to_be_tried_again(acme: Organization, alice: User, up: Upstream) -> None:
    run = submit(acme, alice)
    job = worker.begin()
    assert job is not None
    worker.note_sent(job)
    with tenancy.tenant(acme.pk):
        stop_run.cancel(run=Run.objects.get(pk=run.pk), by=must_be_member(acme, alice))
    try_again.handle_failure(job, ProviderError("rate_limited", retry_after_seconds=60))
    (slot,) = slots(run)
    assert (slot.state, slot.charged, state(run)) == ("cancelled", "no", State.CANCELLED)
    assert Ticket.objects.count() == 0


def test_strange_words_beside_a_picture_do_not_cost_it(acme: Organization, alice: User, up: Upstream) -> None:
    """A zero character, half a character, and numbers that are none: PostgreSQL takes none of them."""
    about = {"created": 1, "size": "1024\0x1024", "usage": {"output_tokens": 1e999, "\0": "\ud83d", "total_tokens": 7}}
    said = json.dumps({**about, "data": [{"b64_json": text_of(png()), "revised_prompt": "a lamp \ud83d\0"}]})
    up.script = lambda exchange: exchange.whole(200, said)
    run = submit(acme, alice)
    work()
    (slot,) = slots(run)
    assert (state(run), slot.used) == (State.SUCCEEDED, {"size": "1024\ufffdx1024"})
    assert slot.usage == {"output_tokens": None, "\ufffd": "?", "total_tokens": 7}
    with tenancy.tenant(acme.pk):
        assert Output.objects.get(run=run).revised_prompt == "a lamp ?\ufffd"


@pytest.mark.parametrize(
    ("frame", "kept", "code"),
    [
        (completed(b"noise"), b"noise", "broken_picture"),
        ({**completed(), "b64_json": "%%%"}, b"%%%", "broken_picture"),
    ],
)
def test_what_was_charged_and_cannot_be_read_is_put_aside(
    frame: dict[str, Any], kept: bytes, code: str, acme: Organization, alice: User, up: Upstream
) -> None:
    up.script = pictures(frame)
    run = submit(acme, alice)
    work()
    (slot,) = slots(run)
    assert (slot.error_code, slot.charged) == (code, "yes")
    (path,) = rescue.unread_folder().iterdir()
    assert (path.name, path.read_bytes()) == (f"{slot.code}-1.bin", kept)
    assert path.stat().st_mode & 0o077 == 0
    assert (rescue.take_up(), rescue.count_files()) == (0, 1)


def test_a_disk_that_does_not_take_it_either_changes_no_outcome(
    acme: Organization, alice: User, up: Upstream, tmp_path: Path
) -> None:
    (tmp_path / "rescued").write_text("no folder")
    up.script = pictures(completed(b"noise"))
    run = submit(acme, alice)
    work()
    assert slots(run)[0].error_code == "broken_picture"


def test_a_picture_that_was_put_aside_is_not_called_stopped(
    acme: Organization, alice: User, up: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stop was pressed while storage refused what had come."""

    def refuse(*_: object) -> str:
        for held in leases._claims.values():
            held[1].call_off()
        raise OSError("No space left on device")

    up.script = pictures(completed(png()))
    monkeypatch.setattr(files_storage, "save", refuse)
    run = submit(acme, alice, partial_images=0)
    work()
    assert (slots(run)[0].error_code, slots(run)[0].charged) == ("put_aside", "yes")
