"""All of a run as one ZIP, with the rights of a key; and what a picture is called that is downloaded alone."""

import io
import json
import zipfile

import pytest

from accounts.models import Organization, Scope, User
from studio.models import Visibility
from tests.studio.api.keys import program
from tests.studio.api.test_runs import read
from tests.studio.engine.test_worker import submit, up, work
from tests.support.fake_provider import png
from tests.support.gallery_pictures import made

pytestmark = pytest.mark.django_db
__all__ = ["up"]


@pytest.mark.usefixtures("up")
def test_it_holds_every_file_and_the_document_that_names_them(acme: Organization, alice: User) -> None:
    run = submit(acme, alice, prompt="A lamp")
    work()
    answer = program(acme, alice, Scope.READ).get(f"runs/{run.code}/archive")
    folder = f"a-lamp-{str(run.code)[:8]}"
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/zip")
    assert answer["Content-Disposition"] == f'attachment; filename="{folder}.zip"'
    assert answer["Cache-Control"] == "private, no-store"
    packed = zipfile.ZipFile(io.BytesIO(read(answer)))
    names = [name.removeprefix(f"{folder}/") for name in packed.namelist()]
    assert names == ["metadata.json", "1-final.png", "partials/1-partial-1.png"]
    assert packed.read(f"{folder}/1-final.png") == png(shade=200)
    document = json.loads(packed.read(f"{folder}/metadata.json"))
    assert (document["run"], document["slots"][0]["output"]["file"]) == (str(run.code), "1-final.png")


def test_only_those_who_see_the_run_get_it(
    acme: Organization, alice: User, bob: User, rival: Organization, charlie: User
) -> None:
    (output,) = made(acme, bob, visibility=Visibility.PRIVATE)
    path = f"runs/{output.run.code}/archive"
    assert program(acme, bob).get(path).status_code == 200
    assert program(acme, alice).get(path).status_code == 404
    assert program(rival, charlie).get(path).status_code == 404
    assert program(acme, bob, Scope.USAGE).get(path).status_code == 403


def test_a_picture_is_named_by_its_prompt_and_number(acme: Organization, bob: User) -> None:
    first, second = made(acme, bob, "Ein Möwen-Paar: über dem Meer", count=2)
    code = str(first.run.code)[:8]
    answer = program(acme, bob).get(f"images/{second.code}/original")
    assert answer["Content-Disposition"] == (
        f"inline; filename*=utf-8''ein-m%C3%B6wen-paar-%C3%BCber-dem-meer-{code}-2.png"
    )
    small = program(acme, bob).get(f"images/{first.code}/preview")
    assert small["Content-Disposition"].endswith(f"-{code}-1.webp")
