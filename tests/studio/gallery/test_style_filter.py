"""Pictures by the style that they were made in, in the gallery and for programs."""

import pytest

from accounts.models import Organization, User
from saas.database import tenancy
from studio.models import Output, Style
from studio.styles import shelf
from tests.conftest import SignIn
from tests.studio.api.keys import Program, program
from tests.studio.engine.test_worker import up, work
from tests.support.fake_provider import Upstream
from tests.support.gallery_pictures import shown

__all__ = ["up"]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def api(acme: Organization, bob: User, up: Upstream) -> Program:
    """A program that has made two pictures in each of two styles, and one in none."""
    with tenancy.tenant(acme.pk):
        shelf.stock(acme)
    made = program(acme, bob)
    styled = {"prompt": "A lamp", "n": 2, "styles": ["knitted", "oil"]}
    assert made.post("runs", styled).status_code == 201
    assert made.post("runs", {"prompt": "A lamp"}).status_code == 201
    assert work() == 5
    return made


def found(api: Program, style: str) -> list[int]:
    answer = api.get(f"images?style={style}")
    assert answer.status_code == 200
    return sorted(one["slot"] for one in answer.json()["data"])


def code_of(org: Organization, slug: str) -> str:
    with tenancy.tenant(org.pk):
        return str(Style.objects.get(org=org, slug=slug).code)


def test_a_program_names_it_by_its_short_name_or_its_id(acme: Organization, api: Program) -> None:
    assert found(api, "knitted") == [0, 1]
    assert found(api, "oil") == [2, 3]
    assert found(api, code_of(acme, "oil")) == [2, 3]


def test_one_that_is_not_there_finds_nothing(
    acme: Organization, rival: Organization, charlie: User, api: Program
) -> None:
    assert found(api, "unknitted") == []
    assert found(program(rival, charlie), code_of(acme, "knitted")) == []


def test_the_gallery_offers_it_and_says_so(acme: Organization, bob: User, api: Program, sign_in: SignIn) -> None:
    code = code_of(acme, "knitted")
    page = sign_in(bob).get(f"/o/acme/gallery/?style={code}").content.decode()
    with tenancy.tenant(acme.pk):
        wanted = {str(one) for one in Output.objects.filter(style_code=code).values_list("code", flat=True)}
    assert len(wanted) == 2
    assert set(shown(page)) == wanted
    assert f'<option value="{code}" selected>' in page
