"""Collections: made, filled, ordered, covered, and each organization's own."""

import pytest
from django.test import Client

from accounts.models import Organization, User
from saas.database import tenancy
from studio.models import Collection, Output, Visibility
from tests.conftest import SignIn
from tests.support.gallery_pictures import made, shown

pytestmark = pytest.mark.django_db


def collection_of(org: Organization, by: User, outputs: list[Output], name: str = "Spring") -> Collection:
    with tenancy.tenant(org.pk):
        made_one = Collection.objects.create(org=org, name=name, maker=by)
        for place, output in enumerate(outputs):
            made_one.items.create(org=org, output=output, position=place)
        return made_one


def order(client: Client, collection: Collection) -> list[str]:
    return shown(client.get(f"/o/acme/collections/{collection.code}/").content.decode())


def codes(*outputs: Output) -> list[str]:
    return [str(output.code) for output in outputs]


def test_chosen_pictures_make_a_collection(acme: Organization, bob: User, vera: User, sign_in: SignIn) -> None:
    first, second = made(acme, bob, count=2)
    client = sign_in(bob)
    client.post("/o/acme/gallery/collect/", {"picture": codes(first), "name": "Spring"})
    with tenancy.tenant(acme.pk):
        collection = Collection.objects.get(name="Spring")
    client.post("/o/acme/gallery/collect/", {"picture": codes(second, first), "collection": str(collection.code)})
    assert order(sign_in(vera), collection) == codes(first, second)
    shelf = sign_in(vera).get("/o/acme/collections/").content.decode()
    assert "2 pictures" in shelf
    assert str(first.code) in shelf


def test_the_order_is_what_somebody_says(acme: Organization, bob: User, alice: User, sign_in: SignIn) -> None:
    outputs = made(acme, bob, count=3)
    (secret,) = made(acme, alice, visibility=Visibility.PRIVATE)
    collection = collection_of(acme, bob, [*outputs, secret])
    client = sign_in(bob)
    assert order(client, collection) == codes(*outputs)
    client.post(f"/o/acme/collections/{collection.code}/order/", {"picture": codes(outputs[2], outputs[0], outputs[1])})
    assert order(client, collection) == codes(outputs[2], outputs[0], outputs[1])
    assert order(sign_in(alice), collection) == codes(outputs[2], outputs[0], outputs[1], secret)


def test_the_cover_is_one_of_its_own(acme: Organization, bob: User, sign_in: SignIn) -> None:
    inside, outside = made(acme, bob, count=2)
    collection = collection_of(acme, bob, [inside])
    client = sign_in(bob)
    for output, cover in ((outside, None), (inside, inside.pk)):
        client.post(f"/o/acme/collections/{collection.code}/cover/", {"picture": str(output.code)})
        with tenancy.tenant(acme.pk):
            assert Collection.objects.get(pk=collection.pk).cover_id == cover
    client.post(f"/o/acme/collections/{collection.code}/remove/", {"picture": codes(inside)})
    with tenancy.tenant(acme.pk):
        assert Collection.objects.get(pk=collection.pk).cover_id is None
    assert order(client, collection) == []


def test_a_name_is_taken_once(acme: Organization, bob: User, sign_in: SignIn) -> None:
    collection = collection_of(acme, bob, [], "Spring")
    collection_of(acme, bob, [], "Autumn")
    client = sign_in(bob)
    client.post("/o/acme/collections/new/", {"name": "SPRING"})
    client.post(f"/o/acme/collections/{collection.code}/name/", {"name": "autumn"})
    client.post(f"/o/acme/collections/{collection.code}/name/", {"name": ""})
    with tenancy.tenant(acme.pk):
        assert sorted(Collection.objects.values_list("name", flat=True)) == ["Autumn", "Spring"]


def test_a_collection_is_deleted_by_its_maker_or_an_admin_and_the_pictures_stay(
    acme: Organization, alice: User, bob: User, sign_in: SignIn
) -> None:
    (picture,) = made(acme, bob)
    hers = collection_of(acme, alice, [picture])
    assert sign_in(bob).post(f"/o/acme/collections/{hers.code}/delete/").status_code == 403
    assert sign_in(alice).post(f"/o/acme/collections/{hers.code}/delete/").status_code == 302
    with tenancy.tenant(acme.pk):
        assert (Collection.objects.count(), Output.objects.count()) == (0, 1)


def test_another_organizations_collection_is_not_there(
    acme: Organization, rival: Organization, bob: User, charlie: User, sign_in: SignIn
) -> None:
    (ours,), (theirs,) = made(acme, bob), made(rival, charlie)
    collection = collection_of(rival, charlie, [theirs])
    client, own = sign_in(bob), collection_of(acme, bob, [ours])
    assert client.get(f"/o/acme/collections/{collection.code}/").status_code == 404
    for what in ("name", "order", "cover", "remove", "delete"):
        given = {"picture": codes(ours), "name": "Stolen"}
        assert client.post(f"/o/acme/collections/{collection.code}/{what}/", given).status_code == 404
    given = {"picture": codes(ours), "collection": str(collection.code)}
    assert client.post("/o/acme/gallery/collect/", given).status_code == 404
    assert client.post(f"/o/acme/collections/{own.code}/cover/", {"picture": codes(theirs)}).status_code == 404
    client.post(f"/o/acme/collections/{own.code}/order/", {"picture": codes(theirs, ours)})
    assert order(client, own) == codes(ours)
    with tenancy.tenant(rival.pk):
        assert (Collection.objects.get().name, Collection.objects.get().items.count()) == ("Spring", 1)


def test_pictures_are_compared_in_the_order_chosen_four_at_most(
    acme: Organization, rival: Organization, bob: User, charlie: User, sign_in: SignIn
) -> None:
    outputs, (theirs,) = made(acme, bob, count=5), made(rival, charlie)
    asked = "&".join(f"picture={code}" for code in ["nonsense", *codes(outputs[2], theirs, outputs[0], *outputs)])
    page = sign_in(bob).get(f"/o/acme/gallery/compare/?{asked}").content.decode()
    page = page[page.index("<main") : page.index("</main")]
    assert page.index(str(outputs[2].code)) < page.index(str(outputs[0].code))
    assert page.count("compared-one") <= 4
    assert str(theirs.code) not in page
    assert "Nothing to compare" in sign_in(bob).get("/o/acme/gallery/compare/?picture=x").content.decode()
