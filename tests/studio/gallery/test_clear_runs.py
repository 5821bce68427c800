"""When the last picture of a run is gone, nothing lies in storage any more that only this run used."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from accounts.errors import Refused
from accounts.models import Organization, Subject, User
from saas.database import tenancy
from saas.storage.redis_cache import counters
from saas.web import sessions
from studio.files import storage
from studio.gallery import purge, retention
from studio.models import Input, Output, Partial, Run, RunInput, Slot, State
from studio.prompt import drafts
from studio.prompt.prompt_form import PromptForm
from studio.runs import retry_slot
from tests.conftest import SignIn, must_be_member
from tests.studio.gallery.test_retention import bin_since, rule
from tests.studio.prompt.test_ask_for_more import generate
from tests.support import ended_runs as ended
from tests.support.text_holds import allow

pytestmark = pytest.mark.django_db
LONG_AGO = timedelta(days=200)


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def stored(media: Path, org: Organization) -> set[str]:
    return {str(path.relative_to(media)) for path in (media / str(org.code)).rglob("*") if path.is_file()}


def give(org: Organization, by: User, *to: Run) -> Input:
    given = ended.given(org, by, "holiday.png")
    with tenancy.tenant(org.pk):
        for run in to:
            RunInput.objects.create(org=org, run=run, input=given, number=1)
    return given


def frame(run: Run, slot: Slot) -> Partial:
    with tenancy.tenant(run.org_id):
        name = storage.save(f"{run.org.code}/runs/{run.code}/{slot.index}-1/p0.png", b"frame")
        return Partial.objects.create(
            org_id=run.org_id, slot=slot, index=0, tried=1, file=name, preview=name, size_bytes=5
        )


def failed_slot(run: Run, *, index: int, ago: timedelta = LONG_AGO) -> Slot:
    with tenancy.tenant(run.org_id):
        at = timezone.now() - ago
        return Slot.objects.create(org_id=run.org_id, run=run, index=index, state=State.FAILED, ended_at=at)


def names_of(given: Input) -> set[str]:
    return {given.file, given.sent_file, given.preview, given.thumbnail}


def reread(run: Run) -> Run:
    with tenancy.tenant(run.org_id):
        return Run.objects.get(pk=run.pk)


def test_after_the_last_picture_no_file_is_left_that_only_its_run_used(
    acme: Organization, bob: User, media: Path
) -> None:
    run = ended.run(acme, bob, asked={"prompt": "A lamp", "size": "1024x1024"})
    pictures = [ended.output(run, index=index) for index in range(2)]
    given, failed = give(acme, bob, run), failed_slot(run, index=2)
    frame(run, failed)
    bin_since(acme, pictures[0], days=31)
    purge.tidy()
    assert names_of(given) < stored(media, acme)  # one picture is kept, and what it was made from
    bin_since(acme, pictures[1], days=31)
    purge.tidy()
    assert stored(media, acme) == set()
    with tenancy.tenant(acme.pk):
        assert not Input.objects.exists()
        assert not Partial.objects.exists()
    assert reread(run).cleared_at
    assert reread(run).prompt == "A lamp"  # the organization's rule does not ask for more


def test_what_another_run_uses_stays(acme: Organization, bob: User, media: Path) -> None:
    gone, kept = ended.run(acme, bob), ended.run(acme, bob)
    picture, other = ended.output(gone), ended.output(kept)
    given = give(acme, bob, gone, kept)
    bin_since(acme, picture, days=31)
    purge.tidy()
    assert stored(media, acme) == names_of(given) | {other.file}
    bin_since(acme, other, days=31)
    purge.tidy()
    assert stored(media, acme) == set()


def test_what_lies_in_a_prompt_bar_stays(acme: Organization, bob: User, media: Path) -> None:
    run = ended.run(acme, bob)
    picture, given = ended.output(run), give(acme, bob, run)
    with tenancy.tenant(acme.pk):
        drafts.save_draft(by=must_be_member(acme, bob), values=PromptForm(reference=(str(given.code),)))
    bin_since(acme, picture, days=31)
    purge.tidy()
    assert stored(media, acme) == names_of(given)


def test_what_was_given_and_never_used_goes_after_thirty_days(acme: Organization, bob: User, media: Path) -> None:
    old, young = give(acme, bob), give(acme, bob)
    with tenancy.tenant(acme.pk):
        Input.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=31))
    purge.tidy()
    assert stored(media, acme) == names_of(young)


def test_a_hold_keeps_everything(acme: Organization, alice: User, bob: User, media: Path) -> None:
    run = ended.run(acme, bob)
    picture, given = ended.output(run), give(acme, bob, run)
    with tenancy.tenant(acme.pk):
        Output.objects.filter(pk=picture.pk).update(binned_at=timezone.now() - LONG_AGO, purged_at=timezone.now())
        retention.place_legal_hold(by=must_be_member(acme, alice), reason="A lawsuit")
    purge.tidy()
    assert names_of(given) < stored(media, acme)


def test_words_go_with_the_last_picture_where_the_rule_says_so(
    acme: Organization, alice: User, bob: User, sign_in: SignIn
) -> None:
    rule(acme, alice, is_on=False, forgets_prompts=True)
    asked = {"prompt": "A lamp", "size": "1024x1024", "quality": "low"}
    run = ended.run(acme, bob, asked=asked, end_user="customer-7", request_key="k", request_hash="h")
    kept = ended.run(acme, bob, asked=asked)
    bin_since(acme, ended.output(run), days=31)
    ended.output(kept)
    purge.tidy()
    found = reread(run)
    assert (found.prompt, found.end_user, found.request_hash) == ("", "", "")
    assert found.asked == {**asked, "prompt": ""}
    assert reread(kept).prompt == "A lamp"
    assert sign_in(bob).get(f"/o/acme/runs/{run.code}/").status_code == 200


def test_a_rule_that_is_set_later_reaches_runs_that_were_cleared_before(
    acme: Organization, alice: User, bob: User
) -> None:
    run = ended.run(acme, bob)
    bin_since(acme, ended.output(run), days=31)
    purge.tidy()
    assert reread(run).prompt == "A lamp"
    rule(acme, alice, is_on=False, forgets_prompts=True)
    purge.tidy()
    assert reread(run).prompt == ""


def test_runs_and_slots_without_a_picture_go_by_the_rule(
    acme: Organization, alice: User, bob: User, media: Path
) -> None:
    made_nothing = ended.run(acme, bob, state=State.FAILED, created_at=timezone.now() - LONG_AGO)
    frame(made_nothing, failed_slot(made_nothing, index=0))
    given = give(acme, bob, made_nothing)
    half = ended.run(acme, bob, created_at=timezone.now() - LONG_AGO)
    kept = ended.output(half)
    frame(half, failed_slot(half, index=1))
    recent = frame(half, failed_slot(half, index=2, ago=timedelta(days=2)))
    purge.tidy()
    assert len(stored(media, acme)) == 4 + len(names_of(given))  # no rule, nothing goes
    rule(acme, alice, spares_starred=True)
    with tenancy.tenant(acme.pk):
        Output.objects.update(stars=1)
    purge.tidy()
    assert stored(media, acme) == {kept.file, recent.file}


def test_a_run_that_is_being_tried_again_is_left(acme: Organization, bob: User, media: Path) -> None:
    run = ended.run(acme, bob)
    picture, given = ended.output(run), give(acme, bob, run)
    failed = failed_slot(run, index=1)
    with tenancy.tenant(acme.pk):
        Slot.objects.filter(pk=failed.pk).update(state=State.QUEUED)
    bin_since(acme, picture, days=31)
    purge.tidy()
    assert stored(media, acme) == names_of(given)


def test_a_cleared_run_is_not_tried_again(acme: Organization, bob: User) -> None:
    run = ended.run(acme, bob, cleared_at=timezone.now())
    slot = failed_slot(run, index=0)
    with tenancy.tenant(acme.pk):
        member = must_be_member(acme, bob)
        run.connection = acme.connections.get(is_default=True)
        run.save(update_fields=["connection"])
        with pytest.raises(Refused, match="has been deleted"):
            retry_slot.retry(slot=run.slots.get(), by=member)
        assert Slot.objects.get(pk=slot.pk).state == State.FAILED


def test_more_than_one_batch(acme: Organization, bob: User, media: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purge, "AT_ONCE", 2)
    for _ in range(5):
        run = ended.run(acme, bob)
        give(acme, bob, run)
        bin_since(acme, ended.output(run), days=31)
    purge.tidy()
    assert stored(media, acme) == set()


def test_expired_sessions_are_deleted(db: None, monkeypatch: pytest.MonkeyPatch, alice: User) -> None:
    monkeypatch.setattr(sessions, "AT_ONCE", 2)
    client = Client()
    client.force_login(alice)
    for number in range(5):
        Session.objects.create(
            session_key=f"old{number}", session_data="x", expire_date=timezone.now() - timedelta(seconds=1)
        )
    purge.tidy()
    assert list(Session.objects.values_list("pk", flat=True)) == [client.session.session_key]


def test_a_refused_prompt_is_not_kept_in_the_session(
    acme: Organization, alice: User, bob: User, sign_in: SignIn
) -> None:
    allow(acme, alice, Subject.MEMBER, user=bob, images_day=1)
    client = sign_in(bob)
    assert generate(client).status_code == 422
    assert "A lamp on a table" not in repr(dict(client.session))
    assert "A lamp on a table" not in repr([counters.get(f"refused:{acme.pk}:{bob.pk}")])
    assert "A lamp on a table" in client.get("/o/acme/ask/").content.decode()
