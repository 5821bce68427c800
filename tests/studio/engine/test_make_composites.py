"""Keep everything else exactly, as a worker does it: after the picture is safe, and never at its cost."""

from datetime import datetime
from typing import Any, cast
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import ApiKey, Membership, Organization, User
from saas.database import tenancy
from studio.catalogue import image_models, specs
from studio.engine import make_composites, record_picture, store_frames
from studio.files import storage
from studio.gateway import results
from studio.gateway.answer_memory import AnswerMemory
from studio.imaging import compositing, straying
from studio.imaging.compositing import CannotCompose
from studio.models import Composite, CompositeTicket, Input, Output, Run, RunEvent, State
from studio.providers.answers import Final
from studio.runs import plan, submit_run
from studio.runs.plan import Pictures
from studio.story import document
from tests.conftest import SignIn, must_be_member
from tests.studio.imaging.test_compositing import HEIGHT, WIDTH, distance_from, mask, noise, worst
from tests.support.picture_bytes import opened, painting, saved

pytestmark = pytest.mark.django_db

HOLE = (120, 80, 30)
BASE = noise(1)
RESULT = noise(2)


def given(org: Organization, by: User, name: str, data: bytes, *, is_mask: bool = False) -> Input:
    stored = storage.save(f"{org.code}/inputs/{uuid4()}.png", data)
    return Input.objects.create(
        org=org,
        giver=by,
        name=name,
        file=stored,
        sent_file=stored,
        sent_mime="image/png",
        thumbnail=stored,
        width=WIDTH,
        height=HEIGHT,
        is_mask=is_mask,
        size_bytes=len(data),
        sha256="",
    )


def masked_run(org: Organization, by: User, **asked: Any) -> Run:
    with tenancy.tenant(org.pk):
        spec = specs.read_spec(
            {"prompt": "a hat", "references": 1, "mask": True, **asked}, models=image_models.at(timezone.now())
        )
        references = [given(org, by, "cat.png", saved(BASE, ".png"))]
        painted = given(org, by, "mask.png", mask(HOLE), is_mask=True) if spec.mask else None
        planned = plan.make(org=org, spec=spec, pictures=Pictures(references, painted))
        return submit_run.submit(by=must_be_member(org, by), plan=planned)


def finish(run: Run, data: bytes | None = None) -> Output:
    """As the engine does when the final has come."""
    frame = Final(saved(RESULT, ".png") if data is None else data)
    with tenancy.tenant(run.org_id):
        slot = run.slots.get()
    slot.run = run
    stored = store_frames.store_output(run.org.code, run, slot, frame)
    with tenancy.tenant(run.org_id):
        record_picture.record(run, slot, frame, stored)
        return Output.objects.get(run=run)


def composite_of(output: Output) -> Composite:
    with tenancy.tenant(output.org_id):
        return Composite.objects.get(output=output)


@pytest.fixture
def edited(acme: Organization, alice: User) -> tuple[Run, Output]:
    run = masked_run(acme, alice, feather=8)
    return run, finish(run)


def test_the_untouched_pixels_are_put_back_and_the_raw_result_stays(edited: tuple[Run, Output]) -> None:
    _, output = edited
    assert composite_of(output).state == "waiting"
    assert make_composites.make_next()
    made = composite_of(output)
    assert (made.state, made.feather, made.width, made.height) == ("made", 8, WIDTH, HEIGHT)
    kept = opened(storage.load(made.file))
    assert worst(kept, BASE, distance_from(HOLE) > 9) == 0
    assert worst(kept, RESULT, distance_from(HOLE) < -1) == 0
    assert storage.load(output.file) == saved(RESULT, ".png")
    assert made.changed_ppm is not None
    assert made.changed_ppm > 500_000  # noise everywhere
    assert CompositeTicket.objects.count() == 0
    assert not make_composites.make_next()


@pytest.mark.django_db(transaction=True)
def test_no_connection_is_held_while_the_files_are_read(
    edited: tuple[Run, Output], monkeypatch: pytest.MonkeyPatch
) -> None:
    load, held = storage.load, list[bool]()

    def loaded(name: str) -> bytes:
        held.append(connection.connection is not None)
        return load(name)

    monkeypatch.setattr(storage, "load", loaded)
    assert make_composites.make_next()
    assert held == [False, False, False]
    assert composite_of(edited[1]).state == "made"


@pytest.mark.django_db(transaction=True)
def test_no_connection_is_held_while_an_answers_pictures_are_read(
    edited: tuple[Run, Output], monkeypatch: pytest.MonkeyPatch
) -> None:
    run, _ = edited
    held = list[bool]()

    def loaded(name: str) -> bytes:
        held.append(connection.connection is not None)
        return b""

    monkeypatch.setattr(results, "_base64", loaded)
    with tenancy.tenant(run.org_id):
        payer = must_be_member(run.org, run.maker)
    found = results.read_result(run, cast("tuple[Membership, ApiKey]", (payer, None)), AnswerMemory())
    assert (len(found.made), held) == (1, [False])


def test_open_pages_hear_of_it_after_the_end(edited: tuple[Run, Output]) -> None:
    run, output = edited
    make_composites.make_next()
    with tenancy.tenant(run.org_id):
        events = list(RunEvent.objects.filter(run=run).order_by("seq"))
    assert [event.type for event in events][-3:] == ["output", "ended", "composite"]
    assert events[-1].data["state"] == "made"
    assert events[-1].data["output"] == str(output.code)


def test_metadata_tells_of_it(edited: tuple[Run, Output]) -> None:
    run, output = edited
    make_composites.make_next()
    with tenancy.tenant(run.org_id):
        maker = Membership.objects.select_related("org").get(org=run.org_id, user=run.maker_id)
        told = document.document_of(Run.objects.get(pk=run.pk), seen_by=maker)["slots"][0]["output"]["composite"]
    made = composite_of(output)
    assert (told["state"], told["feather"], told["sha256"]) == ("made", 8, made.sha256)
    assert told["changed_ppm"] == made.changed_ppm


@pytest.mark.parametrize("asked", [{"keep_rest": False}, {"mask": False}])
def test_nothing_is_kept_where_nobody_asked(acme: Organization, alice: User, asked: dict[str, Any]) -> None:
    output = finish(masked_run(acme, alice, **asked))
    with tenancy.tenant(acme.pk):
        assert not Composite.objects.filter(output=output).exists()
    assert CompositeTicket.objects.count() == 0


def test_a_result_of_another_shape_stays_as_it_came_and_says_why(acme: Organization, alice: User) -> None:
    run = masked_run(acme, alice)
    output = finish(run, saved(painting(160, 160), ".png"))
    assert make_composites.make_next()
    failed = composite_of(output)
    assert failed.state == "failed"
    assert "a different shape" in failed.sentence
    assert not output.has_composite
    with tenancy.tenant(acme.pk):
        assert Run.objects.get(pk=run.pk).state == State.SUCCEEDED
    assert CompositeTicket.objects.count() == 0


def test_what_breaks_is_tried_again_and_at_last_given_up(
    edited: tuple[Run, Output], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, output = edited
    working = straying.measure

    def breaks(*_: object) -> None:
        raise OSError("storage is away")

    monkeypatch.setattr(straying, "measure", breaks)
    for tries in range(1, make_composites.MOST_TRIES + 1):
        assert make_composites.make_next()
        ticket = CompositeTicket.objects.get()
        assert ticket.tries == tries
        assert ticket.due_at > timezone.now()
        assert not make_composites.make_next(), "not before it is due"
        CompositeTicket.objects.update(due_at=timezone.now())
    assert composite_of(output).state == "waiting"
    monkeypatch.setattr(straying, "measure", working)
    make_composites.make_next()
    assert (composite_of(output).state, composite_of(output).sentence) == ("failed", make_composites.GIVEN_UP)
    assert storage.load(output.file) == saved(RESULT, ".png")


def test_one_failure_costs_nothing(edited: tuple[Run, Output], monkeypatch: pytest.MonkeyPatch) -> None:
    _, output = edited
    with monkeypatch.context() as broken:
        broken.setattr(compositing, "compose", lambda *_: 1 / 0)
        make_composites.make_next()
    CompositeTicket.objects.update(due_at=timezone.now())
    assert make_composites.make_next()
    assert composite_of(output).state == "made"


def test_a_worker_that_died_is_followed_by_another(edited: tuple[Run, Output]) -> None:
    _, output = edited
    assert make_composites._take() is not None  # and then it dies
    assert not make_composites.make_next()
    CompositeTicket.objects.update(due_at=timezone.now())
    assert make_composites.count_due() == 1
    assert make_composites.make_next()
    assert composite_of(output).state == "made"


def test_two_workers_at_one_picture_tell_once(edited: tuple[Run, Output]) -> None:
    run, _ = edited
    work = make_composites._take()
    assert work is not None
    make_composites._make(work)
    make_composites._make(work)
    with tenancy.tenant(run.org_id):
        assert RunEvent.objects.filter(run=run, type="composite").count() == 1


@pytest.mark.parametrize("error", [CannotCompose("It cannot be put together."), RuntimeError("broken")])
def test_a_failure_of_a_lost_claim_takes_no_work_from_the_next_one(
    error: Exception, edited: tuple[Run, Output], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first worker was suspended for so long that a second one has claimed its work."""
    run, output = edited
    claimed: list[CompositeTicket | None] = []
    until: list[datetime] = []

    def lost(*_: object) -> bytes:
        CompositeTicket.objects.update(due_at=timezone.now())
        claimed.append(make_composites._take())
        until.append(CompositeTicket.objects.get().due_at)
        raise error

    with monkeypatch.context() as slow:
        slow.setattr(compositing, "compose", lost)
        assert make_composites.make_next()
    (second,) = claimed
    assert second is not None
    assert composite_of(output).state == "waiting"
    assert CompositeTicket.objects.get().due_at == until[0], "its claim lasts as long as it did"
    make_composites._make(second)
    assert composite_of(output).state == "made"
    assert CompositeTicket.objects.count() == 0
    with tenancy.tenant(run.org_id):
        assert RunEvent.objects.filter(run=run, type="composite").count() == 1


def test_a_run_that_was_deleted_leaves_no_work(edited: tuple[Run, Output]) -> None:
    run, _ = edited
    with tenancy.tenant(run.org_id):
        Run.objects.filter(pk=run.pk).delete()
    assert make_composites.make_next()
    assert CompositeTicket.objects.count() == 0


def test_each_file_is_served_to_the_team_and_to_nobody_else(
    edited: tuple[Run, Output], vera: User, charlie: User, rival: Organization, sign_in: SignIn
) -> None:
    _, output = edited
    path = f"/o/acme/outputs/{output.code}"
    assert sign_in(vera).get(f"{path}/kept/").status_code == 404, "not made yet"
    make_composites.make_next()
    made = composite_of(output)
    for shape, name in {"kept": made.file, "kept-preview": made.preview, "heat": made.heat}.items():
        answer = sign_in(vera).get(f"{path}/{shape}/")
        assert answer.getvalue() == storage.load(name)
        assert sign_in(charlie).get(f"{path}/{shape}/").status_code == 404
        assert sign_in(charlie).get(f"/o/rival/outputs/{output.code}/{shape}/").status_code == 404
    raw = sign_in(vera).get(f"{path}/original/")
    assert raw.getvalue() == saved(RESULT, ".png")


@pytest.mark.parametrize(
    ("ppm", "said"), [(0, "0"), (None, "0"), (400, "less than 0.1"), (8_000, "0.8"), (123_456, "12")]
)
def test_the_share_is_said_without_false_precision(ppm: int | None, said: str) -> None:
    assert Composite(changed_ppm=ppm).changed_percent == said
