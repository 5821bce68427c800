"""A run's page and its piece for the studio's column: all that is kept of a run, for whom it may be shown."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Organization, User
from billing import ledger
from saas.database import tenancy
from saas.templatetags.darkroom import money
from studio.models import Output, Partial, Run, RunEvent
from tests.conftest import SignIn
from tests.studio.engine.test_worker import submit, up, work
from tests.support.fake_provider import Exchange, Upstream, completed, error, partial, pictures, png

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("up")]
__all__ = ["up"]


def page(run: Run, user: User, sign_in: SignIn, piece: str = "", slug: str = "acme") -> str:
    answer = sign_in(user).get(f"/o/{slug}/runs/{run.code}/{piece}")
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_the_strip_shows_each_partial_and_the_final_with_its_time(
    acme: Organization, alice: User, sign_in: SignIn
) -> None:
    run = submit(acme, alice)
    work()
    with tenancy.tenant(acme.pk):
        began = RunEvent.objects.get(run=run, type="started").at
        kept, output = Partial.objects.get(slot__run=run), Output.objects.get(run=run)
    shown = page(run, alice, sign_in)
    assert f'data-at="{round((kept.at - began).total_seconds() * 1000)}"' in shown
    assert f"/o/acme/partials/{kept.code}/preview/" in shown
    assert f"/o/acme/outputs/{output.code}/preview/" in shown
    assert shown.count("data-frame") == 2
    assert shown.index('data-name="Partial 1"') < shown.index('data-name="Final"')


@pytest.mark.parametrize("piece", ["", "details/"])
def test_a_private_run_is_its_makers_alone_and_a_strangers_never(
    piece: str, acme: Organization, rival: Organization, alice: User, adam: User, charlie: User, sign_in: SignIn
) -> None:
    run = submit(acme, adam)
    with tenancy.tenant(acme.pk):
        Run.objects.filter(pk=run.pk).update(visibility="private")
    assert "Only you see this run" in page(run, adam, sign_in, piece)
    assert sign_in(alice).get(f"/o/acme/runs/{run.code}/{piece}").status_code == 404
    assert sign_in(charlie).get(f"/o/rival/runs/{run.code}/{piece}").status_code == 404
    assert sign_in(charlie).get(f"/o/acme/runs/{run.code}/{piece}").status_code == 404


def test_what_was_not_got_as_it_was_asked_is_marked(
    acme: Organization, alice: User, sign_in: SignIn, up: Upstream
) -> None:
    up.script = pictures(completed(png(), quality="medium"))
    run = submit(acme, alice, quality="low", size="1024x1024")
    work()
    shown = page(run, alice, sign_in)
    rows = [part.split("</tr>")[0] for part in shown.split('<tr class="asked-different">')[1:]]
    assert len(rows) == 2
    assert [word in rows[0] for word in ("Size", "1024²", "64²")] == [True] * 3
    assert [word in rows[1] for word in ("Quality", "low", "medium")] == [True] * 3


def test_words_from_outside_are_only_words(acme: Organization, alice: User, sign_in: SignIn, up: Upstream) -> None:
    evil = "<img src=x onerror=alert(1)>\"'</script><script>alert(2)</script>"
    up.script = pictures(completed(png(), quality=evil, background=evil))
    run = submit(acme, alice, prompt=evil)
    work()
    with tenancy.tenant(acme.pk):
        Output.objects.filter(run=run).update(revised_prompt=f"better {evil} now")
    for piece in ("", "details/"):
        shown = page(run, alice, sign_in, piece)
        assert "<img src=x" not in shown
        assert "<script>alert" not in shown
        assert "&lt;img src=x" in shown
        assert "The model rewrote the prompt" in shown


def test_an_end_without_a_picture_says_what_it_cost(
    acme: Organization, alice: User, sign_in: SignIn, up: Upstream
) -> None:
    up.script = lambda exchange: exchange.whole(400, error("moderation_blocked"))
    run = submit(acme, alice)
    work()
    shown = page(run, alice, sign_in)
    assert "safety system refused" in shown
    assert "Not charged." in shown
    assert "data-enlarge" not in shown


def test_more_pictures_and_frames_ask_the_database_nothing_more(
    acme: Organization, alice: User, sign_in: SignIn, up: Upstream
) -> None:
    up.script = pictures(partial(0, png()), partial(1, png()), partial(2, png()), completed(png()))
    one, many = submit(acme, alice), submit(acme, alice, n=6, partial_images=3)
    work()

    def count(run: Run) -> int:
        client = sign_in(alice)
        client.get(f"/o/acme/runs/{run.code}/")
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"/o/acme/runs/{run.code}/").status_code == 200
        return len(queries)

    assert count(one) == count(many)


def test_a_picture_that_was_tried_again_is_told_try_after_try(
    acme: Organization, alice: User, sign_in: SignIn, up: Upstream
) -> None:
    turns: list[Any] = [
        lambda exchange: (exchange.begin(), exchange.frame(partial(0, png(shade=1))), exchange.drop()),
        pictures(partial(0, png(shade=2)), completed(png(shade=3))),
    ]

    def next_turn(exchange: Exchange) -> None:
        turns.pop(0)(exchange)

    up.script = next_turn
    run = submit(acme, alice)
    work()
    sign_in(alice).post(f"/o/acme/runs/{run.code}/slots/0/retry/")
    work()
    shown = page(run, alice, sign_in)
    assert shown.count("data-frame") == 3
    assert (
        shown.index('data-name="Partial 1, try 1"')
        < shown.index('data-name="Partial 1, try 2"')
        < shown.index('data-name="Final"')
    )


def test_a_run_that_waits_has_a_page_too(acme: Organization, alice: User, vera: User, sign_in: SignIn) -> None:
    run = submit(acme, alice, n=2)
    shown = page(run, vera, sign_in)
    assert shown.count("Waiting</span>") >= 2
    assert "data-story-live" in shown
    assert "Remix" not in shown


@pytest.mark.parametrize("slot", ["7", "-1", "x", "999999999", "²"])
def test_a_picture_that_is_not_there_shows_the_first(
    slot: str, acme: Organization, alice: User, sign_in: SignIn
) -> None:
    run = submit(acme, alice, n=2)
    assert 'data-chosen="0"' in page(run, alice, sign_in, f"?slot={slot}")
    assert 'data-chosen="1"' in page(run, alice, sign_in, "?slot=1")


def test_it_says_what_the_ledger_says(acme: Organization, alice: User, sign_in: SignIn) -> None:
    run = submit(acme, alice)
    assert "held while it develops" in page(run, alice, sign_in)
    work()
    with tenancy.tenant(acme.pk):
        (entry,) = ledger.entries_of(run.code)
    assert entry.micros > 0
    shown = page(run, alice, sign_in)
    assert f"<strong>{money(entry.micros)}</strong>" in shown
    assert "held while it develops" not in shown
    told = sign_in(alice).get(f"/o/acme/runs/{run.code}/metadata.json").json()["cost"]
    assert (told["paid_micros"], told["held_micros"], told["is_play"]) == (entry.micros, 0, False)
