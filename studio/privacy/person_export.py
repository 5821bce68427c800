"""Export what is kept about a person: a ZIP with a file of JSON lines for each table and organization, and the pictures
that the person made or uploaded. It contains no secrets, and nothing that belongs to another person."""

import json
import os
import zipfile
from collections.abc import Generator, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.core.files.storage import default_storage
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import FileField, ForeignKey, Model

from accounts.errors import Refused
from accounts.models import Organization, User
from saas.database import tenancy
from studio.files.zip_stream import Outbox
from studio.models import Input, Output
from studio.privacy import identity
from studio.privacy.receipts import Receipt
from studio.privacy.rules import OF_A_PERSON, OF_OTHERS, WITHHELD, is_of_tenant

ROWS_AT_ONCE = 500
PIECE_BYTES = 1 << 20
FILES = ("file", "sent_file", "preview", "thumbnail", "heat")
PICTURES: tuple[tuple[type[Model], str, str], ...] = ((Output, "maker", "pictures"), (Input, "giver", "uploads"))


def preview(email: str) -> Receipt:
    user = _user(email)
    receipt = Receipt("export of a person", uuid4())
    for org_id in identity.every_organization():
        with tenancy.tenant(org_id):
            for model, field in _tables():
                receipt.counts[model._meta.label_lower] += model._default_manager.filter(
                    **{field: user}, org=org_id
                ).count()
            for model, field, folder in PICTURES:
                receipt.counts[f"files: {folder}"] += _pictures(model, field, user, org_id).count()
    return receipt


def write(email: str, target: Path) -> Receipt:
    """Write the ZIP, readable only by the user who runs this. Raise Refused if the file exists or cannot be written."""
    user = _user(email)
    receipt = Receipt("export of a person", uuid4())
    try:
        handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise Refused(f"{target} cannot be written: {error.strerror}.") from error
    with os.fdopen(handle, "wb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for _ in _fill(archive, user, identity.every_organization(), receipt):
            pass
    return receipt


def chunks(user: User, org_ids: Sequence[int]) -> Generator[bytes, None, None]:
    """Yield the bytes of a ZIP with what these organizations keep about the person."""
    outbox = Outbox()
    with zipfile.ZipFile(outbox, "w", zipfile.ZIP_DEFLATED) as archive:
        for _ in _fill(archive, user, org_ids, Receipt("export of a person", uuid4())):
            if data := outbox.taken():
                yield data
    yield outbox.taken()


def _fill(archive: zipfile.ZipFile, user: User, org_ids: Sequence[int], receipt: Receipt) -> Iterator[None]:
    """Write everything into the archive, and yield each time that some of it may be sent on."""
    archive.writestr("account.json", _dumped(_account(user)))
    yield
    for org_id in org_ids:
        yield from _write_organization(archive, user, org_id, receipt)


def _write_organization(archive: zipfile.ZipFile, user: User, org_id: int, receipt: Receipt) -> Iterator[None]:
    with tenancy.tenant(org_id):
        org = Organization.objects.filter(pk=org_id).first()
    if org is None:
        return
    folder = f"{org.slug}-{str(org.code)[:8]}"
    for model, field in _tables():
        rows = _rows(model, field, user, org_id)
        first = next(rows, None)
        if first is None:
            continue
        with archive.open(f"{folder}/{model._meta.label_lower}.jsonl", "w") as lines:
            for row in chain([first], rows):
                lines.write(f"{_dumped(row)}\n".encode())
                receipt.counts[model._meta.label_lower] += 1
                if receipt.counts[model._meta.label_lower] % ROWS_AT_ONCE == 0:
                    yield
        yield
    for model, field, place in PICTURES:
        with tenancy.tenant(org_id):
            named = list(_pictures(model, field, user, org_id).order_by("pk").values_list("code", "file"))
        yield from _write_pictures(archive, f"{folder}/{place}", named, receipt)


def _write_pictures(
    archive: zipfile.ZipFile, folder: str, named: list[tuple[UUID, str]], receipt: Receipt
) -> Iterator[None]:
    for code, name in named:
        try:
            with (
                default_storage.open(name) as picture,
                archive.open(f"{folder}/{code}{Path(name).suffix}", "w", force_zip64=True) as copy,
            ):
                while piece := picture.read(PIECE_BYTES):
                    copy.write(piece)
                    yield
        except FileNotFoundError:
            receipt.counts["files that storage has lost"] += 1
        else:
            receipt.counts[f"files: {folder.rpartition('/')[2]}"] += 1


def _rows(model: type[Model], field: str, user: User, org_id: int) -> Iterator[dict[str, Any]]:
    """Yield the person's rows, ROWS_AT_ONCE in each transaction."""
    columns = [column.name for column in model._meta.concrete_fields if _is_handed_out(column)]
    last = 0
    while True:
        with tenancy.tenant(org_id):
            found = model._default_manager.filter(**{field: user}, org=org_id, pk__gt=last).order_by("pk")
            rows = list(found.values("pk", *columns)[:ROWS_AT_ONCE])
        for row in rows:
            last = row.pop("pk")
            yield row
        if len(rows) < ROWS_AT_ONCE:
            return


def _is_handed_out(column: Any) -> bool:
    """Return whether a column is exported. Keys of rows mean nothing outside; files are exported separately."""
    if column.primary_key or isinstance(column, ForeignKey | FileField):
        return False
    return column.name not in WITHHELD and column.name not in FILES


def _tables() -> list[tuple[type[Model], str]]:
    return [(model, field) for (model, field) in OF_A_PERSON if is_of_tenant(model) and (model, field) not in OF_OTHERS]


def _pictures(model: type[Model], field: str, user: User, org_id: int) -> Any:
    found = model._default_manager.filter(**{field: user}, org=org_id)
    return found.filter(purged_at=None) if model is Output else found


def _account(user: User) -> dict[str, Any]:
    return {
        "email": user.email,
        "name": user.name,
        "look": user.look,
        "joined_at": user.joined_at,
        "last_login": user.last_login,
        "is_active": user.is_active,
        "addresses": list(EmailAddress.objects.filter(user=user).values("email", "verified", "primary")),
        "accounts_at_an_issuer": list(SocialAccount.objects.filter(user=user).values("provider", "uid", "extra_data")),
        "second_factors": list(Authenticator.objects.filter(user=user).values("type", "created_at", "last_used_at")),
    }


def _dumped(said: dict[str, Any]) -> str:
    return json.dumps(said, cls=DjangoJSONEncoder, ensure_ascii=False)


def _user(email: str) -> User:
    user = identity.find(email).user
    if user is None:
        raise Refused(f"No account has the address {email}.")
    return user
