"""bin/manage export_person: all that is the person's, nothing that is a secret or another's."""

import io
import json
import stat
import zipfile
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command

from accounts import api_keys, audit
from accounts.models import ApiKey, Organization, Role, Scope, User
from accounts.people import invitations
from saas.database import tenancy
from studio.models import Visibility
from studio.privacy import person_export
from tests.conftest import must_be_member
from tests.support import ended_runs as ended
from tests.support.gallery_pictures import made

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


def export(email: str, *arguments: str) -> str:
    out = io.StringIO()
    call_command("export_person", email, *arguments, stdout=out)
    return out.getvalue()


def lines(archive: zipfile.ZipFile, ending: str) -> list[dict[str, Any]]:
    (name,) = (name for name in archive.namelist() if name.endswith(ending))
    return [json.loads(line) for line in archive.read(name).splitlines()]


def test_everything_of_the_persons_is_in_it_and_no_secret(
    acme: Organization, bob: User, alice: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(person_export, "ROWS_AT_ONCE", 2)
    secret = generate_totp_secret()
    TOTP.activate(bob, secret)
    pictures = made(acme, bob, "My diary", count=3, visibility=Visibility.PRIVATE)
    made(acme, alice, "Alice's own words")
    given = ended.given(acme, bob, "cat.png")
    with tenancy.tenant(acme.pk):
        _, token = api_keys.make(org=acme, by=must_be_member(acme, bob), name="Laptop", scopes=[Scope.READ])
        token_hash = ApiKey.objects.get(maker=bob).token_hash
        audit.record(org=acme, by=bob, action="member.removed", target="Carol <carol@example.com>")
        admin = must_be_member(acme, alice)
        invitations.invite(org=acme, by=admin, email="dan@example.com", role=Role.VIEWER)
    target = tmp_path / "bob.zip"
    receipt = json.loads(export(bob.email, "--yes", "--to", str(target)))
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    with zipfile.ZipFile(target) as archive:
        assert json.loads(archive.read("account.json"))["email"] == bob.email
        assert [run["prompt"] for run in lines(archive, "studio.run.jsonl")] == ["My diary"]
        assert len(lines(archive, "studio.output.jsonl")) == 3
        assert [key["name"] for key in lines(archive, "accounts.apikey.jsonl")] == ["Laptop"]
        kept = {default_storage.open(picture.file).read() for picture in pictures}
        inside = [name for name in archive.namelist() if "/pictures/" in name]
        assert {archive.read(name) for name in inside} == kept
        assert len(inside) == 3
        (upload,) = (name for name in archive.namelist() if "/uploads/" in name)
        assert archive.read(upload) == default_storage.open(given.file).read()
        text = b"\n".join(archive.read(name) for name in archive.namelist() if name.endswith((".json", ".jsonl")))
    for hidden in (token, token_hash, secret, bob.password, "Alice's own words", "carol@", "dan@", alice.email):
        assert hidden.encode() not in text
    assert receipt["counts"]["files: pictures"] == 3
    assert bob.email not in json.dumps(receipt)


def test_without_a_file_it_is_only_said(acme: Organization, bob: User) -> None:
    made(acme, bob, count=2)
    said = export(bob.email)
    assert "studio.run: 1" in said
    assert "files: pictures: 2" in said
    assert "Nothing is written yet" in said


def test_a_file_that_exists_is_not_written_over(acme: Organization, bob: User, tmp_path: Path) -> None:
    target = tmp_path / "bob.zip"
    target.write_text("dear")
    with pytest.raises(CommandError, match="cannot be written"):
        export(bob.email, "--yes", "--to", str(target))
    assert target.read_text() == "dear"


def test_a_picture_that_storage_has_lost_does_not_stop_it(acme: Organization, bob: User, tmp_path: Path) -> None:
    lost, kept = made(acme, bob, count=2)
    default_storage.delete(lost.file)
    receipt = json.loads(export(bob.email, "--yes", "--to", str(tmp_path / "bob.zip")))
    assert receipt["counts"]["files that storage has lost"] == 1
    with zipfile.ZipFile(tmp_path / "bob.zip") as archive:
        assert archive.testzip() is None
        assert sum(str(kept.code) in name for name in archive.namelist()) == 1


def test_an_address_without_an_account_has_nothing_to_hand_out(acme: Organization, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No account has the address"):
        export("guest@example.net", "--yes", "--to", str(tmp_path / "guest.zip"))
    assert not (tmp_path / "guest.zip").exists()
