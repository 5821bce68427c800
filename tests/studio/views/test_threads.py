"""A thread's page: what it shows of a tree, what is sent from it, and what is refused there."""

import re
from io import BytesIO
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Hold, Organization, User
from saas.database import tenancy
from studio.models import Output, Run, Thread, Ticket, Turn, Visibility
from tests.conftest import SignIn
from tests.studio.inputs.test_give_input import mask
from tests.support import picture_bytes
from tests.support.gallery_pictures import made
from tests.support.threads import finish, said, started

pytestmark = pytest.mark.django_db
SEND, PRICE, NEW = "/o/acme/threads/turns/", "/o/acme/threads/price/", "/o/acme/threads/new/"
SCRIPT = {"HX-Request": "true"}


@pytest.fixture
def bobs(acme: Organization, bob: User, sign_in: SignIn) -> Client:
    return sign_in(bob)


def page_of(thread: str, query: str = "") -> str:
    return f"/o/acme/threads/{thread}/{query}"


def text(answer: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def send(client: Client, thread: str, say: str, **fields: Any) -> Any:
    return client.post(SEND, {"thread": thread, "say": say, **fields}, headers=SCRIPT)


def rows(org: Organization) -> tuple[int, ...]:
    with tenancy.tenant(org.pk):
        return tuple(model.objects.count() for model in (Thread, Turn, Run, Hold, Ticket))


def numbers_and_parents(thread: str) -> list[tuple[int, int]]:
    turns = Turn.objects.filter(thread__code=thread).select_related("parent").order_by("number")
    return [(turn.number, turn.parent.number if turn.parent else 0) for turn in turns]


def test_a_page_shows_the_tree_and_what_was_said_on_the_way(acme: Organization, bob: User, bobs: Client) -> None:
    api, thread = started(acme, bob, title="The poster")
    first = said(api, thread, "Make it <blue>")
    finish(acme, first)
    finish(acme, said(api, thread, "Then green"))
    finish(acme, said(api, thread, "Or red", parent=first["id"]))
    answer = bobs.get(page_of(thread))
    page = answer.content.decode()
    assert re.findall(r'class="thread-row lane-(\d)"', page) == ["0", "0", "0", "1"]
    assert "Make it &lt;blue&gt;" in page
    assert "Or red" in page
    assert "Then green" not in page.split('class="thread-said"')[1]
    assert page.count("From turn 3") == 2  # the composer's, and the one that an open page takes over
    earlier = bobs.get(page_of(thread, "?turn=2")).content.decode()
    assert "Then green" in earlier.split('class="thread-said"')[1]
    assert bobs.get(page_of(thread, "?turn=9")).status_code == 404


def test_an_open_page_renews_its_pieces_alone(acme: Organization, bob: User, bobs: Client) -> None:
    api, thread = started(acme, bob)
    said(api, thread, "Blue")
    pieces = bobs.get(page_of(thread), headers=SCRIPT).content.decode()
    assert "<html" not in pieces
    assert re.findall(r'id="(thread-[a-z-]+)"', pieces) == [
        "thread-tree", "thread-stage", "thread-tools", "thread-talk", "thread-go-next",
    ]  # fmt: skip


def test_a_picture_starts_a_thread_with_what_is_said_first(acme: Organization, bob: User, bobs: Client) -> None:
    (output,) = made(acme, bob, "A lamp", size=(1024, 768))
    before = rows(acme)
    page = bobs.get(f"{NEW}?image={output.code}")
    assert (page.status_code, rows(acme)) == (200, before)
    answer = send(bobs, "", "At night", start_image=str(output.code))
    assert answer.status_code == 201, answer.content
    with tenancy.tenant(acme.pk):
        turn = Turn.objects.select_related("run", "thread__start__source").get()
        assert (turn.run.prompt, turn.run.kind, turn.run.asked["size"]) == ("At night", "edit", "1024x768")
        assert turn.thread.start is not None
        assert turn.thread.start.source == output
    assert answer.json()["url"] == page_of(str(turn.thread.code), "?turn=1")


def test_a_thread_starts_from_words_or_from_an_uploaded_picture(acme: Organization, bobs: Client) -> None:
    begun = send(bobs, "", "A harbour at dawn")
    assert begun.status_code == 201
    with tenancy.tenant(acme.pk):
        run = Run.objects.get()
    live = bobs.get(begun.json()["url"])
    assert (live.status_code, "Turn 1 is still being made" in text(live)) == (200, True)
    finish(acme, {"run": str(run.code)})
    assert "A harbour at dawn" in text(bobs.get("/o/acme/threads/"))
    for query in ("", "?turn=0"):
        assert bobs.get(begun.json()["url"].partition("?")[0] + query).status_code == 200
    photo = BytesIO(picture_bytes.plain(".png", 64, 48))
    photo.name = "me.png"
    code = bobs.post("/o/acme/inputs/", {"file": photo}, headers={"Accept": "application/json"}).json()["code"]
    assert bobs.get(f"{NEW}?input={code}").status_code == 200
    assert send(bobs, "", "In a hat", start_input=code).status_code == 201
    with tenancy.tenant(acme.pk):
        kinds = list(Turn.objects.order_by("pk").values_list("run__kind", "is_fresh"))
    assert kinds == [("generate", True), ("edit", False)]


def test_without_script_a_form_with_files_leads_to_the_new_turn(acme: Organization, bob: User, bobs: Client) -> None:
    _, thread = started(acme, bob)
    hat = BytesIO(picture_bytes.plain(".png", 30, 30))
    hat.name = "hat.png"
    answer = bobs.post(SEND, {"thread": thread, "parent": "start", "say": "Put this on", "file": hat})
    assert (answer.status_code, answer["Location"]) == (302, page_of(thread, "?turn=1"))
    with tenancy.tenant(acme.pk):
        names = list(Run.objects.get().inputs.order_by("number").values_list("input__name", flat=True))
    assert names == ["poster.png", "hat.png"]
    refused = bobs.post(SEND, {"thread": thread, "say": " "})
    assert refused.status_code == 422
    assert "Say what should change." in text(refused)


def test_the_price_is_that_of_what_stands_in_the_composer(acme: Organization, bob: User, bobs: Client) -> None:
    _, thread = started(acme, bob)
    before = rows(acme)
    one = text(bobs.post(PRICE, {"thread": thread, "parent": "start", "say": "Blue", "quality": "low"}))
    four = text(bobs.post(PRICE, {"thread": thread, "parent": "start", "say": "Blue", "quality": "low", "n": "4"}))
    prices = [float(found.group(1)) for found in (re.search(r"\$(\d+\.\d+)", said) for said in (one, four)) if found]
    assert prices[1] == pytest.approx(4 * prices[0], rel=0.2)
    assert rows(acme) == before


def test_a_size_that_the_model_cannot_make_is_said_before(acme: Organization, bob: User, bobs: Client) -> None:
    _, thread = started(acme, bob, (1001, 751))
    shown = text(bobs.post(PRICE, {"thread": thread, "parent": "start", "say": "Blue"}))
    assert re.search(r"The model cannot make 1001 . 751, so this turn is 1008 . 752", shown), shown


def test_words_that_go_back_are_shown_before_they_are_sent(acme: Organization, bob: User, bobs: Client) -> None:
    api, thread = started(acme, bob)
    first = said(api, thread, "Blue")
    finish(acme, first)
    finish(acme, said(api, thread, "Green"))
    before, words = rows(acme), "Go back to turn 1 and make it red"
    shown = bobs.post(PRICE, {"thread": thread, "say": words})
    assert "Branch from turn 1" in text(shown)
    unseen = send(bobs, thread, words)
    assert (unseen.status_code, rows(acme)) == (422, before)
    assert "Branch from turn 1" in text(unseen)
    assert send(bobs, thread, words, branch="1").status_code == 201
    with tenancy.tenant(acme.pk):
        newest = Turn.objects.select_related("run").get(number=3)
        assert newest.run.prompt == "Make it red"
        assert numbers_and_parents(thread) == [(1, 0), (2, 1), (3, 1)]


def test_going_back_can_be_undone_and_then_the_words_are_sent_as_they_are(
    acme: Organization, bob: User, bobs: Client
) -> None:
    api, thread = started(acme, bob)
    finish(acme, said(api, thread, "Blue"))
    words = "Go back to turn 1 and make it red"
    assert "Branch" not in text(bobs.post(PRICE, {"thread": thread, "say": words, "as_said": "1"}))
    assert send(bobs, thread, words, as_said="1").status_code == 201
    with tenancy.tenant(acme.pk):
        assert Turn.objects.select_related("run").get(number=2).run.prompt == words


def test_a_painted_part_becomes_a_masked_edit(acme: Organization, bob: User, bobs: Client) -> None:
    api, thread = started(acme, bob, (64, 40))
    start = api.get(f"threads/{thread}").json()["start"]
    hole = BytesIO(mask(64))
    hole.name = "mask.png"
    given = bobs.post("/o/acme/inputs/", {"file": hole, "first": start}, headers={"Accept": "application/json"}).json()
    answer = send(bobs, thread, "A red door", parent="start", mask=given["code"])
    assert answer.status_code == 201, answer.content
    with tenancy.tenant(acme.pk):
        asked = Run.objects.get().asked
    assert (asked["mask"], asked["keep_rest"]) == (True, True)


def test_a_turn_without_a_picture_says_why_nothing_can_be_sent(acme: Organization, bob: User, bobs: Client) -> None:
    api, thread = started(acme, bob)
    turn = said(api, thread, "Blue")
    before = rows(acme)
    answer = send(bobs, thread, "Green", parent=turn["id"])
    assert (answer.status_code, rows(acme)) == (422, before)
    assert "Turn 1 is still being made" in text(answer)


def test_a_private_thread_is_nobody_elses(acme: Organization, alice: User, bobs: Client) -> None:
    _, thread = started(acme, alice, visibility="private")
    before = rows(acme)
    assert bobs.get(page_of(thread)).status_code == 404
    assert send(bobs, thread, "Blue").status_code == 404
    assert bobs.post(PRICE, {"thread": thread, "say": "Blue"}).status_code == 404
    assert bobs.post(page_of(thread, "delete/")).status_code == 404
    assert rows(acme) == before
    assert "A thread" not in text(bobs.get("/o/acme/threads/"))


def test_a_colleague_looks_and_branches(acme: Organization, alice: User, bob: User, sign_in: SignIn) -> None:
    api, thread = started(acme, bob)
    finish(acme, said(api, thread, "Blue"))
    assert send(sign_in(alice), thread, "Red", parent="start").status_code == 201
    with tenancy.tenant(acme.pk):
        assert numbers_and_parents(thread) == [(1, 0), (2, 0)]


def test_a_picture_of_the_gallery_can_be_talked_about(
    acme: Organization, bob: User, vera: User, sign_in: SignIn
) -> None:
    (output,) = made(acme, bob)
    bobs, veras = sign_in(bob), sign_in(vera)
    link = f'href="{NEW}?image={output.code}"'
    assert link in bobs.get(f"/o/acme/gallery/{output.code}/").content.decode()
    assert bobs.get(f"{NEW}?image={output.code}").status_code == 200
    assert link not in veras.get(f"/o/acme/gallery/{output.code}/").content.decode()
    with tenancy.tenant(acme.pk):
        Output.objects.filter(pk=output.pk).update(binned_at=timezone.now())
    assert link not in bobs.get(f"/o/acme/gallery/{output.code}/").content.decode()


def test_a_viewer_looks_and_says_nothing(acme: Organization, bob: User, vera: User, sign_in: SignIn) -> None:
    api, thread = started(acme, bob)
    finish(acme, said(api, thread, "Blue"))
    page = sign_in(vera).get(page_of(thread)).content.decode()
    assert "thread-composer" not in page
    assert "Blue" in page


def test_a_thread_is_renamed_made_private_and_deleted_on_its_page(acme: Organization, bob: User, bobs: Client) -> None:
    _, thread = started(acme, bob)
    bobs.post(page_of(thread, "name/"), {"title": "Harbour"})
    bobs.post(page_of(thread, "visibility/"), {"visibility": "private"})
    with tenancy.tenant(acme.pk):
        found = Thread.objects.get()
    assert (found.title, found.visibility) == ("Harbour", Visibility.PRIVATE)
    assert bobs.post(page_of(thread, "delete/"))["Location"] == "/o/acme/threads/"
    assert rows(acme)[0] == 0


def test_a_page_of_many_turns_costs_as_many_statements_as_one_of_few(
    acme: Organization, bob: User, bobs: Client
) -> None:
    api, thread = started(acme, bob)
    for number in range(5):
        finish(acme, said(api, thread, f"Wish {number}"))
    few = _statements(bobs, thread)
    for number in range(5):
        finish(acme, said(api, thread, f"Another {number}"))
    assert _statements(bobs, thread) == few


def _statements(client: Client, thread: str) -> int:
    """The fewest of three tries: the catalogue is read again every few seconds."""

    def count() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert client.get(page_of(thread), headers=SCRIPT).status_code == 200
        return len(seen)

    return min(count() for _ in range(3))
