"""All of a run as one ZIP: every byte as it came, under names that no system stumbles over, in little memory."""

import asyncio
import io
import json
import tracemalloc
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import AsyncClient

from accounts.models import Organization, User
from saas.database import tenancy
from studio.files import storage, zip_stream
from studio.files.zip_stream import Archive, Member
from studio.models import Input, Output, Partial, Run, RunInput
from tests.conftest import SignIn
from tests.studio.engine.test_worker import submit, up, work
from tests.support.fake_provider import Exchange, Upstream, completed, partial, pictures, png

pytestmark = pytest.mark.django_db
__all__ = ["up"]
MEGABYTE = 1024 * 1024


def give(run: Run, number: int, name: str, data: bytes) -> None:
    with tenancy.tenant(run.org_id):
        file = storage.save(f"given/{run.code}.png", data)
        given = Input.objects.create(
            org_id=run.org_id, giver_id=run.maker_id, name=name, file=file, sent_file=file, sent_mime="image/png",
            thumbnail=file, width=64, height=64, size_bytes=len(data), sha256="0" * 64,
        )  # fmt: skip
        RunInput.objects.create(org_id=run.org_id, run=run, input=given, number=number)


def opened(run: Run, user: User, sign_in: SignIn) -> zipfile.ZipFile:
    answer = sign_in(user).get(f"/o/acme/runs/{run.code}/run.zip")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/zip"

    async def whole() -> bytes:
        return b"".join([part async for part in answer])  # type: ignore[attr-defined]

    return zipfile.ZipFile(io.BytesIO(asyncio.run(whole())))


@pytest.mark.usefixtures("up")
def test_every_byte_is_in_it_as_it_came(acme: Organization, alice: User, sign_in: SignIn) -> None:
    run = submit(acme, alice, prompt="A lamp: on / a table?")
    work()
    give(run, 1, "../../etc/passwd.png", png(shade=33))
    give(run, 0, "CON.png", png(shade=44))
    packed = opened(run, alice, sign_in)
    assert packed.testzip() is None
    folder = f"a-lamp-on-a-table-{str(run.code)[:8]}"
    contents = {name.removeprefix(f"{folder}/"): packed.read(name) for name in packed.namelist()}
    assert set(contents) == {
        "metadata.json",
        "1-final.png",
        "partials/1-partial-1.png",
        "inputs/image-1-etc-passwd.png",
        "inputs/mask-CON.png",
    }
    assert contents["1-final.png"] == png(shade=200)
    assert contents["partials/1-partial-1.png"] == png(shade=10)
    assert contents["inputs/image-1-etc-passwd.png"] == png(shade=33)
    document = json.loads(contents["metadata.json"])
    assert document["slots"][0]["output"]["file"] == "1-final.png"
    assert [given["file"] for given in document["inputs"]] == ["inputs/mask-CON.png", "inputs/image-1-etc-passwd.png"]
    assert {entry.compress_type for entry in packed.infolist()} == {zipfile.ZIP_STORED}


@pytest.mark.usefixtures("up")
def test_a_file_that_is_gone_is_named_and_breaks_nothing(acme: Organization, alice: User, sign_in: SignIn) -> None:
    run = submit(acme, alice)
    work()
    with tenancy.tenant(acme.pk):
        default_storage.delete(Output.objects.get(run=run).file)
    packed = opened(run, alice, sign_in)
    (missing,) = [name for name in packed.namelist() if name.endswith("MISSING.txt")]
    assert "1-final.png" in packed.read(missing).decode()
    assert len([name for name in packed.namelist() if "partial" in name]) == 1


@pytest.mark.usefixtures("up")
def test_nobody_else_gets_it(
    acme: Organization, rival: Organization, alice: User, adam: User, charlie: User, sign_in: SignIn
) -> None:
    run = submit(acme, adam)
    with tenancy.tenant(acme.pk):
        Run.objects.filter(pk=run.pk).update(visibility="private")
    assert opened(run, adam, sign_in).testzip() is None
    assert sign_in(alice).get(f"/o/acme/runs/{run.code}/run.zip").status_code == 404
    assert sign_in(charlie).get(f"/o/acme/runs/{run.code}/run.zip").status_code == 404
    assert sign_in(charlie).get(f"/o/rival/runs/{run.code}/run.zip").status_code == 404


@pytest.mark.usefixtures("up")
def test_the_partials_of_each_try_have_names_of_their_own(
    acme: Organization, alice: User, sign_in: SignIn, up: Upstream
) -> None:
    def cut_off(exchange: Exchange) -> None:
        exchange.begin()
        exchange.frame(partial(0, png()))
        exchange.drop()

    up.script = cut_off
    run = submit(acme, alice)
    work()
    up.script = pictures(partial(0, png()), completed(png()))
    sign_in(alice).post(f"/o/acme/runs/{run.code}/slots/0/retry/")
    work()
    with tenancy.tenant(acme.pk):
        assert Partial.objects.filter(slot__run=run).count() == 2
    names = [name.rpartition("/")[2] for name in opened(run, alice, sign_in).namelist()]
    assert sorted(names) == ["1-final.png", "1-try-1-partial-1.png", "1-try-2-partial-1.png", "metadata.json"]


def test_hundreds_of_megabytes_take_little_memory(tmp_path: Path) -> None:
    name = default_storage.save("large.bin", ContentFile(b"\x01" * (40 * MEGABYTE)))
    archive = Archive("run", datetime(2026, 11, 21, tzinfo=UTC), {}, tuple(Member(f"{n}.bin", name) for n in range(8)))
    tracemalloc.start()
    with (tmp_path / "run.zip").open("wb") as target:
        for chunk in zip_stream.zip_chunks(archive):
            target.write(chunk)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 * MEGABYTE
    with zipfile.ZipFile(tmp_path / "run.zip") as packed:
        assert [entry.file_size for entry in packed.infolist()[1:]] == [40 * MEGABYTE] * 8
    default_storage.delete(name)


@pytest.mark.django_db(transaction=True)
def test_it_streams_through_the_asynchronous_server(acme: Organization, alice: User) -> None:
    """Under ASGI a response made of a plain generator would be collected whole before its first byte is sent."""
    run = submit(acme, alice)

    async def ask() -> bool:
        client = AsyncClient()
        await client.aforce_login(alice)
        answer: Any = await client.get(f"/o/acme/runs/{run.code}/run.zip")
        assert answer.status_code == 200
        first = await anext(aiter(answer))
        return bool(answer.is_async) and first.startswith(b"PK\x03\x04")

    assert asyncio.run(ask())
