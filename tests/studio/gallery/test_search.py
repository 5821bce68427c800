"""Words of every language, folded and cut the same way when they are kept and when they are asked for."""

import uuid

import pytest

from accounts.models import Organization, User
from saas.database import tenancy
from studio.gallery import search
from studio.models import Output, SearchEntry
from tests.support.gallery_pictures import made

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("prompt", "asked"),
    [
        ("A Lighthouse at Night", "night lighthouse"),
        ("Un café à Noël", "CAFE noel"),
        ("Straße im Regen", "strasse"),
        ("Two cats and a bus", "cat"),
        ("Two cats and a bus", "buS"),
        ("一只黑色的猫坐在窗台上", "黑色"),
        ("一只黑色的猫坐在窗台上", "窗台上"),
        ("一只黑色的猫坐在窗台上", "猫"),
        ("夜の灯台とがんばる犬", "灯台 がんばる"),
        ("밤의 등대와 고양이", "등대"),
        ("ประภาคารยามค่ำคืน", "ประภาคาร"),
        ("Маяк ночью на море", "маяк Ночью"),
        ("منارة في الليل", "منارة"),
        ("रात में प्रकाशस्तंभ", "रात"),
        ("logo 2026 v2.0", "2026"),
        ("ＦＵＬＬ width", "full"),  # noqa: RUF001 that is the point
        ("emoji 🦊 fox", "fox"),
    ],
)
def test_a_prompt_is_found_by_its_words(prompt: str, asked: str, acme: Organization, bob: User) -> None:
    (picture,) = made(acme, bob, prompt)
    made(acme, bob, "Something else entirely")
    assert found(acme, asked) == [picture.pk]


@pytest.mark.parametrize(
    ("prompt", "asked"),
    [
        ("A lighthouse", "light"),
        ("黑猫", "猫黑"),
        ("A red boat", "red ship"),
        ("かんばん", "がんばん"),
        ("glass", "glas"),
    ],
)
def test_what_was_not_said_is_not_found(prompt: str, asked: str, acme: Organization, bob: User) -> None:
    made(acme, bob, prompt)
    assert found(acme, asked) == []


def test_what_has_no_words_finds_nothing(acme: Organization, bob: User) -> None:
    made(acme, bob, "🦊 - !?")
    for text in ("", "   ", "-", "!?", "🦊", "\ud800"):
        assert found(acme, text) == [], text


def test_words_of_many_pictures_find_the_same(
    acme: Organization, rival: Organization, bob: User, charlie: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many there are, by a list or by asking each."""
    made(rival, charlie, "Rain on the sea")
    first, second = made(acme, bob, "Rain on the sea", count=2)
    made(acme, bob, "Rain on the roof")
    for most in (search.MOST_LISTED, 1, 0):
        monkeypatch.setattr(search, "MOST_LISTED", most)
        assert found(acme, "rain sea") == [first.pk, second.pk]
        assert found(acme, "rain snow") == found(acme, "-") == []


def test_the_words_of_one_organization_say_nothing_in_another(
    acme: Organization, rival: Organization, bob: User, charlie: User
) -> None:
    made(acme, bob, "Secret project"), made(rival, charlie, "Secret project")
    ours, theirs = (SearchEntry.objects.get(org_id=org.pk).words for org in (acme, rival))
    assert set(ours).isdisjoint(theirs)
    with tenancy.tenant(rival.pk):  # even asked with the other's own words
        entries = SearchEntry.objects.filter(words__contains=search.numbers(acme.code, {"secret"}))
        assert list(Output.objects.filter(pk__in=entries.values("output_id"))) == []


def test_a_very_long_prompt_is_kept_in_bounds() -> None:
    text = " ".join(f"w{number}" for number in range(9000))
    assert len(search.words_of(text)) == search.MOST_WORDS
    assert len(search.asked_words(text)) == search.MOST_ASKED
    assert all(-(2**63) <= number < 2**63 for number in search.numbers(uuid.uuid4(), search.words_of(text)))


def found(org: Organization, text: str) -> list[int]:
    with tenancy.tenant(org.pk):
        rows = search.among(Output.objects.filter(org=org), org.code, text)
        return list(rows.order_by("pk").values_list("pk", flat=True))
