"""A program's picture is kept before it has a preview. The first to look at it gets one, and nothing is lost if it
cannot be made."""

import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import pytest
from django.conf import LazySettings
from django.core.files.storage import default_storage
from django.test import Client
from django.utils import timezone

from accounts.models import Hold, Organization, User
from saas.database import tenancy
from saas.fairness.memory import Busy
from studio.engine import store_frames
from studio.files import discarded, inventory, late_previews, storage
from studio.gallery import purge, shares
from studio.imaging import decode_turns, previews
from studio.models import DiscardedFile, Output, Partial, PreviewTicket, Run, State
from studio.privacy import organizations
from tests.conftest import SignIn, must_be_member
from tests.studio.api.keys import program
from tests.studio.engine.test_worker import events, slots, state, up, work
from tests.support.fake_provider import Upstream, completed, partial, pictures, png
from tests.support.picture_bytes import chunk
from tests.support.programs_runs import submit

pytestmark = pytest.mark.django_db
__all__ = ["up"]

WEBP, PNG = b"WEBP", b"\x89PNG"


@pytest.fixture(autouse=True)
def _own_disk(settings: LazySettings, tmp_path: Path) -> None:
    settings.DATA_DIR, settings.MEDIA_ROOT = tmp_path, str(tmp_path / "media")


@pytest.fixture
def kept(acme: Organization, alice: User, up: Upstream) -> Output:
    """A picture that its program has received, and that has not been looked at yet."""
    run = submit(acme, alice)
    assert work() == 1
    return output_of(run)


def output_of(run: Run) -> Output:
    with tenancy.tenant(run.org_id):
        return Output.objects.select_related("run").get(run=run)


def now(output: Output) -> Output:
    with tenancy.tenant(output.org_id):
        return Output.objects.get(pk=output.pk)


def path(output: Output, shape: str) -> str:
    return f"/o/acme/outputs/{output.code}/{shape}/"


def small_files(output: Output) -> list[str]:
    return sorted(name for name in inventory.stored(output.file.rpartition("/")[0]) if "/output-" in name)


def broken_inside() -> bytes:
    """A PNG whose structure and checksums are right, and whose pixels are none."""
    good = png()
    start, end = good.index(b"IDAT") - 4, good.index(b"IEND") - 4
    return good[:start] + chunk(b"IDAT", zlib.compress(bytes(64), 1)[:-6] + bytes(40)) + good[end:]


def test_a_programs_picture_is_kept_and_paid_before_anything_of_it_is_decoded(
    acme: Organization, alice: User, up: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(previews, "_shrunk")  # all decoding goes through it
    run = submit(acme, alice)
    assert work() == 1
    assert (state(run), events(run)[-2:]) == (State.SUCCEEDED, ["output", "ended"])
    output = output_of(run)
    assert storage.load(output.file) == png(shade=200)
    assert (output.width, output.height, output.format) == (64, 64, "png")
    assert (output.preview, output.thumbnail, output.is_damaged) == ("", "", False)
    assert [ticket.output_code for ticket in PreviewTicket.objects.all()] == [output.code]
    with tenancy.tenant(acme.pk):
        assert Hold.objects.get().state == "settled"


def test_the_first_look_makes_what_is_looked_at_and_the_second_finds_it(
    kept: Output, bob: User, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = sign_in(bob)
    first = client.get(path(kept, "thumbnail"))
    assert (first.status_code, first["Content-Type"], first.content[8:12]) == (200, "image/webp", WEBP)
    row = now(kept)
    assert (storage.load(row.preview)[8:12], storage.load(row.thumbnail)) == (WEBP, first.content)
    assert not PreviewTicket.objects.exists()
    assert not DiscardedFile.objects.exists()
    monkeypatch.delattr(previews, "_shrunk")
    assert client.get(path(kept, "thumbnail")).content == first.content
    assert client.get(path(kept, "preview")).content == storage.load(row.preview)


def test_a_shared_picture_and_the_api_have_their_first_look_too(kept: Output, acme: Organization, alice: User) -> None:
    with tenancy.tenant(acme.pk):
        share = shares.make(by=must_be_member(acme, alice), outputs=[kept], title="Spring", days=7)
    link = shares.link(share).removeprefix("http://127.0.0.1:8000")
    assert Client().get(f"{link}{kept.code}/preview/").content[8:12] == WEBP
    made = now(kept).preview
    answer = program(acme, alice).get(f"images/{kept.code}/preview")
    assert (answer.status_code, answer.content) == (200, storage.load(made))


def test_strangers_do_not_make_it(kept: Output, charlie: User, sign_in: SignIn) -> None:
    assert sign_in(charlie).get(path(kept, "preview")).status_code == 404
    assert not now(kept).has_previews


def test_a_programs_partial_is_its_own_preview(kept: Output, alice: User, sign_in: SignIn) -> None:
    with tenancy.tenant(kept.org_id):
        frame = Partial.objects.get()
    assert frame.preview == ""
    address = f"/o/acme/partials/{frame.code}"
    assert sign_in(alice).get(f"{address}/preview/").content == png(shade=10)
    assert sign_in(alice).get(f"{address}/original/").content == png(shade=10)


def test_a_persons_picture_has_its_preview_at_once(acme: Organization, alice: User, up: Upstream) -> None:
    from tests.studio.engine import test_worker

    run = test_worker.submit(acme, alice)
    assert work() == 1
    assert output_of(run).has_previews
    assert not PreviewTicket.objects.exists()


def test_a_picture_with_a_wrong_checksum_is_broken_and_charged(acme: Organization, alice: User, up: Upstream) -> None:
    good = png(shade=200)
    at = good.index(b"IDAT") + 40
    up.script = pictures(completed(good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :]))
    run = submit(acme, alice)
    assert work() == 1
    (slot,) = slots(run)
    assert (state(run), slot.error_code, slot.charged) == (State.FAILED, "broken_picture", "yes")
    with tenancy.tenant(acme.pk):
        assert not Output.objects.exists()


@pytest.mark.parametrize("cut", [1, 12, 30])
def test_a_picture_that_is_cut_off_is_broken(acme: Organization, alice: User, up: Upstream, cut: int) -> None:
    up.script = pictures(completed(png(shade=200)[:-cut]))
    run = submit(acme, alice)
    assert work() == 1
    assert slots(run)[0].error_code == "broken_picture"


def test_damage_that_only_decoding_finds_is_said_where_the_picture_would_be(
    acme: Organization, alice: User, up: Upstream, sign_in: SignIn
) -> None:
    up.script = pictures(completed(broken_inside()))
    run = submit(acme, alice)
    assert work() == 1
    output = output_of(run)
    client = sign_in(alice)
    for _ in range(2):
        answer = client.get(path(output, "preview"))
        assert (answer.status_code, answer["Content-Type"]) == (404, "image/svg+xml")
        assert b"This picture is damaged" in answer.content
    assert client.get(path(output, "original")).content == broken_inside()
    assert (now(output).is_damaged, state(run)) == (True, State.SUCCEEDED)
    assert not PreviewTicket.objects.exists()


@contextmanager
def _no_turn(*_: object, **__: object) -> Iterator[None]:
    raise Busy
    yield


def _full(name: str, data: bytes) -> str:
    raise OSError("No space left on device")


@pytest.mark.parametrize(
    ("place", "name", "act"),
    [(decode_turns, "turn", _no_turn), (storage, "save", _full)],
    ids=["no turn", "full disk"],
)
def test_while_it_cannot_be_made_the_original_is_shown(
    kept: Output,
    bob: User,
    sign_in: SignIn,
    monkeypatch: pytest.MonkeyPatch,
    place: object,
    name: str,
    act: Callable[..., Any],
) -> None:
    client = sign_in(bob)
    with monkeypatch.context() as trouble:
        trouble.setattr(place, name, act)
        instead = client.get(path(kept, "preview"))
    assert (instead.status_code, instead.content) == (200, png(shade=200))
    row = now(kept)
    assert (row.has_previews, row.is_damaged, PreviewTicket.objects.count()) == (False, False, 1)
    later = client.get(path(kept, "preview"), headers={"If-None-Match": instead["ETag"]})
    assert (later.status_code, later.content[8:12]) == (200, WEBP)


def test_an_original_that_storage_lacks_is_missing(kept: Output, bob: User, sign_in: SignIn) -> None:
    default_storage.delete(kept.file)
    answer = sign_in(bob).get(path(kept, "preview"))
    assert (answer.status_code, b"This file is missing" in answer.content) == (404, True)
    assert not now(kept).is_damaged


def decode(data: bytes) -> tuple[bytes, bytes]:
    return b"RIFF....WEBPpreview", b"RIFF....WEBPthumbnail"


def test_of_two_who_make_it_at_once_one_is_kept_and_the_other_leaves_nothing(kept: Output) -> None:
    inner: list[late_previews.Small | None] = []

    def slowly(data: bytes) -> tuple[bytes, bytes]:
        inner.append(late_previews.make(kept, decode))  # the other one
        return decode(data)

    made = late_previews.make(kept, slowly)
    assert made is not None
    assert inner == [made]
    assert small_files(kept) == sorted([made.preview, made.thumbnail])
    assert not DiscardedFile.objects.exists()


def test_a_picture_that_is_purged_meanwhile_leaves_no_small_files(kept: Output) -> None:
    def purged_meanwhile(data: bytes) -> tuple[bytes, bytes]:
        with tenancy.tenant(kept.org_id):
            Output.objects.filter(pk=kept.pk).update(binned_at=timezone.now())
            purge.forget([kept])
        return decode(data)

    assert late_previews.make(kept, purged_meanwhile) is None
    assert small_files(kept) == []
    assert not DiscardedFile.objects.exists()
    assert now(kept).preview == ""


def test_an_organization_that_is_erased_meanwhile_leaves_no_files(kept: Output, acme: Organization) -> None:
    def erased_meanwhile(data: bytes) -> tuple[bytes, bytes]:
        organizations.erase(acme)
        return decode(data)

    assert late_previews.make(kept, erased_meanwhile) is None
    assert list(inventory.stored(str(acme.code))) == []
    assert not DiscardedFile.objects.exists()
    assert not PreviewTicket.objects.exists()


class Killed(BaseException):
    """As by kill -9."""


@pytest.mark.parametrize("place", ["save", "note"])
def test_what_a_killed_maker_has_written_is_deleted_later(
    kept: Output, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    save = storage.save

    def die(*_: object) -> NoReturn:
        raise Killed

    def save_and_die(name: str, data: bytes) -> NoReturn:
        save(name, data)
        die()

    with monkeypatch.context() as dying:
        if place == "note":
            dying.setattr(late_previews, "_note", die)
        else:
            dying.setattr(storage, "save", save_and_die)
        with pytest.raises(Killed):
            late_previews.make(kept, decode)
    left = small_files(kept)
    assert len(left) == (2 if place == "note" else 1)
    assert PreviewTicket.objects.count() == 1
    assert late_previews.make(kept, decode) is not None
    DiscardedFile.objects.update(due_at=timezone.now())
    assert discarded.sweep() == 0
    row = now(kept)
    assert small_files(kept) == sorted([row.preview, row.thumbnail])


def test_a_picture_without_previews_is_purged_and_compared_like_any_other(kept: Output, acme: Organization) -> None:
    assert inventory.compare(acme).missing == []
    with tenancy.tenant(acme.pk):
        Output.objects.filter(pk=kept.pk).update(binned_at="2020-01-01T00:00:00Z")
    assert purge.purge(acme) == 1
    assert not default_storage.exists(kept.file)


def test_a_lost_workers_picture_is_looked_at_whole_before_it_counts(
    acme: Organization, alice: User, up: Upstream
) -> None:
    """It may have been cut short on a disk that fills up, and is not waited for any more."""
    run = submit(acme, alice)
    (slot,) = slots(run)
    slot.tries = 1
    folder = storage.folder_of(acme.code, run.code, 0, 1)
    storage.save(f"{folder}/output.png", broken_inside())
    assert store_frames.find_output(acme.code, run, slot) is None


def test_a_stream_is_not_held_up_by_previews_of_its_partials(
    acme: Organization, alice: User, up: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(previews, "_shrunk")
    up.script = pictures(*(partial(index, png(shade=index)) for index in range(3)), completed(png()))
    run = submit(acme, alice, partial_images=3)
    assert work() == 1
    assert events(run) == ["queued", "started", "partial", "partial", "partial", "output", "ended"]
