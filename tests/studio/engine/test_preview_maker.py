"""Previews that are not urgent are made from their tickets, by a process that takes what the machine has left."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.utils import timezone

from accounts.models import Organization, User
from saas.database import tenancy
from saas.queue import due
from studio.engine import preview_maker
from studio.files import late_previews, storage
from studio.imaging import preview_process
from studio.imaging.preview_process import Ended, PreviewProcess
from studio.imaging.previews import Unreadable
from studio.models import Output, PreviewTicket
from tests.storm.client import wait_until
from tests.studio.engine.test_worker import up, work
from tests.support.fake_provider import Upstream, completed, pictures, png
from tests.support.programs_runs import submit

pytestmark = pytest.mark.django_db
__all__ = ["up"]

SLOW = """
from studio.imaging import preview_child

def answer(*_):
    while True:
        pass

preview_child.CPU_SECONDS, preview_child.answer = 1, answer
preview_child.main()
"""


@pytest.fixture(autouse=True)
def _own_disk(settings: LazySettings, tmp_path: Path) -> None:
    settings.DATA_DIR, settings.MEDIA_ROOT = tmp_path, str(tmp_path / "media")


@pytest.fixture
def process() -> Iterator[PreviewProcess]:
    found = PreviewProcess()
    yield found
    found.end()


@pytest.fixture
def kept(acme: Organization, alice: User, up: Upstream) -> Output:
    submit(acme, alice)
    assert work() == 1
    with tenancy.tenant(acme.pk):
        return Output.objects.get()


def now(output: Output) -> Output:
    with tenancy.tenant(output.org_id):
        return Output.objects.get(pk=output.pk)


def pid(process: PreviewProcess) -> int:
    assert process._child is not None
    return process._child.pid


def come_due() -> None:
    PreviewTicket.objects.update(due_at=timezone.now())


def test_what_is_due_is_made_and_then_there_is_nothing_to_do(kept: Output, process: PreviewProcess) -> None:
    assert preview_maker.make_next(process)
    row = now(kept)
    assert [storage.load(name)[8:12] for name in (row.preview, row.thumbnail)] == [b"WEBP", b"WEBP"]
    assert not PreviewTicket.objects.exists()
    assert not preview_maker.make_next(process)


def test_it_makes_what_a_person_would_have_got(process: PreviewProcess) -> None:
    from studio.imaging import decode_turns, previews

    picture = png(900, 700)
    with decode_turns.unshared():
        assert process.preview_and_thumbnail(picture) == previews.preview_and_thumbnail(picture)


def test_the_process_runs_when_nothing_else_does_and_knows_no_secret(
    process: PreviewProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEY", "a secret of ours")
    process.preview_and_thumbnail(png())
    assert os.sched_getscheduler(pid(process)) == os.SCHED_IDLE
    assert b"secret" not in Path(f"/proc/{pid(process)}/environ").read_bytes().lower()
    assert os.getpgid(pid(process)) == pid(process) != os.getpgrp()


def test_it_serves_many_and_ends_when_its_parent_does(process: PreviewProcess) -> None:
    process.preview_and_thumbnail(png())
    first = pid(process)
    process.preview_and_thumbnail(png(shade=3))
    assert pid(process) == first
    child = process._child
    assert child is not None
    assert child.stdin is not None
    child.stdin.close()  # as the kernel does with what a killed process had open
    assert wait_until(lambda: child.poll() == 0)


def test_damage_is_unreadable_and_ends_nothing(process: PreviewProcess) -> None:
    process.preview_and_thumbnail(png())
    first = pid(process)
    for data in (b"", b"no picture", png()[:-20]):
        with pytest.raises(Unreadable):
            process.preview_and_thumbnail(data)
    assert process.preview_and_thumbnail(png())
    assert pid(process) == first


def test_a_process_that_is_killed_costs_no_try_and_the_preview_follows(kept: Output, process: PreviewProcess) -> None:
    process.preview_and_thumbnail(png())
    os.kill(pid(process), signal.SIGSTOP)
    killer = threading.Timer(0.3, os.kill, (pid(process), signal.SIGKILL))
    killer.start()
    assert preview_maker.make_next(process)
    killer.join()
    assert (now(kept).has_previews, now(kept).is_damaged) == (False, False)
    assert not preview_maker.make_next(process), "it rests"
    come_due()
    assert preview_maker.make_next(process)
    assert now(kept).has_previews


def test_a_process_that_is_killed_each_time_says_nothing_of_the_picture(
    kept: Output, process: PreviewProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the kernel does where memory ends."""
    killed = "import os, signal, sys; sys.stdin.buffer.read(8); os.kill(os.getpid(), signal.SIGKILL)"
    with monkeypatch.context() as machine:
        machine.setattr(PreviewProcess, "program", ("-c", killed))
        for _ in range(preview_maker.MOST_TRIES + 1):
            come_due()
            assert preview_maker.make_next(process)
        assert (now(kept).is_damaged, PreviewTicket.objects.count()) == (False, 1)
    come_due()
    assert preview_maker.make_next(process)
    assert now(kept).has_previews


def test_a_process_that_says_nothing_is_ended(process: PreviewProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    process.preview_and_thumbnail(png())
    os.kill(pid(process), signal.SIGSTOP)
    with monkeypatch.context() as impatient:
        impatient.setattr(preview_process, "PATIENCE_SECONDS", 0.3)
        with pytest.raises(Ended):
            process.preview_and_thumbnail(png(900, 700))
    assert process.preview_and_thumbnail(png())


def test_a_picture_that_takes_too_long_to_open_is_damaged_and_the_next_one_is_made(
    kept: Output, process: PreviewProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as hostile:
        hostile.setattr(PreviewProcess, "program", ("-c", SLOW))
        assert preview_maker.make_next(process)
    assert (now(kept).is_damaged, now(kept).has_previews) == (True, False)
    assert not PreviewTicket.objects.exists()
    assert process.preview_and_thumbnail(png())


def test_a_picture_that_ends_every_process_is_given_up(
    kept: Output, process: PreviewProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PreviewProcess, "program", ("-c", "import sys; sys.stdin.buffer.read(8); raise SystemExit(3)"))
    for _ in range(preview_maker.MOST_TRIES):
        assert not now(kept).is_damaged
        come_due()
        assert preview_maker.make_next(process)
    assert now(kept).is_damaged
    assert not PreviewTicket.objects.exists()
    assert storage.load(kept.file) == png(shade=200)


def test_a_storage_that_is_away_costs_no_try(
    kept: Output, process: PreviewProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> Any:
        raise OSError("away")

    with monkeypatch.context() as trouble:
        trouble.setattr(storage, "load", away)
        for _ in range(preview_maker.MOST_TRIES + 1):
            come_due()
            assert preview_maker.make_next(process)
    come_due()
    assert preview_maker.make_next(process)
    assert now(kept).has_previews


def test_a_worker_that_dies_leaves_a_ticket_that_comes_due_again(kept: Output, process: PreviewProcess) -> None:
    assert due.claim(PreviewTicket, seconds=preview_maker.TAKEN_SECONDS, counts_tries=True) is not None
    assert not preview_maker.make_next(process)
    PreviewTicket.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    assert preview_maker.make_next(process)
    assert now(kept).has_previews


def test_a_ticket_whose_picture_is_gone_or_has_all_is_dropped(kept: Output, process: PreviewProcess) -> None:
    late_previews.make(kept, lambda data: (data, data))
    PreviewTicket.objects.create(output_code=kept.code, org_id=kept.org_id)
    assert preview_maker.make_next(process)
    assert not PreviewTicket.objects.exists()
    assert process._child is None, "nothing was decoded"


def spend(seconds: float) -> None:
    ends_at = time.thread_time() + seconds
    while time.thread_time() < ends_at:
        pass


def test_what_other_threads_do_is_no_quiet_and_the_makers_own_work_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preview_maker, "MOST_BUSY", 0.02)  # other programs may leave a thread little of a processor
    quiet = preview_maker.Quiet()
    spend(0.2)
    assert quiet.has_been(), "it was this thread"
    other = threading.Thread(target=spend, args=(0.2,))
    other.start()
    other.join()
    assert not quiet.has_been()


def test_nothing_is_made_while_the_process_is_busy(
    kept: Output, process: PreviewProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, until = [], threading.Event()

    def is_busy(_: preview_maker.Quiet) -> bool:
        asked.append(True)
        if len(asked) == 3:
            until.set()
        return False

    monkeypatch.setattr(preview_maker, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(preview_maker.Quiet, "has_been", is_busy)
    preview_maker.make_all(until)
    assert len(asked) == 3
    assert (now(kept).has_previews, PreviewTicket.objects.count()) == (False, 1)


@pytest.mark.django_db(transaction=True)
def test_the_caretakers_thread_makes_all_and_leaves(acme: Organization, alice: User, up: Upstream) -> None:
    up.script = pictures(completed(png(shade=1)))
    submit(acme, alice, n=3)
    assert work() == 3
    until = threading.Event()
    thread = threading.Thread(target=preview_maker.make_all, args=(until,))
    thread.start()
    try:
        assert wait_until(lambda: not PreviewTicket.objects.exists())
    finally:
        until.set()
        thread.join(20)
    assert not thread.is_alive()
    with tenancy.tenant(acme.pk):
        assert all(output.has_previews for output in Output.objects.all())
