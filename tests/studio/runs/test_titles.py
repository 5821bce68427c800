"""Titles are the person's words: what a print or a talk says to the model besides is one click away."""

import pytest

from accounts.models import Organization, User
from saas.database import tenancy
from studio.gallery import search
from studio.gateway import transcript
from studio.models import Output, Run
from studio.models.wording import PRINT, own_words
from studio.sandbox.paint import editing
from tests.conftest import SignIn
from tests.support.gallery_pictures import made

TALK = transcript.compose(instructions="In pencil", earlier=["A lamp", "At night"], now="By day,\nwith birds")


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("A fox", "A fox"),
        ("Now:\nA fox", "Now:\nA fox"),
        ("A note:\n\nNow:\nA fox", "A note:\n\nNow:\nA fox"),
        (PRINT + "A fox", "A fox"),
        (PRINT + PRINT + "A fox", "A fox"),
        (TALK, "By day,\nwith birds"),
        (PRINT + TALK, "By day,\nwith birds"),
        ("Render Image 1 again, larger", "Render Image 1 again, larger"),
    ],
)
def test_the_words_of_the_person_are_found_again(prompt: str, words: str) -> None:
    assert own_words(prompt) == words


def test_the_sandbox_knows_a_print_by_how_it_begins() -> None:
    assert PRINT.startswith(editing.AGAIN)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "prompt",
    [PRINT + "A fox in snow", transcript.compose(instructions="Kindly", earlier=["x"], now="A fox in snow")],
)
def test_pages_show_the_persons_words_and_the_rest_behind_a_fold(
    prompt: str, acme: Organization, bob: User, sign_in: SignIn
) -> None:
    (picture,) = made(acme, bob, prompt)
    with tenancy.tenant(acme.pk):
        run = Run.objects.get(pk=picture.run_id)
    client = sign_in(bob)
    for path in (f"runs/{run.code}/card/", "gallery/", f"gallery/{picture.code}/", ""):
        page = client.get(f"/o/acme/{path}").content.decode()
        assert "A fox in snow" in page, path
        assert prompt.partition("\n")[0] not in page, path
    page = client.get(f"/o/acme/runs/{run.code}/").content.decode()
    assert "<title>A fox in snow · Acme</title>" in page
    before, _, after = page.partition("What the model read")
    assert prompt.partition("\n")[0] not in before
    assert prompt.partition("\n")[0] in after


@pytest.mark.django_db
def test_a_run_of_plain_words_has_no_fold(acme: Organization, bob: User, sign_in: SignIn) -> None:
    (picture,) = made(acme, bob, "A fox")
    with tenancy.tenant(acme.pk):
        run = Run.objects.get(pk=picture.run_id)
    assert "What the model read" not in sign_in(bob).get(f"/o/acme/runs/{run.code}/").content.decode()


@pytest.mark.django_db
def test_a_print_is_found_by_its_words_and_not_by_those_around_them(acme: Organization, bob: User) -> None:
    (picture,) = made(acme, bob, PRINT + "A fox in snow")
    with tenancy.tenant(acme.pk):
        every = Output.objects.filter(org=acme)
        assert [one.pk for one in search.among(every, acme.code, "fox")] == [picture.pk]
        assert list(search.among(every, acme.code, "composition")) == []
