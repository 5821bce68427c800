"""Threads through the REST API: a picture, what is said about it, and the tree that comes of it."""

import uuid
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from accounts.models import Hold, Organization, Scope, User
from saas.database import tenancy
from studio.engine import worker
from studio.models import Input, Output, Relation, Run, RunInput, State, Thread, Ticket, Turn, Visibility
from studio.threads import tree
from tests.conftest import must_be_member
from tests.studio.api.keys import program
from tests.studio.engine.test_worker import up
from tests.studio.inputs.test_give_input import mask
from tests.support import picture_bytes
from tests.support.fake_provider import Upstream
from tests.support.gallery_pictures import made
from tests.support.threads import finish, form, given, said, started, turns

__all__ = ["up"]
pytestmark = pytest.mark.django_db


def counts(org: Organization) -> tuple[int, ...]:
    with tenancy.tenant(org.pk):
        return tuple(model.objects.count() for model in (Thread, Turn, Run, RunInput, Hold, Ticket))


def refused(org: Organization, answer: Any, status: int, code: str, before: tuple[int, ...]) -> str:
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code), answer.content
    assert counts(org) == before, "a refusal changed something"
    return str(answer.json()["error"]["message"])


def test_a_thread_starts_from_an_uploaded_picture_and_costs_nothing(acme: Organization, bob: User) -> None:
    api = program(acme, bob)
    code = given(api)
    answer = api.post("threads", {"input": code, "title": " The  poster "})
    assert answer.status_code == 201
    thread = answer.json()
    assert (thread["title"], thread["turns"], thread["start"], thread["cost"]) == ("The poster", [], code, "0.00")
    assert api.get(f"threads/{thread['id']}").json() == thread
    with tenancy.tenant(acme.pk):
        assert not Hold.objects.exists()


def test_a_thread_starts_from_a_picture_made_here_and_keeps_a_copy(acme: Organization, bob: User) -> None:
    api = program(acme, bob)
    (output,) = made(acme, bob, "A lamp", visibility=Visibility.PRIVATE)
    thread = api.post("threads", {"image": str(output.code)}).json()
    assert thread["visibility"] == "private"
    with tenancy.tenant(acme.pk):
        start = Input.objects.get(code=thread["start"])
    assert start.source_id == output.pk
    again = api.post("threads", {"image": str(output.code)}).json()
    assert again["start"] == thread["start"], "the same picture was copied twice"


def test_the_first_turn_takes_over_the_quality_of_a_picture_made_here(acme: Organization, bob: User) -> None:
    api = program(acme, bob)
    (output,) = made(acme, bob, "A lamp")
    with tenancy.tenant(acme.pk):
        Output.objects.filter(pk=output.pk).update(quality="low", model="gpt-image-2.5-flare")
    thread = api.post("threads", {"image": str(output.code)}).json()
    said(api, thread["id"], "Bluer")
    with tenancy.tenant(acme.pk):
        run = Run.objects.get(turn__isnull=False)
        assert (run.asked["quality"], run.model) == ("low", "gpt-image-2.5-flare")


@pytest.mark.parametrize("body", [{}, {"title": "x"}, {"image": str(uuid.uuid4()), "input": str(uuid.uuid4())}])
def test_a_thread_needs_one_picture(acme: Organization, bob: User, body: dict[str, str]) -> None:
    before = counts(acme)
    refused(acme, program(acme, bob).post("threads", body), 422, "invalid", before)


def test_a_thread_cannot_start_from_a_picture_that_may_not_be_seen(
    acme: Organization, rival: Organization, alice: User, bob: User, charlie: User
) -> None:
    api, before = program(acme, bob), counts(acme)
    (private,) = made(acme, alice, visibility=Visibility.PRIVATE)
    (theirs,) = made(rival, charlie)
    foreign = given(program(rival, charlie))
    before = counts(acme)
    for image in (private.code, theirs.code, uuid.uuid4()):
        refused(acme, api.post("threads", {"image": str(image)}), 404, "not_found", before)
    refused(acme, api.post("threads", {"input": foreign}), 404, "input_not_found", before)


def test_a_turn_edits_the_picture_and_says_what_it_took_over(acme: Organization, bob: User) -> None:
    api, thread = started(acme, bob)
    turn = said(api, thread, "Make the sky darker", quality="low")
    assert {name: turn[name] for name in ("number", "parent", "state", "say")} == {
        "number": 1,
        "parent": None,
        "state": "queued",
        "say": "Make the sky darker",
    }
    with tenancy.tenant(acme.pk):
        run = Run.objects.get(code=turn["run"])
        uses = list(RunInput.objects.filter(run=run).values_list("number", "input__code"))
    assert (run.kind, run.prompt, run.asked["size"]) == ("edit", "Make the sky darker", "1024x768")
    assert [(number, str(code)) for number, code in uses] == [(1, api.get(f"threads/{thread}").json()["start"])]
    finish(acme, turn)
    second = said(api, thread, "Now add a moon")
    assert second["parent"] == turn["id"]
    with tenancy.tenant(acme.pk):
        run = Run.objects.select_related("parent").get(code=second["run"])
        source = run.inputs.select_related("input__source__run").get(number=1).input.source
    assert source is not None
    assert (run.parent and str(run.parent.code), run.relation) == (turn["run"], Relation.EDIT)
    assert (run.asked["quality"], str(source.run.code)) == ("low", turn["run"])


def test_the_thread_tells_pictures_states_and_cost_of_each_turn(acme: Organization, bob: User, up: Upstream) -> None:
    api, thread = started(acme, bob, (1024, 1024))
    turn = said(api, thread, "Bluer", quality="low", n=2)
    while worker.develop_next():
        pass
    found = api.get(f"threads/{thread}").json()
    (one,) = found["turns"]
    assert (one["id"], one["state"], len(one["images"])) == (turn["id"], "succeeded", 2)
    each = [Decimal(slot["image"]["cost"]) for slot in api.get(f"runs/{turn['run']}").json()["slots"]]
    assert Decimal(one["cost"]) == Decimal(found["cost"]) == sum(each) > 0
    assert {image["run"] for image in one["images"]} == {turn["run"]}


def test_a_turn_branches_from_any_other_and_from_the_start(acme: Organization, bob: User) -> None:
    api, thread = started(acme, bob)
    first = said(api, thread, "Blue")
    finish(acme, first)
    second = said(api, thread, "Green")
    finish(acme, second)
    sibling = said(api, thread, "Red", parent=first["id"])
    assert sibling["parent"] == first["id"]
    other = said(api, thread, "Gold", parent="start")
    assert (other["parent"], other["number"]) == (None, 4)
    assert [one["parent"] for one in turns(api, thread).values()] == [None, first["id"], first["id"], None]


def test_one_of_several_pictures_is_gone_on_from(acme: Organization, bob: User) -> None:
    api, thread = started(acme, bob)
    first = said(api, thread, "Blue", n=2)
    outputs = [finish(acme, first, index=index) for index in (0, 1)]
    by_image = said(api, thread, "Green", image=str(outputs[1].code))
    assert (by_image["parent"], by_image["image"]) == (first["id"], str(outputs[1].code))
    by_both = said(api, thread, "Red", parent=first["id"], image=str(outputs[0].code))
    assert by_both["image"] == str(outputs[0].code)
    before = counts(acme)
    answer = api.post(f"threads/{thread}/turns", {"say": "x", "parent": first["id"], "image": str(uuid.uuid4())})
    refused(acme, answer, 404, "not_found", before)


def test_a_fresh_turn_starts_from_words(acme: Organization, bob: User) -> None:
    api, thread = started(acme, bob)
    turn = said(api, thread, "A harbour at dawn", fresh=True)
    assert (turn["fresh"], turn["image"]) == (True, None)
    with tenancy.tenant(acme.pk):
        assert Run.objects.get(code=turn["run"]).kind == "generate"


def test_a_turn_takes_a_mask_and_references_as_files(acme: Organization, bob: User) -> None:
    api, thread = started(acme, bob, (64, 40))
    reference, hole = BytesIO(picture_bytes.plain(".png", 30, 30)), BytesIO(mask(64))
    reference.name, hole.name = "hat.png", "hole.png"
    answer = form(api, thread, say="Put this hat on", references=reference, mask=hole)
    assert answer.status_code == 201, answer.content
    with tenancy.tenant(acme.pk):
        run = Run.objects.get(code=answer.json()["run"])
        names = list(run.inputs.order_by("number").values_list("number", "input__name"))
    assert names == [(0, "hole.png"), (1, "poster.png"), (2, "hat.png")]
    assert (run.asked["mask"], run.asked["keep_rest"], run.asked["references"]) == (True, True, 2)


def test_a_mask_whose_picture_changed_size_is_refused(acme: Organization, bob: User) -> None:
    api, thread = started(acme, bob, (64, 40))
    start = api.get(f"threads/{thread}").json()["start"]
    hole = BytesIO(mask(64))
    hole.name = "hole.png"
    code = api.give("inputs", file=hole, mask_of=start).json()["id"]
    finish(acme, said(api, thread, "Larger"), size=(1024, 640))
    before = counts(acme)
    answer = api.post(f"threads/{thread}/turns", {"say": "Only here", "mask": code})
    message = refused(acme, answer, 422, "invalid", before)
    assert "64 by 40" in message
    assert "1024 by 640" in message


def test_a_size_that_cannot_be_made_is_resized_and_said(acme: Organization, bob: User) -> None:
    api, thread = started(acme, bob, (1001, 751))
    turn = said(api, thread, "Bluer")
    assert turn["resized_from"] == "1001x751"
    with tenancy.tenant(acme.pk):
        size = Run.objects.get(code=turn["run"]).asked["size"]
    width, height = map(int, size.split("x"))
    assert width % 16 == height % 16 == 0
    finish(acme, turn, size=(width, height))
    assert said(api, thread, "Greener")["resized_from"] is None


def test_a_turn_that_is_still_being_made_is_no_parent_yet(acme: Organization, bob: User) -> None:
    api, thread = started(acme, bob)
    first, before = said(api, thread, "Blue"), counts(acme)
    for parent in (first["id"], None):
        answer = api.post(f"threads/{thread}/turns", {"say": "Green", "parent": parent})
        assert "Turn 1 is still being made" in refused(acme, answer, 409, "parent_not_finished", before)


def test_after_a_refused_turn_the_thread_goes_on_from_the_picture_before(acme: Organization, bob: User) -> None:
    api, thread = started(acme, bob)
    first = said(api, thread, "Blue")
    finish(acme, first)
    second = said(api, thread, "Something that is not allowed")
    with tenancy.tenant(acme.pk):
        Run.objects.filter(code=second["run"]).update(state=State.REFUSED)
    before = counts(acme)
    answer = api.post(f"threads/{thread}/turns", {"say": "Green", "parent": second["id"]})
    assert "Turn 2 was refused" in refused(acme, answer, 409, "parent_without_picture", before)
    third = said(api, thread, "Green")
    assert third["parent"] == first["id"]
    assert turns(api, thread)[2]["say"] == "Something that is not allowed"


def test_a_binned_or_deleted_parent_is_refused_and_restored_works(acme: Organization, bob: User) -> None:
    api, thread = started(acme, bob)
    first = said(api, thread, "Blue")
    output = finish(acme, first)

    def mark(**values: Any) -> None:
        with tenancy.tenant(acme.pk):
            Output.objects.filter(pk=output.pk).update(**values)

    before = counts(acme)
    for values, code in (
        ({"binned_at": timezone.now()}, "parent_in_bin"),
        ({"purged_at": timezone.now()}, "parent_deleted"),
    ):
        mark(**values)
        answer = api.post(f"threads/{thread}/turns", {"say": "Green", "parent": first["id"]})
        refused(acme, answer, 409, code, before)
    assert said(api, thread, "Green")["parent"] is None  # without a parent it goes on from what is left
    mark(binned_at=None, purged_at=None)
    assert said(api, thread, "Green", parent=first["id"])["parent"] == first["id"]


def test_a_picture_that_storage_has_lost_is_said(acme: Organization, bob: User) -> None:
    api, thread = started(acme, bob)
    first = said(api, thread, "Blue")
    default_storage.delete(finish(acme, first).file)
    before = counts(acme)
    answer = api.post(f"threads/{thread}/turns", {"say": "Green"})
    assert "turn 1 starts from is missing" in refused(acme, answer, 409, "parent_file_missing", before)


def test_nothing_of_another_organization_or_of_a_private_thread_is_a_parent(
    acme: Organization, rival: Organization, alice: User, bob: User, charlie: User
) -> None:
    api, thread = started(acme, bob)
    theirs, foreign = started(rival, charlie)
    away = said(theirs, foreign, "Blue")
    hers, private = started(acme, alice, visibility="private")
    secret = said(hers, private, "A secret")
    before = counts(acme)
    for parent in (away["id"], secret["id"], str(uuid.uuid4())):
        refused(acme, api.post(f"threads/{thread}/turns", {"say": "x", "parent": parent}), 404, "not_found", before)
    for other in (foreign, private, str(uuid.uuid4())):
        assert api.get(f"threads/{other}").status_code == 404
        refused(acme, api.post(f"threads/{other}/turns", {"say": "x"}), 404, "not_found", before)
        refused(acme, api.patch(f"threads/{other}", {"title": "x"}), 404, "not_found", before)
        refused(acme, api.delete(f"threads/{other}"), 404, "not_found", before)
    assert [one["id"] for one in api.get("threads").json()["data"]] == [thread]


def test_of_a_colleagues_private_turn_only_its_place_is_told(acme: Organization, alice: User, bob: User) -> None:
    api, thread = started(acme, bob)
    first = said(api, thread, "Blue")
    finish(acme, first)
    hers = program(acme, alice)
    second = said(hers, thread, "A secret wish")
    hers.post(f"runs/{second['run']}/visibility", {"visibility": "private"})
    shown = turns(api, thread)[2]
    assert (shown["say"], shown["run"], shown["images"], shown["cost"]) == ("", None, [], "0.00")
    assert turns(hers, thread)[2]["say"] == "A secret wish"
    before = counts(acme)
    refused(acme, api.post(f"threads/{thread}/turns", {"say": "x", "parent": second["id"]}), 404, "not_found", before)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "say"),
        ({"say": "   "}, "say"),
        ({"say": "x" * 32_001}, "say"),
        ({"say": "x\0y"}, "say"),
        ({"say": "x", "n": 11}, "n"),
        ({"say": "x", "size": "17x17"}, "size"),
        ({"say": "x", "quality": "perfect"}, "quality"),
        ({"say": "x", "model": "none"}, "model"),
        ({"say": "x", "promt": "y"}, "promt"),
        ({"say": "x", "visibility": "private"}, "visibility"),
        ({"say": "x", "parent": "there"}, "parent"),
    ],
)
def test_a_turn_is_refused_with_the_field_that_is_wrong(
    acme: Organization, bob: User, body: dict[str, Any], field: str
) -> None:
    api, thread = started(acme, bob)
    before = counts(acme)
    answer = api.post(f"threads/{thread}/turns", body)
    refused(acme, answer, 422, "invalid", before)
    assert field in [one["field"].split(".")[0] for one in answer.json()["error"]["fields"]]


@pytest.mark.parametrize(
    "words", ["x" * 32_000, "\u202e\u05e9\u05dc\u05d9 <b>&amp;\u200f", "👩‍🚀🏳️‍🌈 {{ x }} '; DROP", "把天空变成蓝色"]
)
def test_words_of_any_kind_are_kept_as_they_are(acme: Organization, bob: User, words: str) -> None:
    api, thread = started(acme, bob)
    assert said(api, thread, words)["say"] == words
    assert turns(api, thread)[1]["say"] == words


def test_a_request_key_sends_a_turn_once(acme: Organization, bob: User) -> None:
    api, thread = started(acme, bob)
    path, body = f"threads/{thread}/turns", {"say": "Blue"}
    first = api.post(path, body, Idempotency_Key="k").json()
    assert api.post(path, body, Idempotency_Key="k").json()["id"] == first["id"]
    before = counts(acme)
    refused(acme, api.post(path, {"say": "Red"}, Idempotency_Key="k"), 409, "idempotency_key_reused", before)
    assert list(turns(api, thread)) == [1]


def test_a_thread_is_renamed_made_private_and_deleted(acme: Organization, alice: User, bob: User) -> None:
    api, thread = started(acme, bob)
    output = finish(acme, said(api, thread, "Blue"))
    hers = program(acme, alice)
    assert hers.patch(f"threads/{thread}", {"title": "Hers"}).json()["title"] == "Hers"
    assert hers.patch(f"threads/{thread}", {"visibility": "private"}).status_code == 403
    assert api.patch(f"threads/{thread}", {"title": "x" * 121}).status_code == 422
    changed = api.patch(f"threads/{thread}", {"visibility": "private"}).json()
    assert (changed["visibility"], changed["title"]) == ("private", "Hers")
    assert hers.get(f"threads/{thread}").status_code == 404
    assert hers.get(f"images/{output.code}").status_code == 404
    assert api.delete(f"threads/{thread}").status_code == 204
    assert api.get(f"threads/{thread}").status_code == 404
    assert api.get(f"images/{output.code}").status_code == 200, "a picture went with its thread"


def test_only_who_started_a_thread_or_an_admin_deletes_it(
    acme: Organization, adam: User, alice: User, bob: User
) -> None:
    _, thread = started(acme, alice)
    before = counts(acme)
    refused(acme, program(acme, bob).delete(f"threads/{thread}"), 403, "forbidden", before)
    assert program(acme, adam).delete(f"threads/{thread}").status_code == 204


def test_a_key_that_reads_sends_nothing(acme: Organization, bob: User) -> None:
    _, thread = started(acme, bob)
    reader, before = program(acme, bob, Scope.READ), counts(acme)
    assert reader.get(f"threads/{thread}").status_code == 200
    for answer in (
        reader.post("threads", {"input": str(uuid.uuid4())}),
        reader.post(f"threads/{thread}/turns", {"say": "x"}),
        reader.delete(f"threads/{thread}"),
    ):
        refused(acme, answer, 403, answer.json()["error"]["code"], before)


def test_styles_make_a_slot_each_in_one_turn(acme: Organization, bob: User) -> None:
    api, thread = started(acme, bob)
    turn = said(api, thread, "", styles=["knitted", "clay"])
    with tenancy.tenant(acme.pk):
        assert Run.objects.get(code=turn["run"]).count == 2


def test_a_thread_of_many_turns_is_read_in_few_statements(
    acme: Organization, bob: User, django_assert_max_num_queries: Any
) -> None:
    api, thread = started(acme, bob)
    for number in range(6):
        finish(acme, said(api, thread, f"Wish {number}"))
    with tenancy.tenant(acme.pk):
        member = must_be_member(acme, bob)
        found = Thread.objects.select_related("start__source", "maker", "org").get(code=thread)
        with django_assert_max_num_queries(5):
            read = tree.read(found, member)
            assert [one.said for one in read.turns] == [f"Wish {number}" for number in range(6)]
            assert all(one.outputs for one in read.turns)
