"""The prompt bar: what a person asks becomes one run, or one page that says what is wrong."""

import pytest
from django.test import Client

from accounts.models import Organization, User
from saas import tenancy
from studio.models import Run, RunEvent, Slot, Ticket
from tests.conftest import SignIn

ASKED = {"prompt": "A lamp on a table", "size": "1024x1536", "quality": "low", "n": "2"}


def runs_of(org: Organization) -> list[Run]:
    with tenancy.tenant(org.pk):
        return list(Run.objects.filter(org=org))


def submit(client: Client, slug: str = "acme", **changes: str) -> int:
    return client.post(f"/o/{slug}/runs/", {**ASKED, **changes}).status_code


def test_a_prompt_becomes_a_run_with_its_slots_in_the_line(acme: Organization, bob: User, sign_in: SignIn) -> None:
    assert submit(sign_in(bob)) == 302
    (run,) = runs_of(acme)
    assert (run.prompt, run.model, run.state, run.count, run.maker_id) == (
        "A lamp on a table",
        "gpt-image-2",
        "queued",
        2,
        bob.pk,
    )
    assert (run.asked["size"], run.asked["quality"], run.asked["partial_images"]) == ("1024x1536", "low", 2)
    with tenancy.tenant(acme.pk):
        assert list(Slot.objects.values_list("index", "state").order_by("index")) == [(0, "queued"), (1, "queued")]
        assert list(RunEvent.objects.values_list("seq", "type")) == [(1, "queued")]
    assert Ticket.objects.filter(org_id=acme.pk, maker_id=bob.pk).count() == 2


@pytest.mark.parametrize(
    "wrong",
    [{"prompt": ""}, {"prompt": "   "}, {"prompt": "x" * 32001}, {"size": "1x1"}, {"quality": "hd"}, {"n": "11"}],
)
def test_what_is_wrong_makes_no_run_and_keeps_what_was_typed(
    wrong: dict[str, str], acme: Organization, bob: User, sign_in: SignIn
) -> None:
    answer = sign_in(bob).post("/o/acme/runs/", {**ASKED, **wrong})
    assert answer.status_code == 422
    assert runs_of(acme) == []
    assert Ticket.objects.count() == 0
    if "prompt" not in wrong:
        assert "A lamp on a table" in answer.content.decode()


def test_a_viewer_and_a_stranger_make_nothing(
    acme: Organization, rival: Organization, vera: User, charlie: User, sign_in: SignIn
) -> None:
    assert submit(sign_in(vera)) == 403
    assert submit(sign_in(charlie)) == 404
    assert runs_of(acme) == runs_of(rival) == []
    assert Ticket.objects.count() == 0


def test_a_viewer_sees_the_stream_and_no_prompt_bar(acme: Organization, bob: User, vera: User, sign_in: SignIn) -> None:
    submit(sign_in(bob), prompt="<script>alert(1)</script>")
    page = sign_in(vera).get("/o/acme/").content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert" not in page
    assert 'name="prompt"' not in page


def test_a_card_and_its_events_are_the_teams_and_no_strangers(
    acme: Organization, rival: Organization, bob: User, vera: User, charlie: User, sign_in: SignIn
) -> None:
    submit(sign_in(bob))
    (run,) = runs_of(acme)
    for path in ("card/", "events/?after=0", "metadata.json"):
        assert sign_in(vera).get(f"/o/acme/runs/{run.code}/{path}").status_code == 200
        assert sign_in(charlie).get(f"/o/rival/runs/{run.code}/{path}").status_code == 404


def test_a_private_run_is_its_makers_alone(acme: Organization, alice: User, bob: User, sign_in: SignIn) -> None:
    submit(sign_in(bob))
    (run,) = runs_of(acme)
    with tenancy.tenant(acme.pk):
        Run.objects.filter(pk=run.pk).update(visibility="private")
    assert sign_in(bob).get(f"/o/acme/runs/{run.code}/card/").status_code == 200
    assert sign_in(alice).get(f"/o/acme/runs/{run.code}/card/").status_code == 404
    assert str(run.code) not in sign_in(alice).get("/o/acme/").content.decode()


def test_a_colleague_may_not_stop_it_and_an_admin_may(
    acme: Organization, adam: User, alice: User, bob: User, sign_in: SignIn
) -> None:
    submit(sign_in(alice))
    (run,) = runs_of(acme)
    assert sign_in(bob).post(f"/o/acme/runs/{run.code}/cancel/").status_code == 403
    assert runs_of(acme)[0].state == "queued"
    assert Ticket.objects.count() == 2
    assert sign_in(adam).post(f"/o/acme/runs/{run.code}/cancel/").status_code == 204
    assert runs_of(acme)[0].state == "cancelled"
    assert Ticket.objects.count() == 0
    assert sign_in(adam).post(f"/o/acme/runs/{run.code}/cancel/").status_code == 409


def test_the_page_asks_the_database_the_same_whatever_the_number_of_runs(
    acme: Organization, bob: User, sign_in: SignIn, django_assert_max_num_queries: pytest.FixtureRequest
) -> None:
    client = sign_in(bob)
    for _ in range(5):
        submit(client)
    with django_assert_max_num_queries(17):  # type: ignore[operator]  # a context manager of pytest-django
        assert client.get("/o/acme/").status_code == 200
