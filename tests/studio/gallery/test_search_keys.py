"""What a copy of the database gives away of the words that people search by, and what a rotation does to search."""

import io
from hashlib import blake2b
from typing import Any

import pytest
from django.core.management import call_command

from accounts.models import Organization, User
from saas.database import tenancy
from studio.gallery import reindex
from studio.models import Output, SearchEntry
from tests.studio.gallery.test_search import found
from tests.support.gallery_pictures import made

pytestmark = pytest.mark.django_db
NEW = "bmV3IG5ldyBuZXcgbmV3IG5ldyBuZXcgbmV3IG5ldyE="


def by_code(org: Organization, *words: str) -> list[int]:
    """As versions without a key made them, and as anybody can who has the database."""
    digests = (blake2b(word.encode(), key=org.code.bytes, digest_size=8).digest() for word in words)
    return sorted(int.from_bytes(digest, signed=True) for digest in digests)


def entries(org: Organization) -> list[SearchEntry]:
    return list(SearchEntry.objects.filter(org_id=org.pk).order_by("output_id"))


def make_old(org: Organization, *words: str) -> None:
    SearchEntry.objects.filter(org_id=org.pk).update(words=by_code(org, *words), key_id=0)


def test_the_database_alone_does_not_tell_the_words(acme: Organization, bob: User) -> None:
    made(acme, bob, "Secret merger")
    assert set(entries(acme)[0].words).isdisjoint(by_code(acme, "secret", "merger"))


def test_an_entry_of_an_older_version_is_found_before_and_after_it_is_made_anew(acme: Organization, bob: User) -> None:
    (picture,) = made(acme, bob, "Secret merger")
    make_old(acme, "secret", "merger")
    assert found(acme, "merger") == [picture.pk]
    assert reindex.reindex() == 1
    assert found(acme, "merger") == [picture.pk]
    assert set(entries(acme)[0].words).isdisjoint(by_code(acme, "secret", "merger"))
    assert reindex.reindex() == 0


def test_a_row_that_an_older_process_writes_counts_as_old(acme: Organization, bob: User) -> None:
    (picture,) = made(acme, bob, "Secret merger")
    SearchEntry.objects.all().delete()
    SearchEntry.objects.create(output_id=picture.pk, org_id=acme.pk, words=by_code(acme, "merger"))
    assert entries(acme)[0].key_id == 0
    assert found(acme, "merger") == [picture.pk]


def test_search_works_through_a_rotation(acme: Organization, bob: User, settings: Any) -> None:
    (old,) = made(acme, bob, "Secret merger")
    settings.ENCRYPTION_KEYS = [NEW, *settings.ENCRYPTION_KEYS]
    (new,) = made(acme, bob, "Another merger")
    assert found(acme, "merger") == [old.pk, new.pk]
    out = io.StringIO()
    call_command("reindex_search", stdout=out)
    assert out.getvalue() == "Rebuilt 1 search entries.\n"
    settings.ENCRYPTION_KEYS = [NEW]
    assert found(acme, "merger") == [old.pk, new.pk]


def test_a_key_that_was_dropped_too_early_costs_search_until_it_is_made_anew(
    acme: Organization, bob: User, settings: Any
) -> None:
    (picture,) = made(acme, bob, "Secret merger")
    settings.ENCRYPTION_KEYS = [NEW]
    assert found(acme, "merger") == []
    assert reindex.reindex() == 1
    assert found(acme, "merger") == [picture.pk]


def test_more_than_one_batch_of_several_organizations(
    acme: Organization, rival: Organization, bob: User, charlie: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reindex, "AT_ONCE", 2)
    ours = [made(acme, bob, f"Merger {number}")[0].pk for number in range(3)]
    theirs = [made(rival, charlie, f"Merger {number}")[0].pk for number in range(2)]
    for org in (acme, rival):
        make_old(org, "merger")
    assert reindex.reindex() == 5
    assert (found(acme, "merger"), found(rival, "merger")) == (ours, theirs)
    assert (found(acme, "2"), found(rival, "2")) == (ours[2:], [])


def test_what_has_no_picture_any_more_leaves_search(acme: Organization, bob: User) -> None:
    (picture,) = made(acme, bob, "Secret merger")
    make_old(acme, "merger")
    with tenancy.tenant(acme.pk):
        Output.objects.filter(pk=picture.pk).delete()
    reindex.reindex()
    assert not SearchEntry.objects.exists()
