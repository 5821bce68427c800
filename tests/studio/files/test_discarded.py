"""What is deleted for good is deleted from storage too, also where storage did not do it the first time."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, NoReturn
from uuid import uuid4

import pytest
from botocore.exceptions import BotoCoreError  # type: ignore[import-untyped]  # botocore has no types
from django.conf import LazySettings
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import Organization, User
from billing import exports
from billing.models import Export
from saas.database import tenancy
from studio.files import discarded, storage
from studio.gallery import purge
from studio.inputs import uploads
from studio.models import DiscardedFile, Output, Run, Visibility
from studio.privacy import organizations, people
from studio.privacy.belongings import UNDELETED
from tests.conftest import must_be_member
from tests.scaled.services import S3
from tests.studio.privacy.test_erase_organization import end_line
from tests.support import picture_bytes as pixels
from tests.support.faulty_s3 import Fault, FaultyS3, always, faulty, storages
from tests.support.gallery_pictures import made

pytestmark = pytest.mark.django_db
BROKEN = always(Fault.BROKEN, method="DELETE")


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3]:
    service = S3(tmp_path_factory.mktemp("s3"))
    service.start()
    try:
        service.wait()
        yield service
    finally:
        service.stop()


@pytest.fixture
def bucket(s3: S3, settings: LazySettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyS3]:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    settings.DATA_DIR = tmp_path
    with faulty(s3.url) as found:
        settings.STORAGES = {**settings.STORAGES, **storages(found.url)}
        yield found


def of(bucket: FaultyS3, org: Organization) -> list[str]:
    return [name for name in bucket.names() if name.startswith(str(org.code))]


def bin_long_ago(org: Organization) -> None:
    with tenancy.tenant(org.pk):
        Output.objects.update(binned_at=timezone.now() - timedelta(days=40))


def unpurged(org: Organization) -> int:
    with tenancy.tenant(org.pk):
        return Output.objects.filter(purged_at=None).count()


def deletes(bucket: FaultyS3) -> int:
    return sum(method == "DELETE" for method, _ in bucket.asked)


def test_what_storage_did_not_delete_is_said_and_deleted_the_next_time(
    acme: Organization, bob: User, bucket: FaultyS3
) -> None:
    made(acme, bob, count=3)
    bin_long_ago(acme)
    stored = of(bucket, acme)
    assert len(stored) == 9
    bucket.fault = BROKEN
    with pytest.raises(CommandError, match="9 files that storage did not delete"):
        call_command("tidy")
    assert (unpurged(acme), of(bucket, acme)) == (0, stored)
    with pytest.raises(CommandError, match="9 files"):
        call_command("tidy")
    bucket.is_well()
    call_command("tidy")
    assert of(bucket, acme) == []
    assert not DiscardedFile.objects.exists()


def test_one_that_cannot_be_deleted_keeps_no_other(acme: Organization, bob: User, bucket: FaultyS3) -> None:
    first, *_ = made(acme, bob, count=3)
    bin_long_ago(acme)
    bucket.fault = always(Fault.FORBIDDEN, method="DELETE", part=first.file)
    with pytest.raises(CommandError, match="1 files"):
        call_command("tidy")
    assert of(bucket, acme) == [first.file]
    assert list(DiscardedFile.objects.values_list("name", "org_id")) == [(first.file, acme.pk)]
    bucket.is_well()
    call_command("tidy")
    assert of(bucket, acme) == []


def test_a_worker_that_is_killed_before_the_files_are_gone_leaves_their_names(
    acme: Organization, bob: User, bucket: FaultyS3, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def die(names: list[str]) -> NoReturn:
        raise Killed

    made(acme, bob)
    bin_long_ago(acme)
    with monkeypatch.context() as dying:
        dying.setattr(discarded, "delete", die)
        with pytest.raises(Killed):
            purge.purge(acme)
    assert (unpurged(acme), len(of(bucket, acme))) == (0, 3)
    call_command("tidy")
    assert of(bucket, acme) == []


def test_a_purge_that_is_rolled_back_notes_nothing(
    acme: Organization, bob: User, bucket: FaultyS3, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> NoReturn:
        raise KeyError

    made(acme, bob)
    bin_long_ago(acme)
    monkeypatch.setattr(purge, "forget", fail)
    with pytest.raises(CommandError, match="1 organizations that could not be tidied"):
        call_command("tidy")
    assert (unpurged(acme), len(of(bucket, acme)), DiscardedFile.objects.count()) == (1, 3, 0)


def test_a_storage_that_is_away_is_not_asked_for_each_file(
    acme: Organization, bucket: FaultyS3, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discarded, "MOST_FAILURES", 5)
    names = [f"{acme.code}/runs/{number:03}" for number in range(30)]
    discarded.add(acme.pk, names)
    bucket.fault = BROKEN
    assert discarded.delete(names) == 30
    assert deletes(bucket) == 5
    assert discarded.sweep() == 30
    assert deletes(bucket) == 10
    bucket.is_well()
    assert discarded.sweep() == 0


def test_the_files_of_an_erased_person_are_noted_and_the_receipt_says_so(
    acme: Organization, bob: User, bucket: FaultyS3
) -> None:
    made(acme, bob, visibility=Visibility.PRIVATE)
    (kept,) = made(acme, bob, "For the team")
    end_line()
    bucket.fault = BROKEN
    receipt = people.erase(bob.email)
    assert receipt.stays[UNDELETED] == 3
    assert len(of(bucket, acme)) == 6
    with tenancy.tenant(acme.pk):
        assert Run.objects.filter(visibility=Visibility.PRIVATE, prompt="").count() == 1
    bucket.is_well()
    call_command("tidy")
    folder = kept.file.rpartition("/")[0]
    assert [name.rpartition("/")[0] for name in of(bucket, acme)] == [folder] * 3


def test_an_organization_whose_files_storage_keeps_is_not_erased_yet(
    acme: Organization, bob: User, bucket: FaultyS3
) -> None:
    made(acme, bob)
    end_line()
    bucket.fault = always(Fault.BROKEN, method="DELETE", part="preview")
    with pytest.raises(organizations.NotDeleted, match="not deleted 1 files"):
        organizations.erase(acme)
    assert len(of(bucket, acme)) == 1
    bucket.is_well()
    organizations.erase(organizations.find(str(acme.code)))
    assert of(bucket, acme) == []
    with tenancy.operator():
        assert not Organization.objects.filter(pk=acme.pk).exists()


@pytest.fixture
def old_export(acme: Organization, alice: User) -> Callable[[], Export]:
    def make() -> Export:
        span = {"first": timezone.now().date(), "last": timezone.now().date()}
        name = storage.save(f"{acme.code}/exports/{uuid4()}.csv", b"rows")
        with tenancy.tenant(acme.pk):
            return Export.objects.create(
                org=acme,
                maker=must_be_member(acme, alice).user,
                format="csv",
                is_play=False,
                state="ready",
                file=name,
                created_at=timezone.now() - timedelta(days=8),
                **span,
            )

    return make


def test_an_export_that_storage_did_not_delete_keeps_its_row_until_it_is_gone(
    acme: Organization, bucket: FaultyS3, old_export: Callable[[], Export]
) -> None:
    stubborn, other = old_export(), old_export()
    bucket.fault = always(Fault.BROKEN, method="DELETE", part=stubborn.file)
    assert exports.tidy(acme) == 1
    with tenancy.tenant(acme.pk):
        assert list(Export.objects.values_list("file", flat=True)) == [stubborn.file]
    assert not default_storage.exists(other.file)
    bucket.is_well()
    assert exports.tidy(acme) == 1
    assert of(bucket, acme) == []
    with tenancy.tenant(acme.pk):
        assert not Export.objects.exists()


def test_comparing_says_what_it_could_not_delete(
    acme: Organization, bucket: FaultyS3, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a", "b"):
        storage.save(f"{acme.code}/runs/{name}.png", b"litter")
    monkeypatch.setattr("studio.files.inventory.YOUNG", timedelta(seconds=-5))
    bucket.fault = always(Fault.BROKEN, method="DELETE", part="a.png")
    with pytest.raises(CommandError, match="1 files are left"):
        call_command("compare_files", "--org", "acme", "--delete")
    assert re.findall(r"(not deleted|deleted): \S+/(\w)\.png", capsys.readouterr().out) == [
        ("deleted", "b"),
        ("not deleted", "a"),
    ]
    assert [name[-5:] for name in of(bucket, acme)] == ["a.png"]


def test_a_given_picture_that_was_stored_in_part_goes_later(acme: Organization, bucket: FaultyS3) -> None:
    bucket.fault = always(Fault.LOST, part="thumbnail")
    with pytest.raises(BotoCoreError):
        uploads.store_picture(org=acme, name="cat.png", data=pixels.plain(".png"))
    assert len(of(bucket, acme)) == 4
    assert (discarded.sweep(), len(of(bucket, acme))) == (0, 4)
    DiscardedFile.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    assert discarded.sweep() == 0
    assert of(bucket, acme) == []


def test_a_given_picture_that_is_not_kept_goes_at_once_or_later(acme: Organization, bucket: FaultyS3) -> None:
    ready = uploads.store_picture(org=acme, name="cat.png", data=pixels.plain(".png"))
    bucket.fault = BROKEN
    uploads.forget(ready)
    assert len(of(bucket, acme)) == 4
    bucket.is_well()
    assert discarded.sweep() == 0
    assert of(bucket, acme) == []
