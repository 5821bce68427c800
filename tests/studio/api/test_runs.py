"""Runs through the REST API."""

import json
import uuid
from io import BytesIO
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.test import Client, override_settings

from accounts.models import Counter, Hold, Organization, Period, Scope, Subject, User
from saas.database import tenancy
from studio.models import Run, RunEvent, Ticket, Visibility
from tests.conftest import SignIn
from tests.studio.api.keys import program
from tests.support import picture_bytes
from tests.support.gallery_pictures import made
from tests.support.text_holds import allow, counter

pytestmark = pytest.mark.django_db


def count(org: Organization) -> int:
    with tenancy.tenant(org.pk):
        return Run.objects.filter(org=org).count()


def content(answer: Any) -> bytes:
    """However it was sent."""
    return read(answer) if answer.streaming else bytes(answer.content)


@async_to_sync
async def read(answer: Any) -> bytes:
    """A stream to its end."""
    return b"".join([chunk async for chunk in answer.streaming_content])


def test_a_run_is_submitted_and_read(acme: Organization, bob: User) -> None:
    api = program(acme, bob)
    answer = api.post("runs", {"prompt": "A lamp", "n": 2, "size": "1024x640", "project": "Spring", "end_user": "u-1"})
    assert answer.status_code == 201
    run = answer.json()
    assert (run["state"], run["kind"], run["maker"], run["api_key"]) == ("queued", "generate", "Bob", "Program")
    assert (run["project"], run["end_user"], run["parent"]) == ("Spring", "u-1", None)
    assert run["parameters"]["size"] == "1024x640"
    assert [slot["state"] for slot in run["slots"]] == ["queued", "queued"]
    assert api.get(f"runs/{run['id']}").json() == run
    events = api.get(f"runs/{run['id']}/events").json()["events"]
    assert [(event["seq"], event["type"]) for event in events] == [(1, "queued")]
    assert api.get(f"runs/{run['id']}/events?after=1").json()["events"] == []
    assert api.get(f"runs/{run['id']}/metadata").json()["prompt"] == "A lamp"


def test_one_request_key_is_one_run(acme: Organization, bob: User) -> None:
    api = program(acme, bob)
    first = api.post("runs", {"prompt": "A lamp"}, Idempotency_Key="k-1").json()
    assert api.post("runs", {"prompt": "A lamp"}, Idempotency_Key="k-1").json()["id"] == first["id"]
    other = api.post("runs", {"prompt": "A boat"}, Idempotency_Key="k-1")
    assert (other.status_code, other.json()["error"]["code"]) == (409, "idempotency_key_reused")
    assert program(acme, bob).post("runs", {"prompt": "A boat"}, Idempotency_Key="k-1").status_code == 201
    assert count(acme) == 2
    assert api.post("runs", {"prompt": "A lamp"}, Idempotency_Key="k" * 256).status_code == 400


def test_every_fault_of_a_spec_is_told_at_once(acme: Organization, bob: User) -> None:
    answer = program(acme, bob).post("runs", {"prompt": "A lamp", "size": "1920x1080", "n": 11})
    assert answer.status_code == 422
    fields = {one["field"]: one for one in answer.json()["error"]["fields"]}
    assert set(fields) == {"size", "n"}
    assert fields["size"]["suggestion"] == "1920x1088"
    assert count(acme) == 0


@pytest.mark.parametrize(
    "body", [[], {"prompt": 1}, {"prompt": "x", "sizes": "1"}, {}, {"prompt": "x", "references": ["a"]}]
)
def test_what_has_the_wrong_form_is_refused(acme: Organization, bob: User, body: object) -> None:
    answer = program(acme, bob).post("runs", body)
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "invalid"
    assert count(acme) == 0


def test_runs_are_listed_page_by_page(acme: Organization, alice: User, bob: User) -> None:
    api = program(acme, bob)
    codes = [api.post("runs", {"prompt": f"Lamp {number}"}).json()["id"] for number in range(5)]
    made(acme, alice, "Hers", visibility=Visibility.PRIVATE)
    seen, cursor = [], ""
    while cursor is not None:
        page = api.get(f"runs?limit=2&cursor={cursor}" if cursor else "runs?limit=2").json()
        seen += [run["id"] for run in page["data"]]
        cursor = page["next"]
    assert seen == codes[::-1]
    assert len(api.get("runs?by=me&state=queued&since=2026-01-01T00:00:00Z").json()["data"]) == 5
    assert api.get("runs?state=succeeded").json()["data"] == []
    assert api.get("runs?model=a%00b&by=nobody").status_code == 200
    assert api.get(f"runs?cursor={uuid.uuid4()}").status_code == 404
    assert api.get("runs?limit=1000").status_code == 422


def test_another_organizations_runs_are_not_there(
    acme: Organization, bob: User, rival: Organization, charlie: User
) -> None:
    run = program(acme, bob).post("runs", {"prompt": "A lamp"}).json()["id"]
    theirs = program(rival, charlie)
    assert theirs.get("runs").json()["data"] == []
    for path in (f"runs/{run}", f"runs/{run}/events", f"runs/{run}/events?stream=true", f"runs/{run}/metadata"):
        assert theirs.get(path).status_code == 404, path
    for path in (f"runs/{run}/cancel", f"runs/{run}/slots/0/retry"):
        assert theirs.post(path).status_code == 404, path
    assert theirs.get(f"runs?cursor={run}").status_code == 404
    assert program(acme, bob).get(f"runs/{run}").json()["state"] == "queued"


def test_a_run_is_stopped_and_a_picture_tried_again(acme: Organization, bob: User) -> None:
    api = program(acme, bob)
    run = api.post("runs", {"prompt": "A lamp"}).json()["id"]
    assert api.post(f"runs/{run}/cancel").json()["state"] == "cancelled"
    again = api.post(f"runs/{run}/cancel")
    assert (again.status_code, again.json()["error"]["code"]) == (409, "refused")
    assert api.post(f"runs/{run}/slots/0/retry").json()["state"] == "queued"
    assert api.post(f"runs/{run}/slots/9/retry").status_code == 404
    assert api.post(f"runs/{run}/slots/99999999999/retry").status_code == 404


def test_who_tries_again_by_a_key_pays_with_that_key(
    acme: Organization, alice: User, bob: User, rival: Organization, charlie: User
) -> None:
    api = program(acme, bob)
    with tenancy.tenant(acme.pk):
        key = acme.api_keys.get(maker=bob)
    allow(acme, alice, Subject.KEY, api_key=key, images_day=1)
    run = api.post("runs", {"prompt": "A lamp"}).json()["id"]
    api.post(f"runs/{run}/cancel")
    assert counter(acme, Subject.KEY, key.pk, Period.DAY, is_play=True).held_images == 0
    assert api.post(f"runs/{run}/slots/0/retry").json()["state"] == "queued"
    assert counter(acme, Subject.KEY, key.pk, Period.DAY, is_play=True).held_images == 1

    api.post(f"runs/{run}/cancel")
    other = api.post("runs", {"prompt": "A boat"})
    assert other.status_code == 201
    before = standing_of(acme)
    refused = api.post(f"runs/{run}/slots/0/retry")
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "key_images_day")
    assert program(rival, charlie).post(f"runs/{run}/slots/0/retry").status_code == 404
    assert standing_of(acme) == before
    assert api.get(f"runs/{run}").json()["state"] == "cancelled"


def standing_of(org: Organization) -> list[Any]:
    """What a refused run could change: what waits, what is held, what was told."""
    with tenancy.tenant(org.pk):
        counters = Counter.objects.filter(org=org).order_by("pk").values_list("held_micros", "held_images")
        return [
            list(counters),
            list(Hold.objects.filter(org=org).order_by("pk").values_list("state", flat=True)),
            RunEvent.objects.filter(org=org).count(),
            Ticket.objects.filter(org_id=org.pk).count(),
        ]


def test_a_reading_key_makes_nothing(acme: Organization, bob: User, vera: User) -> None:
    answer = program(acme, bob, Scope.READ).post("runs", {"prompt": "A lamp"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "scope_missing")
    assert program(acme, vera, Scope.READ).post("runs", {"prompt": "A lamp"}).status_code == 403
    assert count(acme) == 0


def test_a_person_asks_with_their_session_and_a_token(
    acme: Organization, rival: Organization, bob: User, vera: User, charlie: User, sign_in: SignIn
) -> None:
    headers = {"X-Organization": "acme"}
    assert sign_in(bob).get("/api/v1/runs", headers=headers).json() == {"data": [], "next": None}
    assert sign_in(charlie).get("/api/v1/runs", headers=headers).status_code == 404
    body = json.dumps({"prompt": "A lamp"})
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(bob)
    refused = careful.post("/api/v1/runs", body, content_type="application/json", headers=headers)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "csrf")
    answer = sign_in(vera).post("/api/v1/runs", body, content_type="application/json", headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden")
    assert count(acme) == 0
    answer = sign_in(bob).post("/api/v1/runs", body, content_type="application/json", headers=headers)
    assert (answer.status_code, answer.json()["api_key"]) == (201, None)


def test_a_stream_tells_a_run_from_beginning_to_end(acme: Organization, bob: User) -> None:
    made(acme, bob)
    api = program(acme, bob)
    run = api.post("runs", {"prompt": "A lamp"}).json()["id"]
    api.post(f"runs/{run}/cancel")
    lines = read(api.get(f"runs/{run}/events?stream=true")).splitlines()
    assert [json.loads(line)["type"] for line in lines] == ["queued", "cancelled", "ended"]
    said = read(api.get(f"runs/{run}/events?stream=true&after=2", Accept="text/event-stream"))
    assert said.startswith(b"id: 3\nevent: ended\ndata: {")
    assert said.endswith(b"}\n\n")


def test_an_edit_names_what_was_given(acme: Organization, bob: User, rival: Organization, charlie: User) -> None:
    api = program(acme, bob)
    photo = BytesIO(picture_bytes.plain(".png"))
    photo.name = "photo.png"
    given = api.give("inputs", file=photo)
    assert given.status_code == 201
    code = given.json()["id"]
    assert (given.json()["name"], given.json()["width"], given.json()["is_mask"]) == ("photo.png", 60, False)
    assert api.get(f"inputs/{code}").json() == given.json()
    run = api.post("runs", {"prompt": "At night", "references": [code]}).json()
    assert (run["kind"], run["parameters"]["references"]) == ("edit", 1)
    theirs = program(rival, charlie)
    assert theirs.get(f"inputs/{code}").status_code == 404
    foreign = theirs.post("runs", {"prompt": "At night", "references": [code]})
    assert (foreign.status_code, foreign.json()["error"]["code"]) == (404, "input_not_found")
    assert count(rival) == 0
    broken = BytesIO(b"no picture")
    broken.name = "x.png"
    assert api.give("inputs", file=broken).status_code == 422


def test_a_picture_comes_as_its_original_bytes(
    acme: Organization, bob: User, rival: Organization, charlie: User
) -> None:
    (output,) = made(acme, bob, "A green lamp")
    api, theirs = program(acme, bob), program(rival, charlie)
    (image,) = api.get("images?q=green").json()["data"]
    assert (image["id"], image["width"], image["height"]) == (str(output.code), 60, 40)
    assert api.get("images?q=blue").json()["data"] == []
    assert api.get(f"images/{output.code}").json() == image
    original = api.get(image["url"].removeprefix("/api/v1/"))
    assert content(original) == picture_bytes.plain(".png", 60, 40)
    assert original["Content-Type"] == "image/png"
    assert content(api.get(f"images/{output.code}/preview"))[8:12] == b"WEBP"
    assert api.get(f"images/{output.code}/nothing").status_code == 422
    for path in (f"images/{output.code}", f"images/{output.code}/original", f"images?cursor={output.code}"):
        assert theirs.get(path).status_code == 404, path


def test_members_models_and_the_organization_are_read(acme: Organization, bob: User, vera: User) -> None:
    api = program(acme, bob)
    assert api.get("organization").json() == {"slug": "acme", "name": "Acme"}
    assert [one["name"] for one in api.get("members").json()["data"]] == ["Alice", "Bob", "Vera"]
    assert api.get("models").json()["data"][0]["name"] == "gpt-image-2"


@override_settings(API_CALLS_A_MINUTE=2)
def test_who_asks_too_often_is_told_to_wait(acme: Organization, bob: User) -> None:
    api = program(acme, bob)
    assert api.get("organization")["x-ratelimit-remaining-requests"] == "1"
    assert api.get("organization")["x-ratelimit-remaining-requests"] == "0"
    answer = api.get("organization")
    assert (answer.status_code, answer.json()["error"]["code"]) == (429, "rate_limited")
    assert 0 < int(answer["Retry-After"]) <= 60


def test_the_document_describes_what_there_is(db: None) -> None:
    document = Client().get("/api/v1/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    assert "/api/v1/runs/{code}/events" in document["paths"]
