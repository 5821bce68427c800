"""What is deleted by itself: said before, in the bin first, never under a hold, and of nobody else."""

import io
from datetime import timedelta
from pathlib import Path

import pytest
from django.apps import apps
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import models
from django.utils import timezone

from accounts.models import Organization, User
from billing.models import Export
from saas.database import tenancy
from saas.database.tenancy import TenantModel
from studio.files import inventory, storage
from studio.gallery import purge, retention, search
from studio.models import Output, Retention, SearchEntry, Tag, Tagging
from tests.conftest import SignIn, actions, must_be_member
from tests.support.gallery_pictures import made, shown

pytestmark = pytest.mark.django_db
OLD = timedelta(days=100)
FORM = {"is_on": "on", "days": "90", "spares_starred": "on", "spares_tagged": "on", "spares_collected": "on"}


def age(org: Organization, *outputs: Output, by: timedelta = OLD) -> None:
    with tenancy.tenant(org.pk):
        Output.objects.filter(pk__in=[output.pk for output in outputs]).update(created_at=timezone.now() - by)


def bin_since(org: Organization, *outputs: Output, days: int) -> None:
    with tenancy.tenant(org.pk):
        ids = [output.pk for output in outputs]
        Output.objects.filter(pk__in=ids).update(binned_at=timezone.now() - timedelta(days=days))


def rule(org: Organization, by: User, **changes: object) -> None:
    with tenancy.tenant(org.pk):
        spares = {f"spares_{what}": True for what in ("starred", "tagged", "collected")}
        retention.decide(by=must_be_member(org, by), **{"is_on": True, "days": 90, **spares, **changes})  # type: ignore[arg-type]  # bools and an int


def binned(org: Organization) -> set[int]:
    with tenancy.tenant(org.pk):
        return set(Output.objects.filter(binned_at__isnull=False).values_list("pk", flat=True))


def test_the_rule_finds_what_is_old_and_dear_to_nobody(
    acme: Organization, alice: User, bob: User, sign_in: SignIn
) -> None:
    young, old, starred, tagged, collected = (made(acme, bob)[0] for _ in range(5))
    age(acme, old, starred, tagged, collected)
    with tenancy.tenant(acme.pk):
        Output.objects.filter(pk=starred.pk).update(stars=1)
        Tagging.objects.create(org=acme, output=tagged, tag=Tag.objects.create(org=acme, name="Hero"))
    sign_in(bob).post("/o/acme/gallery/collect/", {"picture": str(collected.code), "name": "Spring"})
    page = sign_in(alice).post("/o/acme/settings/storage/", {**FORM, "preview": "1"}).content.decode()
    assert "1 picture, 5.7\xa0KB" in page
    assert binned(acme) == set()
    rule(acme, alice)
    purge.tidy()
    assert binned(acme) == {old.pk}
    rule(acme, alice, spares_starred=False, spares_tagged=False, spares_collected=False)
    purge.tidy()
    assert binned(acme) == {old.pk, starred.pk, tagged.pk, collected.pk}
    assert young.pk not in binned(acme)


def test_a_rule_that_is_off_or_held_deletes_nothing(acme: Organization, alice: User, sign_in: SignIn) -> None:
    (old,), (gone,) = made(acme, alice), made(acme, alice)
    age(acme, old)
    bin_since(acme, gone, days=40)
    rule(acme, alice, is_on=False)
    client = sign_in(alice)
    client.post("/o/acme/settings/storage/hold/", {"reason": "A lawsuit"})
    purge.tidy()
    rule(acme, alice)
    purge.tidy()
    assert binned(acme) == {gone.pk}
    assert default_storage.exists(gone.file)
    client.post("/o/acme/settings/storage/release/")
    purge.tidy()
    assert binned(acme) == {old.pk, gone.pk}
    assert not default_storage.exists(gone.file)
    assert actions(acme).count("retention.held") == actions(acme).count("retention.released") == 1


def test_after_thirty_days_in_the_bin_the_files_are_gone_and_the_row_says_so(
    acme: Organization, rival: Organization, alice: User, bob: User, charlie: User, sign_in: SignIn
) -> None:
    gone, waiting = made(acme, bob, "A lamp", count=2)
    (theirs,) = made(rival, charlie)
    bin_since(acme, gone, days=31)
    bin_since(acme, waiting, days=29)
    purge.tidy()
    for name in (gone.file, gone.preview, gone.thumbnail):
        assert not default_storage.exists(name)
    for name in (waiting.file, theirs.file):
        assert default_storage.exists(name)
    with tenancy.tenant(acme.pk):
        row = Output.objects.get(pk=gone.pk)
        assert (row.purged_at is None, row.sha256) == (False, gone.sha256)
        assert list(search.among(Output.objects.all(), acme.code, "lamp")) == [waiting]
    assert not SearchEntry.objects.filter(output_id=gone.pk).exists()
    client = sign_in(bob)
    assert shown(client.get("/o/acme/gallery/bin/").content.decode()) == [str(waiting.code)]
    client.post("/o/acme/gallery/restore/", {"picture": str(gone.code)})
    assert gone.pk in binned(acme)
    assert client.get(f"/o/acme/gallery/{gone.code}/").status_code == 200
    assert client.get("/o/acme/").status_code == client.get(f"/o/acme/runs/{gone.run.code}/").status_code == 200


@pytest.mark.parametrize("wrong", [{"days": "0"}, {"days": "4000"}, {"days": "x"}, {"days": ""}])
def test_a_rule_without_sense_is_not_saved(
    wrong: dict[str, str], acme: Organization, alice: User, sign_in: SignIn
) -> None:
    assert sign_in(alice).post("/o/acme/settings/storage/", {**FORM, **wrong}).status_code == 422
    with tenancy.tenant(acme.pk):
        assert not Retention.objects.exists()


def test_a_hold_says_why(acme: Organization, alice: User, sign_in: SignIn) -> None:
    sign_in(alice).post("/o/acme/settings/storage/hold/", {"reason": "  "})
    with tenancy.tenant(acme.pk):
        assert not Retention.objects.exists()


def test_used_storage_is_counted_per_organization(
    acme: Organization, rival: Organization, alice: User, charlie: User, sign_in: SignIn
) -> None:
    outputs = made(acme, alice, count=2)
    made(rival, charlie)
    with tenancy.tenant(acme.pk):
        used = inventory.used_bytes(acme)
    assert used == {"pictures": sum(each.size_bytes for each in outputs), "frames": 0, "inputs": 0, "composites": 0}
    assert "11.5\xa0KB" in sign_in(alice).get("/o/acme/settings/storage/").content.decode()


# -- Rows and files, both ways --


def compared(*options: str) -> str:
    told = io.StringIO()
    call_command("compare_files", "--org", "acme", *options, stdout=told)
    return told.getvalue()


def test_rows_and_files_agree_about_what_was_made(acme: Organization, bob: User) -> None:
    made(acme, bob, count=2)
    assert compared() == "acme: 6 named, 6 stored, 0 missing, 0 that no row names\n"


def test_litter_is_deleted_when_told_and_never_while_it_is_young(
    acme: Organization, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    (picture,) = made(acme, bob)
    litter = storage.save(f"{acme.code}/runs/x/output.png", b"litter")
    assert "0 that no row names" in compared("--delete")
    monkeypatch.setattr(inventory, "YOUNG", timedelta(seconds=-5))
    assert f"would be deleted: {litter}" in compared()
    assert default_storage.exists(litter)
    assert f"deleted: {litter}" in compared("--delete")
    assert not default_storage.exists(litter)
    assert default_storage.exists(picture.file)


def test_the_file_of_an_export_is_no_litter(acme: Organization, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    name = storage.save(f"{acme.code}/exports/ledger.csv", b"rows")
    span = {"first": timezone.now().date(), "last": timezone.now().date()}
    with tenancy.tenant(acme.pk):
        Export.objects.create(org=acme, maker=alice, format="csv", is_play=False, state="ready", file=name, **span)
        Export.objects.create(org=acme, maker=alice, format="csv", is_play=False, **span)  # has no file yet
    monkeypatch.setattr(inventory, "YOUNG", timedelta(seconds=-5))
    assert compared("--delete") == "acme: 1 named, 1 stored, 0 missing, 0 that no row names\n"
    assert default_storage.exists(name)


def test_a_missing_file_is_told_and_ends_with_an_error(acme: Organization, bob: User) -> None:
    (picture,) = made(acme, bob)
    default_storage.delete(picture.preview)
    with pytest.raises(CommandError, match="1 files are missing"):
        compared()


def test_every_column_that_names_a_file_is_known() -> None:
    words = {"file", "preview", "thumbnail", "heat"}
    found = {
        (model, field.name)
        for model in apps.get_models()
        if issubclass(model, TenantModel)
        for field in model._meta.concrete_fields
        if isinstance(field, models.CharField) and set(field.name.split("_")) & words
    }
    assert found == {(model, name) for model, names in inventory.FILES.items() for name in names}


@pytest.fixture(autouse=True)
def _own_media(settings: object, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path  # type: ignore[attr-defined]  # pytest-django's
