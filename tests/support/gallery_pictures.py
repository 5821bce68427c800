"""Pictures on the wall, made as a worker makes them, without a provider."""

import re
from typing import Any

from django.utils import timezone

from accounts.models import Organization, User
from saas.database import tenancy
from studio.catalogue import specs
from studio.catalogue.image_models import at
from studio.engine import store_frames
from studio.models import Output, Run, Visibility
from studio.providers.answers import Final
from studio.runs import plan, submit_run
from tests.conftest import must_be_member
from tests.support import picture_bytes

PLAIN = {"model": "gpt-image-2", "size": "1024x1024", "quality": "low", "partial_images": 0}


def made(
    org: Organization,
    by: User,
    prompt: str = "A lamp on a table",
    *,
    count: int = 1,
    visibility: Visibility = Visibility.TEAM,
    size: tuple[int, int] = (60, 40),
    **asked: Any,
) -> list[Output]:
    """One run with its pictures, in the order of its slots."""
    with tenancy.tenant(org.pk):
        spec = specs.read_spec({**PLAIN, "prompt": prompt, "n": count, **asked}, models=at(timezone.now()))
        run = submit_run.submit(by=must_be_member(org, by), plan=plan.make(org=org, spec=spec), visibility=visibility)
    return [_developed(org, run, shade, size) for shade in range(count)]


def _developed(org: Organization, run: Run, index: int, size: tuple[int, int]) -> Output:
    with tenancy.tenant(org.pk):
        slot = run.slots.get(index=index)
    final = Final(picture_bytes.plain(".png", *size), used={"quality": run.asked["quality"]})
    stored = store_frames.store_output(org.code, run, slot, final)
    with tenancy.tenant(org.pk):
        output = store_frames.note_output(slot, final, stored)
    assert output is not None
    return output


def shown(page: str) -> list[str]:
    """The codes of the pictures on a page, in order."""
    return re.findall(r'data-shot="([^"]+)"', page)
