"""Threads of the test world, made as a program makes them."""

from io import BytesIO
from typing import Any

from django.test import Client

from accounts.models import Organization, User
from saas.database import tenancy
from studio.models import Output, Run
from tests.studio.api.keys import Program, program
from tests.support import picture_bytes
from tests.support.gallery_pictures import developed

SIZE = (1024, 768)


def given(api: Program, size: tuple[int, int] = SIZE, **form: Any) -> str:
    """An uploaded picture."""
    photo = BytesIO(picture_bytes.plain(".png", *size))
    photo.name = "poster.png"
    return str(api.give("inputs", file=photo, **form).json()["id"])


def started(org: Organization, by: User, size: tuple[int, int] = SIZE, **body: Any) -> tuple[Program, str]:
    """A program, and the id of a thread that it has started from a picture of this size."""
    api = program(org, by)
    answer = api.post("threads", {"input": given(api, size), **body})
    assert answer.status_code == 201, answer.content
    return api, answer.json()["id"]


def said(api: Program, thread: str, say: str, **body: Any) -> Any:
    answer = api.post(f"threads/{thread}/turns", {"say": say, **body})
    assert answer.status_code == 201, answer.content
    return answer.json()


def finish(org: Organization, turn: Any, *, index: int = 0, size: tuple[int, int] = SIZE) -> Output:
    """Finish one picture of a turn, as a worker does."""
    with tenancy.tenant(org.pk):
        run = Run.objects.get(code=turn["run"])
    output = developed(org, run, index, size)
    with tenancy.tenant(org.pk):
        if not run.slots.exclude(state="succeeded").exists():
            Run.objects.filter(pk=run.pk).update(state="succeeded")
    return output


def turns(api: Program, thread: str) -> dict[int, Any]:
    return {one["number"]: one for one in api.get(f"threads/{thread}").json()["turns"]}


def form(api: Program, thread: str, **fields: Any) -> Any:
    return Client().post(f"/api/v1/threads/{thread}/turns", fields, headers=api.bearer)
