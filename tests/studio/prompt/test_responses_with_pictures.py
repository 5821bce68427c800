"""The Responses API with reference pictures: the Images API makes the edit, and one quiet line says so."""

import pytest

from accounts.models import Organization, User
from saas.database import tenancy
from studio.models import Run
from tests.conftest import SignIn
from tests.studio.inputs.test_give_input import give, inputs_of
from tests.studio.prompt.test_draft import BAR, weigh
from tests.support import picture_bytes

pytestmark = pytest.mark.django_db
LINE = "the Images API is used instead of Responses"


def test_the_price_stays_and_one_line_says_it(acme: Organization, bob: User, sign_in: SignIn) -> None:
    client = sign_in(bob)
    assert LINE not in weigh(client, api="responses")
    assert give(client, picture_bytes.plain(".png", 1024, 1024)).status_code == 201
    code = str(inputs_of(acme)[0].code)
    weighed = weigh(client, api="responses", reference=code)
    assert 'data-verdict="ready"' in weighed
    assert "data-price" in weighed
    assert weighed.count(LINE) == 1
    assert client.post("/o/acme/runs/", {**BAR, "api": "responses", "reference": code}).status_code == 302
    with tenancy.tenant(acme.pk):
        run = Run.objects.get()
    assert (run.kind, run.asked["api"]) == ("edit", "images")
