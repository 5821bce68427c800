"""An organization's own default model: of programs that name none, and of a new person's prompt bar."""

from collections.abc import Iterator
from typing import Any

import pytest

from accounts.models import Organization, User
from saas.database import tenancy
from studio.catalogue import image_models
from studio.models import Run
from tests.conftest import SignIn, actions
from tests.studio.api.keys import program

pytestmark = pytest.mark.django_db
URL = "/o/acme/settings/model/"
OTHER = "gpt-image-2.5-flare"


@pytest.fixture(autouse=True)
def _fresh_models() -> Iterator[None]:
    image_models.forget()
    yield
    image_models.forget()


def models_of(org: Organization) -> list[str]:
    with tenancy.tenant(org.pk):
        return list(Run.objects.filter(org=org).order_by("pk").values_list("model", flat=True))


def test_it_is_the_model_of_requests_that_name_none(
    acme: Organization, rival: Organization, alice: User, bob: User, charlie: User, sign_in: SignIn
) -> None:
    assert sign_in(alice).post(URL, {"model": OTHER}).status_code == 302
    api, others = program(acme, bob), program(rival, charlie)
    bodies: list[dict[str, Any]] = [{"prompt": "A lamp"}, {"prompt": "A lamp", "model": "gpt-image-2"}]
    assert [api.post("runs", body).status_code for body in bodies] == [201, 201]
    assert others.post("runs", {"prompt": "A lamp"}).status_code == 201
    assert models_of(acme) == [OTHER, "gpt-image-2"]
    assert models_of(rival) == ["gpt-image-2"]
    assert [one["name"] for one in api.get("models").json()["data"] if one["is_default"]] == [OTHER]


def test_a_new_persons_bar_begins_with_it(acme: Organization, alice: User, bob: User, sign_in: SignIn) -> None:
    sign_in(alice).post(URL, {"model": OTHER})
    page = sign_in(bob).get("/o/acme/").content.decode()
    assert f'name="drawn_for" value="{OTHER}"' in page


def test_it_is_as_usual_again(acme: Organization, alice: User, bob: User, sign_in: SignIn) -> None:
    client = sign_in(alice)
    client.post(URL, {"model": OTHER})
    client.post(URL, {"model": ""})
    program(acme, bob).post("runs", {"prompt": "A lamp"})
    assert models_of(acme) == ["gpt-image-2"]
    assert actions(acme)[-3:-1] == ["organization.model_set", "organization.model_set"]


def test_a_model_that_is_not_there_is_refused(acme: Organization, alice: User, sign_in: SignIn) -> None:
    assert sign_in(alice).post(URL, {"model": "gpt-image-99"}).status_code == 422
    assert actions(acme) == []
    assert "As usual: GPT Image 2" in sign_in(alice).get(URL).content.decode()
